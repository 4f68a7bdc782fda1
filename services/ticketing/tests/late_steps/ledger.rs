//! What the ledger says beside what the tickets say.

/// Tickets that were booked and not cancelled by the ledger, and are not there, or the other way round.
pub(crate) const LEDGER_AND_TICKETS_DIFFER: &str = "
    WITH booked AS (
        SELECT data->>'event_id' AS event, data->>'user_id' AS owner, data->>'booking_id' AS booking, seat::int
        FROM outbox, json_array_elements_text(data->'seats') AS seat
        WHERE kind = 'booked.ticketing.tickets_booked'),
    cancelled AS (
        SELECT data->>'event_id', data->>'user_id', ticket->>'booking_id', (ticket->>'seat')::int
        FROM outbox, json_array_elements(data->'tickets') AS ticket
        WHERE kind = 'booked.ticketing.tickets_cancelled'),
    ledger AS (SELECT * FROM booked EXCEPT ALL SELECT * FROM cancelled),
    owned AS (
        SELECT event_id::text, user_id::text, booking_id::text, ('x' || right(id::text, 8))::bit(32)::int
        FROM tickets)
    SELECT count(*) FROM (
        (SELECT * FROM ledger EXCEPT ALL SELECT * FROM owned) UNION ALL
        (SELECT * FROM owned EXCEPT ALL SELECT * FROM ledger)) AS different";
