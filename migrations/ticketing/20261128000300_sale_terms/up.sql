-- The terms of an event's sale, as the event service's feed gives them. Without any an event sells at once, to everybody, without
-- an end, as before.
ALTER TABLE events ADD COLUMN sale jsonb NOT NULL DEFAULT '{}';

-- The highest limit for each buyer that the event ever had; NULL if it ever had none. Nobody has more tickets, whatever the limit is
-- now: the auditor checks that.
ALTER TABLE events ADD COLUMN highest_limit int;

-- The details of a state in the event service's feed: everything except what the sale depends on.
CREATE OR REPLACE FUNCTION event_details(state json) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT state::jsonb - ARRAY['event_id', 'version', 'deleted', 'seat_count', 'sale']
$$;
