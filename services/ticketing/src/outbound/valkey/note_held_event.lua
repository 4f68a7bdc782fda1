-- Note that a user holds seats of an event, for when they ask what they hold without naming one. Losing it costs nothing else.
-- KEYS: 1 the user's events, a sorted set by the end of the last hold. ARGV: 1 event, 2 until when, in Unix ms, 3 how many
-- events are kept.
local key, event, ends, kept = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
redis.call('ZADD', key, 'GT', ends, event)
redis.call('ZREMRANGEBYRANK', key, 0, -1 - kept)
redis.call('PEXPIREAT', key, redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
return 1
