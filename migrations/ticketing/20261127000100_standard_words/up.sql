-- The terms of the code: a notification is sent to a user who waited, and a watermark is what was seen of a sale.
ALTER TABLE messages RENAME TO notifications;
ALTER TABLE notifications RENAME COLUMN told_at TO created_at;
ALTER INDEX messages_to_send RENAME TO notifications_to_send;
ALTER INDEX messages_due RENAME TO notifications_due;
ALTER TABLE waitlists RENAME COLUMN seen_epoch TO watermark_epoch;
ALTER TABLE waitlists RENAME COLUMN seen_freed TO watermark_freed;
