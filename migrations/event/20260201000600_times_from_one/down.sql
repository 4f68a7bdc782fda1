-- Events that were moved from second 0 to second 1 stay there: an older release accepts both.
SELECT;
