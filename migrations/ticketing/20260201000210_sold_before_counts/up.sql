-- What was sold before it was counted: the tickets less the counts, as one statement sees both at one moment. Whatever is
-- booked or cancelled at that time is in both or in neither, so nobody has to wait.
INSERT INTO sold_counts (event_id, shard, sold)
SELECT event_id, 16, sum(tickets)
FROM (
    SELECT event_id, count(*) AS tickets FROM tickets GROUP BY event_id
    UNION ALL
    SELECT event_id, -sold FROM sold_counts
) AS both_ways
GROUP BY event_id HAVING sum(tickets) <> 0;
