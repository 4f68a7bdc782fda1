-- What happened, written in the transaction that made it happen, and read by the other services as a feed.
-- The order of the feed is (transaction_id, id). The migrations of every producer contain a copy of this file.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind text NOT NULL,
    subject uuid NOT NULL,
    data json NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (transaction_id, id, written_at)
) PARTITION BY RANGE (written_at);

-- Takes rows for whose month there is no partition, so that a late job never makes a write fail.
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

-- Adds the partitions of this month (UTC) and of this many months ahead, as far as they are missing, and returns how
-- many it added. Rows that went to the default partition meanwhile are moved. A partition is created on its own and
-- then attached: unlike PARTITION OF, that locks out neither readers nor writers of the other partitions.
CREATE FUNCTION outbox_add_partitions(ahead int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    first_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    month timestamp;
    name text;
    added int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('outbox_add_partitions'));
    FOR month IN SELECT first_month + make_interval(months => n) FROM generate_series(0, ahead) AS n LOOP
        name := 'outbox_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS)', name);
        EXECUTE format(
            'WITH moved AS (DELETE FROM outbox_default WHERE written_at >= %1$L AND written_at < %2$L RETURNING *)
             INSERT INTO %3$I SELECT * FROM moved',
            month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', name
        );
        EXECUTE format(
            'ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
        );
        added := added + 1;
    END LOOP;
    RETURN added;
END
$$;

SELECT outbox_add_partitions(2);
