-- How far the feeds of other services are applied here. A batch and its cursor move in one transaction.
-- The migrations of every consumer contain a copy of this file.
CREATE TABLE feed_cursors (
    feed text PRIMARY KEY,
    -- Which incarnation of the feed the position belongs to; empty before the first batch.
    incarnation text NOT NULL DEFAULT '',
    transaction_id bigint NOT NULL DEFAULT 0,
    row_id bigint NOT NULL DEFAULT 0,
    -- The replica that pulls as its job, and until when.
    holder uuid,
    held_until timestamptz
);

-- Entries that could not be decoded: kept for a person to inspect, so that they neither stop the feed nor get lost.
CREATE TABLE feed_set_aside (
    feed text NOT NULL,
    incarnation text NOT NULL,
    transaction_id bigint NOT NULL,
    row_id bigint NOT NULL,
    kind text NOT NULL,
    subject uuid NOT NULL,
    data json NOT NULL,
    reason text NOT NULL,
    set_aside_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, incarnation, transaction_id, row_id)
);
