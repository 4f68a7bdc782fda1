DROP TABLE booked_by_day;
DROP TABLE events;
