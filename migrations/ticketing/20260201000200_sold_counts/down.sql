DROP TRIGGER tickets_removed ON tickets;
DROP TRIGGER tickets_added ON tickets;
DROP FUNCTION count_tickets_removed;
DROP FUNCTION count_tickets_added;
DROP TABLE sold_counts;
