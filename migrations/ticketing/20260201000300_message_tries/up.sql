-- Each message has its own time for the next try, so that a message that has to wait delays no other. The time is taken
-- when the row is written, not when its transaction began, so that messages become due in the order in which their
-- users stood in a list.
ALTER TABLE messages
    ADD COLUMN next_try_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN tries int NOT NULL DEFAULT 0;
-- As a separate step, since adding a column with a default that differs by row would rewrite the whole table.
ALTER TABLE messages ALTER COLUMN next_try_at SET DEFAULT clock_timestamp();

CREATE INDEX messages_due ON messages (next_try_at, number) WHERE done_at IS NULL;
