-- What takes place, when and where. A deleted event stays as a tombstone, so that its version remains known; a job
-- erases its texts later.
CREATE TABLE events (
    id uuid PRIMARY KEY,
    -- Rises with every change, from 1.
    version bigint NOT NULL,
    name text NOT NULL,
    -- In Unix seconds.
    unix_time bigint NOT NULL,
    address text NOT NULL,
    description text NOT NULL,
    latitude double precision,
    longitude double precision,
    seat_count int NOT NULL CHECK (seat_count BETWEEN 1 AND 1000000),
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

-- For the order of the listing.
CREATE INDEX events_by_time ON events (unix_time, id) WHERE deleted_at IS NULL;

-- For finding deleted events that still have their texts.
CREATE INDEX events_to_empty ON events (deleted_at) WHERE deleted_at IS NOT NULL AND name <> '';
