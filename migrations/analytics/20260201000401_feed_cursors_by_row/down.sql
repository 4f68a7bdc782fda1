ALTER TABLE feed_set_aside DROP CONSTRAINT feed_set_aside_pkey,
    ADD COLUMN transaction_id bigint NOT NULL DEFAULT 0,
    ADD PRIMARY KEY (feed, incarnation, transaction_id, row_id);
ALTER TABLE feed_cursors ADD COLUMN transaction_id bigint NOT NULL DEFAULT 0;
UPDATE feed_cursors SET incarnation = 'in the order of rows' WHERE incarnation <> '';
