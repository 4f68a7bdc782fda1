DROP TABLE cancelled_notifications;
DROP TABLE cancelled_events;
