-- Positions in a feed become the ids of its rows. What was read in the previous order is read again from the start,
-- as if the feed had another incarnation. The migrations of every consumer contain a copy of this file.
SET LOCAL lock_timeout = '2s';

UPDATE feed_cursors SET incarnation = 'in the order of transactions' WHERE incarnation <> '';
ALTER TABLE feed_cursors DROP COLUMN transaction_id;
ALTER TABLE feed_set_aside DROP COLUMN transaction_id, ADD PRIMARY KEY (feed, incarnation, row_id);
