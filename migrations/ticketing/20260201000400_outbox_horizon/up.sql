-- The order of the feed becomes that of the rows' ids, and rows are shown up to the outbox' horizon: no row up to it can
-- still be committed. Whoever writes here counts for that, and nobody else on the server. Every producer's migrations hold
-- a copy of this file.
SET LOCAL lock_timeout = '2s';

ALTER TABLE outbox DROP CONSTRAINT outbox_pkey, ADD PRIMARY KEY (id, written_at);

-- Before a statement takes its first id, it says by a lock how far ids were given out: its own come after that. The lock
-- goes with the transaction, after what it wrote is there for all to see. Locks of this kind (1869968482) are shared, so
-- nobody waits for one. The owner's rights are needed to read the sequence.
CREATE FUNCTION outbox_announce() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- The last 32 bits of the number, as an integer with a sign.
    PERFORM pg_advisory_xact_lock_shared(1869968482, ((last + 2147483648) % 4294967296 - 2147483648)::int)
    FROM (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS last FROM outbox_id_seq) AS ids;
    RETURN NULL;
END
$$;

CREATE TRIGGER outbox_announce BEFORE INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_announce();

-- Up to which id rows may be shown, and which was the last that was given out. Rows must be read by a later statement, whose
-- snapshot is younger than the look at the locks: whoever had an id up to `last` took a lock before it; if that lock is
-- gone, so is the transaction, and what it wrote is seen. A caller who knows that all up to an id is certain says so: where
-- that was the last one, nothing is to be looked at. Only locks of transactions that may write here count, so that nobody
-- else can hold the feed back on purpose.
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
        -- How far the number of the lock is from `last`, of which 32 bits tell.
        SELECT last + least(0, min((objid::bigint - last % 4294967296 + 6442450944) % 4294967296 - 2147483648))
        INTO horizon FROM locks
        WHERE locktype = 'advisory' AND classid = 1869968482 AND objsubid = 2 AND pid IN (
            SELECT pid FROM locks
            WHERE locktype = 'relation' AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'
        );
    END IF;
END
$$;
