-- Events as the event service's feed tells them. A booking shares its events' rows; deleting and growing lock them.
CREATE TABLE events (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    deleted boolean NOT NULL,
    -- Nothing is left of a deleted event but this row, which keeps it from coming back.
    purged boolean NOT NULL DEFAULT false,
    name text NOT NULL,
    unix_time bigint NOT NULL,
    address text NOT NULL,
    description text NOT NULL,
    latitude double precision,
    longitude double precision,
    seat_count int NOT NULL CHECK (seat_count > 0)
);

CREATE INDEX events_to_purge ON events (id) WHERE deleted AND NOT purged;

-- Attempts at booking that are settled: booked, or void for good. The primary key lets one of the two win.
CREATE TABLE bookings (
    id uuid PRIMARY KEY,
    booked boolean NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT now()
);

-- Tickets that are sold now: the primary key gives a seat one owner. What was sold before is in the outbox. There are no
-- foreign keys: both rows are written by the same statement, and the check would double the cost of a booking.
CREATE TABLE tickets (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    user_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    booked_at timestamptz NOT NULL
);

CREATE INDEX tickets_by_user ON tickets (user_id, event_id, booked_at DESC, id DESC);

-- The id of an event's last possible ticket: its tickets lie between the two in every index.
CREATE FUNCTION last_ticket_id(event uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT overlay(event::text PLACING 'ffffffff' FROM 29)::uuid
$$;
