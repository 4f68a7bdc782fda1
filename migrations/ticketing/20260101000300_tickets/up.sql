-- Events as the event service's feed describes them. Bookings lock the rows of their events FOR SHARE; deleting an
-- event or adding seats locks its row exclusively.
CREATE TABLE events (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    deleted boolean NOT NULL,
    -- If true, nothing of a deleted event is left but this row, which keeps the event from coming back.
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

-- Attempts to book that are settled: booked, or permanently void. Because of the primary key, exactly one of the two
-- wins.
CREATE TABLE bookings (
    id uuid PRIMARY KEY,
    booked boolean NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT now()
);

-- Tickets that are sold now. The primary key gives each seat one owner. What was sold before and cancelled is in the
-- outbox. There are no foreign keys, because the same statement writes both rows, and checking the key would double the
-- cost of a booking.
CREATE TABLE tickets (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    user_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    booked_at timestamptz NOT NULL
);

CREATE INDEX tickets_by_user ON tickets (user_id, event_id, booked_at DESC, id DESC);

-- The id of an event's last possible ticket: in every index, an event's tickets lie between the event's id and this
-- one.
CREATE FUNCTION last_ticket_id(event uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT overlay(event::text PLACING 'ffffffff' FROM 29)::uuid
$$;
