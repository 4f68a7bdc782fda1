-- The order of the feed becomes that of the rows' ids, and rows are shown up to the horizon of the outbox: no row up
-- to it can still be committed. Only transactions that write here count for that, and no others on the server. The
-- migrations of every producer contain a copy of this file.
SET LOCAL lock_timeout = '2s';

ALTER TABLE outbox DROP CONSTRAINT outbox_pkey, ADD PRIMARY KEY (id, written_at);

-- Before a statement takes its first id, it publishes by a lock how far ids were assigned: its own ids come after
-- that. The lock is released with the transaction, after everyone can see what the transaction wrote. Locks of this
-- kind (1869968482) are shared, so nobody waits for one. The owner's rights are needed to read the sequence.
CREATE FUNCTION outbox_announce() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- The last 32 bits of the number, as a signed integer.
    PERFORM pg_advisory_xact_lock_shared(1869968482, ((last + 2147483648) % 4294967296 - 2147483648)::int)
    FROM (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS last FROM outbox_id_seq) AS ids;
    RETURN NULL;
END
$$;

CREATE TRIGGER outbox_announce BEFORE INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_announce();

-- The id up to which rows may be shown, and the last id that was assigned. Rows must be read by a later statement,
-- whose snapshot is newer than the check of the locks: each transaction that had an id up to `last` took a lock
-- before it; if that lock is gone, so is the transaction, and what it wrote is visible. A caller that knows that
-- everything up to an id is certain passes it: if that was the last id, no locks need to be checked. Only locks of
-- transactions that may write here count, so that nobody else can hold the feed back on purpose.
CREATE FUNCTION outbox_horizon(certain bigint, OUT horizon bigint, OUT last bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END INTO last FROM outbox_id_seq;
    horizon := last;
    IF last <> certain THEN
        WITH locks AS MATERIALIZED (
            SELECT locktype, relation, mode, classid, objid, objsubid, pid FROM pg_locks
            WHERE granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
        -- How far the lock's number is from `last`; the lock has only the last 32 bits of the number.
        SELECT last + least(0, min((objid::bigint - last % 4294967296 + 6442450944) % 4294967296 - 2147483648))
        INTO horizon FROM locks
        WHERE locktype = 'advisory' AND classid = 1869968482 AND objsubid = 2 AND pid IN (
            SELECT pid FROM locks
            WHERE locktype = 'relation' AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'
        );
    END IF;
END
$$;
