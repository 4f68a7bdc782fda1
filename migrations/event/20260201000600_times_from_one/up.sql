-- In a page, time 0 says that the page is empty, and in a request that no time is given, so no event may take place at
-- 0: a listing that reached such an event started over, again and again. Events at 0 are moved by one second, and the
-- outbox gets their new state, as after any other change.
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
