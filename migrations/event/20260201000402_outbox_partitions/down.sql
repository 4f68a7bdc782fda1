CREATE OR REPLACE FUNCTION outbox_add_partitions(ahead int) RETURNS int LANGUAGE plpgsql AS $$
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
