-- What was seen of an event's sale when someone was last notified, or when the first user joined. Joining and notifying
-- lock this row, not the event's, which bookings share.
CREATE TABLE waitlists (
    event_id uuid PRIMARY KEY,
    seen_epoch text,
    seen_freed bigint
);

-- The users who wait, in the order of their numbers.
CREATE TABLE waitlist_entries (
    event_id uuid NOT NULL,
    user_id uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    email text NOT NULL,
    wanted smallint NOT NULL CHECK (wanted > 0),
    PRIMARY KEY (event_id, user_id)
);

CREATE UNIQUE INDEX waitlist_entries_in_order ON waitlist_entries (event_id, number);

-- What is to be sent to users who were notified, in the order of numbers.
CREATE TABLE messages (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    event_id uuid NOT NULL,
    event_name text NOT NULL,
    user_id uuid NOT NULL,
    email text NOT NULL,
    seats int NOT NULL CHECK (seats > 0),
    told_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    -- NULL until it is done; false if it could not be sent and never will be
    sent boolean
);

CREATE INDEX messages_to_send ON messages (number) WHERE done_at IS NULL;

-- Which replica runs a job that only one may run at once.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    held_until timestamptz NOT NULL
);
