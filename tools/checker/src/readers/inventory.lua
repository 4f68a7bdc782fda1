-- Reads an event's inventory at one moment, without changing anything.
-- KEYS: taken, holds, settling, claims, meta.
-- Answers {} if it is not loaded, otherwise {now in Unix ms, the bitmap, holds, settling, claims, meta}.
local call = redis.call
if call('EXISTS', KEYS[1]) == 0 then
  return {}
end
local time = call('TIME')
return {
  time[1] * 1000 + math.floor(time[2] / 1000),
  call('GET', KEYS[1]),
  call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES'),
  call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES'),
  call('HGETALL', KEYS[4]),
  call('HGETALL', KEYS[5]),
}
