CREATE OR REPLACE FUNCTION event_details(state json) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT state::jsonb - ARRAY['event_id', 'version', 'deleted', 'seat_count']
$$;

ALTER TABLE events DROP COLUMN highest_limit, DROP COLUMN sale;
