-- Positions in a feed become the ids of its rows. What was read by the order of before is read again from the start, as
-- if the feed had another incarnation. Every consumer's migrations hold a copy of this file.
SET LOCAL lock_timeout = '2s';

UPDATE feed_cursors SET incarnation = 'in the order of transactions' WHERE incarnation <> '';
ALTER TABLE feed_cursors DROP COLUMN transaction_id;
ALTER TABLE feed_set_aside DROP COLUMN transaction_id, ADD PRIMARY KEY (feed, incarnation, row_id);
