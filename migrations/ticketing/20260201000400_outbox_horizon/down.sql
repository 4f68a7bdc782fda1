DROP TRIGGER outbox_announce ON outbox;
DROP FUNCTION outbox_announce();
DROP FUNCTION outbox_horizon(bigint);
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey, ADD PRIMARY KEY (transaction_id, id, written_at);
