ALTER TABLE events
    DROP COLUMN on_sale_unix_time, DROP COLUMN off_sale_unix_time, DROP COLUMN paused, DROP COLUMN max_per_buyer,
    DROP COLUMN cancelled, DROP COLUMN cancel_reason;
