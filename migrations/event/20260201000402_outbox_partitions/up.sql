-- Partitions are added with the rights of the owner of the outbox, since the role that serves may not change the
-- schema. And rows are no longer moved: if the default partition has some, it becomes the partition of their months,
-- and an empty one takes its place. The migrations of every producer contain a copy of this file.
--
-- Adds the partitions of this month (UTC) and of this many months ahead, at most a year, as far as they are missing,
-- and returns how many it added. A partition is created on its own and then attached: unlike PARTITION OF, that locks
-- out neither readers nor writers of the other partitions.
CREATE OR REPLACE FUNCTION outbox_add_partitions(ahead int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    month timestamp;
    first timestamp;
    name text;
    added int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('outbox_add_partitions'));
    SELECT date_trunc('month', min(written_at) AT TIME ZONE 'UTC'), date_trunc('month', max(written_at) AT TIME ZONE 'UTC')
    INTO first, month FROM outbox_default;
    IF first IS NOT NULL THEN
        -- If it covers several months, it has the name of the last one: the months before are over, and nobody needs
        -- their partitions.
        name := 'outbox_' || to_char(month, 'YYYY_MM');
        ALTER TABLE outbox DETACH PARTITION outbox_default;
        EXECUTE format('ALTER TABLE outbox_default RENAME TO %I', name);
        CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
        EXECUTE format(
            'ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, first AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
        );
        added := 1;
    END IF;
    FOR month IN SELECT this_month + make_interval(months => n) FROM generate_series(0, least(ahead, 12)) AS n LOOP
        name := 'outbox_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS)', name);
        EXECUTE format(
            'ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
        );
        added := added + 1;
    END LOOP;
    RETURN added;
END
$$;
