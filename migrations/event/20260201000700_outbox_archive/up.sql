-- Past months can be moved out of the outbox, so that it does not grow forever, without anything being missed by a
-- consumer that reads the feed from its start. The migrations of every producer contain a copy of this file.

-- How many times that was done, and the last id of a row that was moved out. A consumer that has read the feed up to
-- there has read everything that was moved out; any other consumer starts over. This is part of the feed's
-- incarnation, so that all consumers notice it.
CREATE TABLE outbox_archive (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation int NOT NULL DEFAULT 0,
    up_to bigint NOT NULL DEFAULT 0,
    -- Rows that were written before this time are archived.
    before timestamptz NOT NULL DEFAULT '-infinity'
);

INSERT INTO outbox_archive DEFAULT VALUES;

-- Moves all months before this one (UTC) out of the outbox. Their sums stay, in a partition that replaces them:
--
-- * of the states of each event, the newest;
-- * instead of everything that was booked and cancelled of an event, one checkpoint, in the place of the last of
--   these rows;
-- * rows of other kinds, unchanged.
--
-- The months' partitions are detached and stay as tables of their own; their names are returned. Everything happens
-- in one transaction. Late writers to these months are locked out from the beginning (SHARE), so that nothing is
-- added to what was already added up; everyone else is locked out only for the moment in which the partitions are
-- exchanged. A reader that finds the outbox locked at that moment reads it as it is afterwards: a statement takes its
-- snapshot after its locks.
CREATE FUNCTION outbox_archive_before(month date, OUT archived_up_to bigint, OUT tables text[])
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
    cutoff timestamptz := month::timestamptz;
    replacement name := 'outbox_before_' || to_char(month, 'YYYY_MM');
    ledger text[] := ARRAY[
        'booked.ticketing.tickets_booked', 'booked.ticketing.tickets_cancelled', 'booked.ticketing.tickets_counted'];
    states text[] := ARRAY['booked.event.state', 'booked.ticketing.event_on_sale'];
    straddling text;
    part text;
BEGIN
    IF month <> date_trunc('month', month) THEN
        RAISE EXCEPTION '% is not the first day of a month', month;
    END IF;
    -- A day, since clocks differ, and since the auditor compares what was written moments ago.
    IF now() < cutoff + interval '1 day' THEN
        RAISE EXCEPTION 'only months that have been over for a day can be archived';
    END IF;
    -- The rows that are added up must be those that are there once the locks are held.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'archiving must be READ COMMITTED';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('outbox_archive_before')) THEN
        RAISE EXCEPTION 'somebody else is archiving';
    END IF;
    IF cutoff <= (SELECT before FROM outbox_archive) THEN
        RAISE EXCEPTION 'all before % is archived already', month;
    END IF;

    SELECT array_agg(child ORDER BY upper) FILTER (WHERE upper <= cutoff),
        min(child) FILTER (WHERE lower < cutoff AND upper > cutoff)
    INTO tables, straddling FROM (
        SELECT inhrelid::regclass::text AS child,
            substring(bound FROM $re$FROM \('([^']+)'\)$re$)::timestamptz AS lower,
            substring(bound FROM $re$TO \('([^']+)'\)$re$)::timestamptz AS upper
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid, pg_get_expr(relpartbound, inhrelid) AS bound
        WHERE inhparent = 'outbox'::regclass) AS partitions;
    IF straddling IS NOT NULL THEN
        RAISE EXCEPTION 'the partition % has months before % and after it', straddling, month;
    END IF;
    BEGIN
        FOREACH part IN ARRAY coalesce(tables, '{}') LOOP
            EXECUTE format('LOCK TABLE ONLY %s IN SHARE MODE', part);
        END LOOP;
    EXCEPTION WHEN lock_not_available THEN
        RAISE EXCEPTION 'somebody writes to the partition %, or vacuums it: try again later', part;
    END;
    IF EXISTS (SELECT FROM outbox_default WHERE written_at < cutoff) THEN
        RAISE EXCEPTION 'outbox_default has rows of before %', month
            USING HINT = 'SELECT outbox_add_partitions(2) makes a partition of them';
    END IF;
    SELECT max(id) INTO archived_up_to FROM outbox WHERE written_at < cutoff;
    IF archived_up_to IS NULL THEN
        RAISE EXCEPTION 'there is nothing before %', month;
    END IF;
    -- No consumer could have read up to there, so all of them would start over.
    IF archived_up_to > (SELECT horizon FROM outbox_horizon(0)) THEN
        RAISE EXCEPTION 'a transaction that writes to the outbox is open, and not all before % is certain', month;
    END IF;

    -- With everything that is needed to attach it without scanning its rows.
    EXECUTE format(
        'CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS, PRIMARY KEY (id, written_at), CHECK (written_at < %L))',
        replacement, cutoff
    );
    -- The last row stays, whatever it is: a consumer that has read up to there finds its place again.
    EXECUTE format(
        'INSERT INTO %I (id, transaction_id, kind, subject, data, written_at)
         SELECT id, transaction_id, kind, subject, data, written_at FROM outbox
         WHERE written_at < $1 AND kind <> ALL($2) AND (kind <> ALL($3) OR id = $4 OR id IN (
             SELECT DISTINCT ON (kind, subject) id FROM outbox WHERE written_at < $1 AND kind = ANY($3)
             ORDER BY kind, subject, (data->>''version'')::bigint DESC NULLS LAST, id DESC))',
        replacement
    ) USING cutoff, ledger, states, archived_up_to;
    EXECUTE format(
        'WITH facts AS (
             SELECT kind, subject, data FROM outbox WHERE written_at < $1 AND kind = ANY($2)),
         changes AS (
             SELECT subject, (data->>''booked_unix_ms'')::bigint AS booked_unix_ms,
                 json_array_length(data->''seats'') AS booked, 0 AS cancelled
             FROM facts WHERE kind = $2[1]
             UNION ALL
             SELECT subject, (ticket->>''booked_unix_ms'')::bigint, 0, 1
             FROM facts, json_array_elements(data->''tickets'') AS ticket WHERE kind = $2[2]
             UNION ALL
             SELECT subject, (day->>''day_unix_ms'')::bigint, (day->>''booked'')::bigint, (day->>''cancelled'')::bigint
             FROM facts, json_array_elements(data->''days'') AS day WHERE kind = $2[3]),
         days AS (
             SELECT subject, booked_unix_ms - booked_unix_ms %% 86400000 AS day,
                 sum(booked)::bigint AS booked, sum(cancelled)::bigint AS cancelled
             FROM changes GROUP BY subject, day),
         counted AS (
             SELECT subject, json_agg(
                 json_build_object(''day_unix_ms'', day, ''booked'', booked, ''cancelled'', cancelled) ORDER BY day) AS days
             FROM days GROUP BY subject),
         places AS (
             SELECT DISTINCT ON (subject) id, transaction_id, subject, written_at FROM outbox
             WHERE written_at < $1 AND kind = ANY($2) ORDER BY subject, id DESC)
         INSERT INTO %I (id, transaction_id, kind, subject, data, written_at)
         SELECT id, transaction_id, $2[3], subject,
             json_build_object(''event_id'', subject, ''days'', coalesce(days, ''[]'')), written_at
         FROM places LEFT JOIN counted USING (subject)',
        replacement
    ) USING cutoff, ledger;

    -- While this waits, writers wait as well. So it waits only for a moment, and tries again when they have
    -- continued.
    FOR attempt IN 1..20 LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '300ms', true);
            PERFORM pg_advisory_xact_lock(hashtext('outbox_add_partitions'));
            LOCK TABLE ONLY outbox, outbox_default IN ACCESS EXCLUSIVE MODE;
            FOREACH part IN ARRAY tables LOOP
                EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', part);
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF attempt = 20 THEN
                RAISE EXCEPTION 'somebody has the outbox open for long: try again later';
            END IF;
            PERFORM pg_sleep(1);
        END;
    END LOOP;
    FOREACH part IN ARRAY tables LOOP
        EXECUTE format('ALTER TABLE outbox DETACH PARTITION %s', part);
    END LOOP;
    EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', replacement, cutoff);
    UPDATE outbox_archive SET generation = generation + 1, up_to = archived_up_to, before = cutoff;
END
$$;

-- For the owner of the outbox, and not for the role that serves.
REVOKE EXECUTE ON FUNCTION outbox_archive_before(date) FROM PUBLIC;
