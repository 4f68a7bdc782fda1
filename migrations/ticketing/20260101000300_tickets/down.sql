DROP FUNCTION last_ticket_id;
DROP TABLE tickets;
DROP TABLE bookings;
DROP TABLE events;
