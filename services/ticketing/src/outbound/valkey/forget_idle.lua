-- Take an event off the busy ones, if it was not marked lately.
-- KEYS: 1 the set. ARGV: 1 event, 2 ms for which it must not have been marked.
local time = redis.call('TIME')
local marked = redis.call('ZSCORE', KEYS[1], ARGV[1])
if marked and tonumber(marked) + tonumber(ARGV[2]) < time[1] * 1000 + math.floor(time[2] / 1000) then
  return redis.call('ZREM', KEYS[1], ARGV[1])
end
return 0
