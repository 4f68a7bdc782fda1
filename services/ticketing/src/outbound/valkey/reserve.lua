-- Reserve: holds `count` seats for a user, all or none: neighbors if a bounded search finds them, otherwise the lowest
-- free seats. Costs the same however large the event is, and however much of it is sold.
-- ARGV: 2 the request's key, 3 user, 4 count, 5 how long to hold them, in ms, 6 how many seats a user may hold (0: any number), 7 for
-- how many ms a hold counts after its end, 8 for how many ms a user is refused for tickets that were noted, since they may have been
-- cancelled.
-- Answers {'not loaded'}, {'cancelled'}, {'closed'}, {'not yet', the beginning of the sale in Unix seconds}, {'too few'},
-- {'not noted', now in Unix ms} if note_tickets.lua must run first, {'over limit', how many seats one user may have}, {'too many
-- held', ms until this many may be held, or until there is room for another answer}, {'held', expiry in Unix ms, seat, seat, …}, or what it
-- answered before.

-- Neighbors are searched for in this many windows of the inventory, each from the next free seat on.
local WINDOWS_MAX, WINDOW_BYTES = 2, 64
local NOT_ALL_TAKEN = '[^\255]' -- a byte of the map
-- Free seats that are checked in vain: if many stand alone, a window holds hundreds.
local IN_VAIN_MAX = 64

if before then
  return before
end
local user, count = ARGV[3], tonumber(ARGV[4])
local now, held_max, cooldown = now_ms(), tonumber(ARGV[6]), tonumber(ARGV[7])
local found = call('HMGET', meta, 'capacity', 'taken', 'hint', 'opens', 'closes', 'paused', 'cancelled', 'limit')
local capacity, used, hint = tonumber(found[1]), tonumber(found[2]), tonumber(found[3] or 0)
local opens, closes, most = tonumber(found[4] or 0), tonumber(found[5] or 0), tonumber(found[8] or 0)

-- Seats are counted from 0 here, as bits are. A part of the inventory, from the byte of this seat on, and which byte that is.
local function window_from(seat)
  local start = math.floor(seat / 8)
  return call('GETRANGE', taken, start, start + WINDOW_BYTES - 1), start
end

-- The inventory is longer than the capacity, so that there is something from the hint on, if there is an inventory.
local bytes, start = window_from(hint)
if bytes == '' then
  return {'not loaded'}
end

local function refuse(answer)
  if keep_refusal then
    keep_refusal(user, answer)
  end
  return answer
end

-- The terms of the sale. An event whose inventory an older release has made has none.
if found[7] == '1' then
  return refuse({'cancelled'})
elseif found[6] == '1' or (closes > 0 and now >= closes * 1000) then
  return refuse({'closed'})
elseif now < opens * 1000 then
  return refuse({'not yet', opens})
end

local bought = most > 0 and buyer(user)
if bought then
  local since = call('ZSCORE', bought, noted())
  if not since then
    return {'not noted', now}
  end
  call('ZREMRANGEBYSCORE', bought, 0, now)
  -- All but noted() itself, whose score is below 0.
  if call('ZCOUNT', bought, 0, '+inf') + count > most then
    if now + tonumber(since) > tonumber(ARGV[8]) then
      return {'not noted', now}
    end
    return refuse({'over limit', most})
  end
end

local wait = no_room_for and no_room_for(user)
if wait then
  return {'too many held', wait}
end
local mine = held_lately(user)
if held_max > 0 then
  local over = call('ZCARD', mine) + count - held_max
  if over > 0 then
    over = over - call('ZREMRANGEBYSCORE', mine, '-inf', now - cooldown)
  end
  if over > 0 then
    local ends = call('ZRANGE', mine, over - 1, over - 1, 'WITHSCORES')[2]
    return {'too many held', ends and ends + cooldown - now or 0}
  end
end
if capacity - used < count and expire_holds(now, count) > 0 then
  found = call('HMGET', meta, 'taken', 'hint')
  used, hint = tonumber(found[1]), tonumber(found[2])
  bytes, start = window_from(hint)
end
if capacity - used < count then
  return refuse({'too few'})
end

-- The inventory is longer than the capacity, so a free bit is always found.
local function next_free(from)
  local at = call('BITPOS', taken, 0, from, -1, 'BIT')
  if at >= 0 and at < capacity then
    return at
  end
end

-- A window is read at once: asking the inventory for each run would cost many times as much if free seats are scattered.
-- Answers the first of the neighbours, or nothing, and the free seats that were seen before, in order.
local function neighbours()
  local free, run, searched = {}, 0, 0
  while true do
    local before, place = 0, string.find(bytes, NOT_ALL_TAKEN)
    searched = place and searched + 1 or searched
    while place do
      if place ~= before + 1 then
        run = 0
      end
      local byte, first, weight = string.byte(bytes, place), (start + place - 1) * 8, 128
      for seat = first, math.min(first + 8, capacity) - 1 do
        if byte >= weight then
          byte, run = byte - weight, 0
        else
          free[#free + 1], run = seat, run + 1
          if run == count then
            return seat - count + 1, free
          elseif #free == count + IN_VAIN_MAX then
            return nil, free
          end
        end
        weight = weight / 2
      end
      before, place = place, string.find(bytes, NOT_ALL_TAKEN, place + 1)
    end
    local seen_to = start + WINDOW_BYTES
    local at = searched < WINDOWS_MAX and next_free(seen_to * 8)
    if not at then
      return nil, free
    end
    bytes, start = window_from(at)
    if before ~= WINDOW_BYTES or start ~= seen_to then
      run = 0
    end
  end
end

local seats, first, free = {}, neighbours()
local lowest = free[1]
if first then
  for at = first, first + count - 1 do
    seats[#seats + 1] = at + 1
  end
  hint = first == lowest and first + count or lowest
else
  for i = 1, math.min(#free, count) do
    seats[i] = free[i] + 1
  end
  -- A seat's number is the place of the bit after its own.
  local at = #seats < count and next_free(seats[#seats] or hint)
  while at and #seats < count do
    seats[#seats + 1] = at + 1
    at = next_free(at + 1)
  end
  if #seats < count then
    return refuse({'too few'})
  end
  hint = seats[count]
end

-- For BITFIELD: these seats are taken now, up to 32 neighbors in one step.
local function taking(seats)
  local steps, at = {}, 1
  while at <= #seats do
    local run = 1
    while run < 32 and seats[at + run] == seats[at] + run do
      run = run + 1
    end
    local last = #steps
    steps[last + 1], steps[last + 2] = 'SET', 'u' .. run
    steps[last + 3], steps[last + 4] = seats[at] - 1, 2 ^ run - 1
    at = at + run
  end
  return steps
end

local expiry = now + tonumber(ARGV[5])
local answer, members = {'held', expiry}, scored(seats, expiry)
call('BITFIELD', taken, unpack(taking(seats)))
for i, seat in ipairs(seats) do
  call('SET', pair(seat), user, 'PXAT', expiry)
  answer[i + 2] = seat
end
call('ZADD', holds, unpack(members))
call('ZADD', mine, unpack(members))
call('PEXPIREAT', mine, expiry + cooldown)
if bought then
  note(user, members)
end
call('HSET', meta, 'taken', used + count, 'hint', hint)
if keep then
  keep(user, answer)
end
return answer
