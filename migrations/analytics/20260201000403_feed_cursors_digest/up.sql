-- What the newest rows were that a consumer has applied, so that it can tell after a failover whether they are there still.
-- Every consumer's migrations hold a copy of this file.
SET LOCAL lock_timeout = '2s';

ALTER TABLE feed_cursors
    ADD COLUMN digest bigint NOT NULL DEFAULT 0,
    ADD COLUMN digest_before bigint NOT NULL DEFAULT 0;
