DROP FUNCTION outbox_add_partitions(int);
DROP TABLE outbox;
