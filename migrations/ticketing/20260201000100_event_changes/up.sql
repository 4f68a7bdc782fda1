-- Changes of known events that arrived with the feed: the newest one of each event, until it can lock the event in its
-- turn. So the feed does not wait for a sale.
CREATE TABLE event_changes (
    event_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    state json NOT NULL,
    -- Since when a change of this event has waited.
    since timestamptz NOT NULL DEFAULT now()
);
