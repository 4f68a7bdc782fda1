-- Tickets that were sold before counting began: the tickets less the counts, as one statement sees both at one moment.
-- A ticket that is booked or cancelled concurrently is in both or in neither, so nothing has to wait.
INSERT INTO sold_counts (event_id, shard, sold)
SELECT event_id, 16, sum(tickets)
FROM (
    SELECT event_id, count(*) AS tickets FROM tickets GROUP BY event_id
    UNION ALL
    SELECT event_id, -sold FROM sold_counts
) AS both_ways
GROUP BY event_id HAVING sum(tickets) <> 0;
