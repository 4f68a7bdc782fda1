-- Which rows a consumer applied last, so that it can tell after a failover whether they are still there. The
-- migrations of every consumer contain a copy of this file.
SET LOCAL lock_timeout = '2s';

ALTER TABLE feed_cursors
    ADD COLUMN digest bigint NOT NULL DEFAULT 0,
    ADD COLUMN digest_before bigint NOT NULL DEFAULT 0;
