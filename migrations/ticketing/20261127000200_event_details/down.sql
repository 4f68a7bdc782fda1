DROP FUNCTION event_details(json);
ALTER TABLE events
    ADD COLUMN name text NOT NULL DEFAULT '',
    ADD COLUMN unix_time bigint NOT NULL DEFAULT 0,
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN latitude double precision,
    ADD COLUMN longitude double precision;
UPDATE events SET name = details->>'name', unix_time = (details->>'unix_time')::bigint, address = details->>'address',
    description = details->>'description', latitude = (details->>'latitude')::double precision,
    longitude = (details->>'longitude')::double precision WHERE NOT purged;
ALTER TABLE events ALTER COLUMN name DROP DEFAULT, ALTER COLUMN unix_time DROP DEFAULT, ALTER COLUMN address DROP DEFAULT,
    ALTER COLUMN description DROP DEFAULT, DROP COLUMN details;
