-- Changes of known events that came with the feed: the newest one of each event, until its turn at the event comes. So
-- the feed waits for no sale.
CREATE TABLE event_changes (
    event_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    state json NOT NULL,
    -- Since when a change waits.
    since timestamptz NOT NULL DEFAULT now()
);
