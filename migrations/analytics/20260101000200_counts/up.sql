-- What ticketing's feed adds up to. Whatever the order of the feed, the result is the same: an event's state is the
-- newest that was seen, everything else is a sum. So a booking may be here before its event, and a cancellation before
-- its booking: for a moment a sum may be negative.
CREATE TABLE events (
    event_id uuid PRIMARY KEY,
    -- The version of the state, 0 where only counts were seen so far.
    version bigint NOT NULL,
    -- A deleted event stays as a tombstone, so that late counts do not make it appear again.
    deleted boolean NOT NULL,
    total_seats integer,
    ever_booked bigint NOT NULL,
    cancelled bigint NOT NULL,
    CHECK ((version = 0) = (total_seats IS NULL))
);

-- Tickets that are booked now, by the UTC day on which they were booked: a cancellation counts down the day of its
-- booking, not its own.
CREATE TABLE booked_by_day (
    event_id uuid NOT NULL REFERENCES events,
    day date NOT NULL,
    booked_now bigint NOT NULL,
    PRIMARY KEY (event_id, day)
);
