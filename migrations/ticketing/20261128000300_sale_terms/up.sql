-- The terms of an event's sale, as the event service's feed gives them. Without any an event sells at once, to everybody, without
-- an end, as before.
ALTER TABLE events ADD COLUMN sale jsonb NOT NULL DEFAULT '{}';

-- The details of a state in the event service's feed: everything except what the sale depends on.
CREATE OR REPLACE FUNCTION event_details(state json) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT state::jsonb - ARRAY['event_id', 'version', 'deleted', 'seat_count', 'sale']
$$;
