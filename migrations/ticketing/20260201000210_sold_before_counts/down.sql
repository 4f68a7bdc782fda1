DELETE FROM sold_counts WHERE shard = 16;
