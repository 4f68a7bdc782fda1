-- Cancelled events of which not everybody was told yet. The row is written by the transaction that cancels the event, and removed when
-- the last one was told.
CREATE TABLE cancelled_events (
    event_id uuid PRIMARY KEY,
    -- Those who have a ticket up to this one were told. At the beginning the event's id, which is less than those of its tickets.
    after uuid NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);

-- What is to be sent to those who had tickets or waited when an event was cancelled: once to each. A table of its own, because the
-- release before sends all that is in `notifications` as news of seats that came free.
CREATE TABLE cancelled_notifications (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL,
    event_name text NOT NULL,
    user_id uuid NOT NULL,
    email text NOT NULL,
    -- Whether the user had tickets; otherwise they waited.
    has_tickets boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries int NOT NULL DEFAULT 0,
    done_at timestamptz,
    -- NULL until it is done; false if it could not be sent and never will be
    sent boolean,
    UNIQUE (event_id, user_id)
);

CREATE INDEX cancelled_notifications_due ON cancelled_notifications (next_try_at, number) WHERE done_at IS NULL;
