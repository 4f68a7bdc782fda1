-- What people are shown of an event is one document, which is stored and passed on. No rule of the sale depends on it,
-- so a new field of events changes nothing here.
ALTER TABLE events ADD COLUMN details jsonb NOT NULL DEFAULT '{}';
UPDATE events SET details = jsonb_strip_nulls(jsonb_build_object(
    'name', name, 'unix_time', unix_time, 'address', address, 'description', description,
    'latitude', latitude, 'longitude', longitude)) WHERE NOT purged;
ALTER TABLE events DROP COLUMN name, DROP COLUMN unix_time, DROP COLUMN address, DROP COLUMN description,
    DROP COLUMN latitude, DROP COLUMN longitude;

-- The details of a state in the event service's feed: everything except what the sale depends on.
CREATE FUNCTION event_details(state json) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT state::jsonb - ARRAY['event_id', 'version', 'deleted', 'seat_count']
$$;
