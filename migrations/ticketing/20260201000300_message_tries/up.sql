-- Each message has its own next try, so that one that has to wait holds back itself alone. The time is taken when the row
-- is written, not when its transaction began: whoever stood before in a list is also due before.
ALTER TABLE messages
    ADD COLUMN next_try_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN tries int NOT NULL DEFAULT 0;
-- Afterwards, since a default that differs by row would write the whole table anew.
ALTER TABLE messages ALTER COLUMN next_try_at SET DEFAULT clock_timestamp();

CREATE INDEX messages_due ON messages (next_try_at, number) WHERE done_at IS NULL;
