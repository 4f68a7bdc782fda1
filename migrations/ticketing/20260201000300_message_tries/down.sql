DROP INDEX messages_due;
ALTER TABLE messages DROP COLUMN next_try_at, DROP COLUMN tries;
