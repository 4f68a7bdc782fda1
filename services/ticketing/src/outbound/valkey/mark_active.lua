-- Mark events as busy, that is, worth a visit of the janitor. One sorted set for all events, by when they were marked.
-- KEYS: 1 the set. ARGV: 1 event.
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
return 1
