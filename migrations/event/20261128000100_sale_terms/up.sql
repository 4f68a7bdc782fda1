-- When and to whom an event sells, and whether it was cancelled. An event without any of these sells at once, to
-- everybody, without an end. The release before leaves these columns alone. No row is rewritten or checked, so the
-- table is locked only for a moment.
SET LOCAL lock_timeout = '2s';

ALTER TABLE events
    -- In Unix seconds.
    ADD COLUMN on_sale_unix_time bigint,
    ADD COLUMN off_sale_unix_time bigint,
    ADD COLUMN paused boolean NOT NULL DEFAULT false,
    ADD COLUMN max_per_buyer int,
    ADD COLUMN cancelled boolean NOT NULL DEFAULT false,
    -- For a person to read.
    ADD COLUMN cancel_reason text,
    ADD CONSTRAINT events_sale_ends_after_it_begins
        CHECK (on_sale_unix_time < off_sale_unix_time) NOT VALID,
    ADD CONSTRAINT events_max_per_buyer CHECK (max_per_buyer BETWEEN 1 AND 100) NOT VALID;
