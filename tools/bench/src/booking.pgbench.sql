\set seat :client_id * 20000000 + :done + 1
\set done :done + :seats
\set last :seat + :seats - 1
BEGIN;
SELECT seat_count, deleted FROM events WHERE id = :event::uuid FOR SHARE;
INSERT INTO bookings (id, booked)
    VALUES (overlay(:event::text PLACING lpad(to_hex(:seat::bigint), 8, '0') FROM 29)::uuid, true);
INSERT INTO tickets (id, event_id, user_id, booking_id, booked_at)
    SELECT overlay(:event::text PLACING lpad(to_hex(seat), 8, '0') FROM 29)::uuid, :event::uuid, :event::uuid,
        overlay(:event::text PLACING lpad(to_hex(:seat::bigint), 8, '0') FROM 29)::uuid, now()
    FROM generate_series(:seat::bigint, :last::bigint) AS wanted (seat);
INSERT INTO outbox (kind, subject, data)
    VALUES ('booked.ticketing.tickets_booked', :event::uuid, json_build_object(
        'booking_id', :event::uuid, 'event_id', :event::uuid, 'user_id', :event::uuid,
        'seats', json_build_array(:seat::bigint, :last::bigint),
        'booked_unix_ms', floor(extract(epoch FROM now()) * 1000)::bigint));
COMMIT;
