-- What ticketing's feed adds up to. The result is the same in whatever order entries are applied: the newest state of
-- an event that was seen counts, and everything else is a sum. So a booking may be here before its event, and a
-- cancellation before its booking; for a moment a sum may then be negative.
CREATE TABLE events (
    event_id uuid PRIMARY KEY,
    -- The version of the state; 0 if only counts have been seen so far.
    version bigint NOT NULL,
    -- A deleted event stays as a tombstone, so that late counts do not make it appear again.
    deleted boolean NOT NULL,
    total_seats integer,
    ever_booked bigint NOT NULL,
    cancelled bigint NOT NULL,
    CHECK ((version = 0) = (total_seats IS NULL))
);

-- Tickets that are booked now, by the UTC day on which they were booked: a cancellation is subtracted from the day of
-- the booking, not from its own day.
CREATE TABLE booked_by_day (
    event_id uuid NOT NULL REFERENCES events,
    day date NOT NULL,
    booked_now bigint NOT NULL,
    PRIMARY KEY (event_id, day)
);
