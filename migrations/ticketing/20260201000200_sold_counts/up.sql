-- How many tickets of each event are sold, so that reading it counts no rows. Triggers maintain it, so it is exact no
-- matter which program writes tickets, including the previous release during a rollout and after a roll-back. Each
-- connection uses one of sixteen rows per event, so that bookings rarely wait for each other. Half of each page stays
-- empty, so that updated rows stay in the same page.
CREATE TABLE sold_counts (
    event_id uuid NOT NULL,
    shard smallint NOT NULL,
    sold int NOT NULL,
    PRIMARY KEY (event_id, shard)
) WITH (fillfactor = 50);

CREATE FUNCTION count_tickets_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sold_counts AS known (event_id, shard, sold)
    SELECT event_id, pg_backend_pid() % 16, count(*) FROM changed GROUP BY event_id ORDER BY event_id
    ON CONFLICT (event_id, shard) DO UPDATE SET sold = known.sold + excluded.sold;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_tickets_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sold_counts AS known (event_id, shard, sold)
    SELECT event_id, pg_backend_pid() % 16, -count(*) FROM changed GROUP BY event_id ORDER BY event_id
    ON CONFLICT (event_id, shard) DO UPDATE SET sold = known.sold + excluded.sold;
    RETURN NULL;
END
$$;

CREATE TRIGGER tickets_added AFTER INSERT ON tickets
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tickets_added();

CREATE TRIGGER tickets_removed AFTER DELETE ON tickets
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_tickets_removed();
