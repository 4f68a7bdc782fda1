-- Reserve: holds `count` seats for a user, all or none: neighbours where a bounded search finds them, else the lowest
-- free seats. Costs the same however large the event is, and however much of it is sold.
-- ARGV: 2 user, 3 count, 4 how long to hold them, in ms.
-- Answers {'no map'}, {'too few'}, or {'held', expiry in Unix ms, seat, seat, …}.
local RUNS_MAX = 16 -- runs of free seats that are looked at for neighbours

if no_map() then
  return {'no map'}
end
local user, count = ARGV[2], tonumber(ARGV[3])
local now = now_ms()
take_back(now, count)

local found = call('HMGET', meta, 'capacity', 'taken', 'hint')
local capacity, used, hint = tonumber(found[1]), tonumber(found[2]), tonumber(found[3])
if capacity - used < count then
  return {'too few'}
end

-- Seats are counted from 0 here, as bits are. The map is longer than the capacity, so a free bit is always found.
local function next_free(from)
  local at = call('BITPOS', taken, 0, from, -1, 'BIT')
  if at >= 0 and at < capacity then
    return at
  end
end

local function neighbours(at)
  for _ = 1, RUNS_MAX do
    if not at or at + count > capacity then
      return nil
    end
    local stop = call('BITPOS', taken, 1, at, at + count - 1, 'BIT')
    if stop < 0 then
      return at
    end
    at = next_free(stop)
  end
end

local lowest = next_free(hint)
local first = neighbours(lowest)
local seats = {}
if first then
  for at = first, first + count - 1 do
    seats[#seats + 1] = at + 1
  end
  hint = first == lowest and first + count or lowest
else
  local at = lowest
  while at and #seats < count do
    seats[#seats + 1] = at + 1
    at = next_free(at + 1)
  end
  if #seats < count then
    return {'too few'}
  end
  hint = seats[count]
end

local expiry = now + tonumber(ARGV[4])
local answer, scored, granted = {'held', expiry}, {}, 0
for i, seat in ipairs(seats) do
  granted = granted + 1 - call('SETBIT', taken, seat - 1, 1)
  call('SET', pair(seat), user, 'PXAT', expiry)
  scored[2 * i - 1], scored[2 * i] = expiry, seat
  answer[i + 2] = seat
end
call('ZADD', holds, unpack(scored))
call('HSET', meta, 'taken', used + granted, 'hint', hint)
return answer
