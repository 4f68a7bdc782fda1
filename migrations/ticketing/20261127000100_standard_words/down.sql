ALTER TABLE waitlists RENAME COLUMN watermark_freed TO seen_freed;
ALTER TABLE waitlists RENAME COLUMN watermark_epoch TO seen_epoch;
ALTER INDEX notifications_due RENAME TO messages_due;
ALTER INDEX notifications_to_send RENAME TO messages_to_send;
ALTER TABLE notifications RENAME COLUMN created_at TO told_at;
ALTER TABLE notifications RENAME TO messages;
