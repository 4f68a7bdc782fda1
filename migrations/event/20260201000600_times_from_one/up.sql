-- 0 says of a page that it is empty, and of a request that it names no time, so it cannot be an event's time as well: a
-- listing that came to it began anew for ever. Events at 0 are moved by a second, which is told like any other change.
WITH moved AS (
    UPDATE events SET unix_time = 1, version = version + 1
    WHERE unix_time = 0 AND deleted_at IS NULL
    RETURNING id, version, name, unix_time, address, description, latitude, longitude, seat_count
)
INSERT INTO outbox (kind, subject, data)
SELECT 'booked.event.state', id, json_strip_nulls(json_build_object(
    'event_id', id, 'version', version, 'deleted', false, 'name', name, 'unix_time', unix_time, 'address', address,
    'description', description, 'latitude', latitude, 'longitude', longitude, 'seat_count', seat_count
))
FROM moved;
