ALTER TABLE feed_cursors DROP COLUMN digest, DROP COLUMN digest_before;
