-- What every script of this folder begins with: the names of the event's keys, the time, and how a seat becomes free.
--
-- KEYS: taken holds settling claims meta load never
-- The event's fixed keys, always all of them and in this order, which everything that runs a script reads from the line above.
-- The last one never exists: while the event's slot is moved to another node it is missing here, so that the server refuses
-- the script before its first write.
-- ARGV[1]: what every pair's key begins with; the rest is the seat as eight hexadecimal digits.
local taken, holds, settling, claims, meta, lease = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local call = redis.call

local function pair(seat)
  return ARGV[1] .. string.format('%08x', seat)
end

-- A key of the event that is none of the fixed ones.
local function key_of(name)
  return string.sub(taken, 1, -#'taken' - 1) .. name
end

-- The members of a sorted set as ZADD takes them: these seats, all with this score.
local function scored(seats, score)
  local members = {}
  for i, seat in ipairs(seats) do
    members[2 * i - 1], members[2 * i] = score, seat
  end
  return members
end

-- The seats of this event that a user holds, or held until lately, by the end of their hold. It expires on its own, and losing
-- it costs fairness, never a seat.
local function held_lately(user)
  return key_of('of:' .. user)
end

-- What a user holds and has of an event with a limit for each buyer, by seat: the end of its hold in Unix ms, SETTLING while it is
-- claimed, or SOLD and since when it is known to be sold, in Unix ms. It is complete if it has the member noted() too, and
-- otherwise is made again from Postgres by note_tickets.lua, so that losing it costs a read. It expires on its own.
local SETTLING, SOLD, NOTED_FOR_MS = 1e15, 2e15, 3600000
local function buyer(user)
  return key_of('buyer:' .. user)
end

-- Names the inventory, how often it was repaired, and how often a limit began: what was noted before does not count any more, since
-- a repair means that something was lost, and without a limit nothing is noted.
local function noted()
  local found = call('HMGET', meta, 'epoch', 'repairs', 'limits')
  return '@' .. (found[1] or '') .. '|' .. (found[2] or 0) .. '|' .. (found[3] or 0)
end

local function is_limited()
  return tonumber(call('HGET', meta, 'limit') or 0) > 0
end

-- Notes for the limit of a buyer, if there is one, what seats are to the user from now on: members with their scores.
local function note(user, members)
  call('ZADD', buyer(user), unpack(members))
  call('PEXPIRE', buyer(user), NOTED_FOR_MS)
end

-- Notes that these seats are nothing to the user any more. Who has more than are ever noted is noted again.
local NOTED_MAX = 128
local function note_gone(user, seats)
  if not is_limited() then
    return
  elseif call('ZCARD', buyer(user)) > NOTED_MAX then
    call('DEL', buyer(user))
  else
    call('ZREM', buyer(user), unpack(seats))
  end
end

-- The terms of the sale, from this argument on: their version, when seats can be reserved, from and to, in Unix seconds (0: no
-- such time), whether the sale is paused and whether the event is cancelled (1 or 0), how many seats one user may have (0: any
-- number). Older ones than those that are known change nothing.
local function set_terms(first)
  local found = call('HMGET', meta, 'version', 'limit')
  local known, before = tonumber(found[1] or 0), tonumber(found[2] or 0)
  if tonumber(ARGV[first]) >= known then
    if before == 0 and tonumber(ARGV[first + 5]) > 0 then
      call('HINCRBY', meta, 'limits', 1)
    end
    call('HSET', meta, 'version', ARGV[first], 'opens', ARGV[first + 1], 'closes', ARGV[first + 2],
      'paused', ARGV[first + 3], 'cancelled', ARGV[first + 4], 'limit', ARGV[first + 5])
  end
end

local function now_ms()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Only a load makes an inventory; every other script that finds none changes nothing and says so.
local function not_loaded()
  return call('EXISTS', taken) == 0
end

-- The seats that are named from this argument on, to that one or to the end.
local function seats_from(first, last)
  local seats = {}
  for i = first, last or #ARGV do
    seats[i - first + 1] = tonumber(ARGV[i])
  end
  return seats
end

local function pairs_of(seats)
  local keys = {}
  for i, seat in ipairs(seats) do
    keys[i] = pair(seat)
  end
  return keys
end

-- Clears the bits of these seats. The counts change only by what was found set, so that a repeat changes nothing, and
-- the hint, below which all seats are taken, goes down to the lowest of them.
local function free(seats)
  local steps, lowest = {}, nil
  for i, seat in ipairs(seats) do
    steps[4 * i - 3], steps[4 * i - 2], steps[4 * i - 1], steps[4 * i] = 'SET', 'u1', seat - 1, 0
    lowest = math.min(lowest or seat - 1, seat - 1)
  end
  local freed = 0
  for _, bit in ipairs(call('BITFIELD', taken, unpack(steps))) do
    freed = freed + bit
  end
  if freed > 0 then
    call('HINCRBY', meta, 'taken', -freed)
    call('HINCRBY', meta, 'freed', freed)
    if tonumber(call('HGET', meta, 'hint')) > lowest then
      call('HSET', meta, 'hint', lowest)
    end
  end
  return freed
end

-- Ends at most this many holds whose time has passed.
local function expire_holds(now, limit)
  local expired = call('ZRANGE', holds, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  if #expired == 0 then
    return 0
  end
  call('ZREM', holds, unpack(expired))
  call('DEL', unpack(pairs_of(expired)))
  return free(expired)
end

-- For each seat the holder, the hold's expiry and the claim, '' if there is none.
local function holds_of(seats)
  local users = call('MGET', unpack(pairs_of(seats)))
  local scores = call('ZMSCORE', holds, unpack(seats))
  local claimed = call('HMGET', claims, unpack(seats))
  local found = {}
  for i = 1, #seats do
    local at = #found
    found[at + 1], found[at + 2], found[at + 3] = users[i] or '', scores[i] or '', claimed[i] or ''
  end
  return found
end

-- Whether all of these seats are held by the user: a pair of theirs, a score that has not passed, and no claim.
local function all_held(found, user, now)
  for at = 0, #found - 3, 3 do
    local score = tonumber(found[at + 2])
    if found[at + 1] ~= user or not score or score <= now or found[at + 3] ~= '' then
      return false
    end
  end
  return true
end

-- The seats as they are: for each its bit, and what holds_of() found.
local function inspect(seats, found)
  local states = {}
  for i, seat in ipairs(seats) do
    local at = 4 * i - 3
    states[at] = call('GETBIT', taken, seat - 1)
    states[at + 1], states[at + 2], states[at + 3] = found[3 * i - 2], found[3 * i - 1], found[3 * i]
  end
  return states
end

-- Those of the seats whose claim is this attempt's, with their claims: nobody else's is ever touched.
local function claimed_by(attempt, seats)
  local mine, details = {}, {}
  local found = call('HMGET', claims, unpack(seats))
  for i, seat in ipairs(seats) do
    if found[i] and string.sub(found[i], 1, #attempt) == attempt then
      mine[#mine + 1] = seat
      details[#details + 1] = found[i]
    end
  end
  return mine, details
end

-- For what a claim is, and whose booking or cancel; nothing if there is no claim, or it is nobody's.
local function claimant(claim)
  return string.match(claim or '', '^[^|]*|([^|]*)|([^|]+)|')
end

-- Whose booking a claim is for; nobody's if it is for something else.
local function booker(claim)
  local kind, user = claimant(claim)
  return kind == 'book' and user or nil
end

-- These holds end now, and count as lately held from now on.
local function count_as_ended(user, seats, now)
  call('ZADD', held_lately(user), 'XX', unpack(scored(seats, now)))
end

local function drop_claims(seats)
  call('HDEL', claims, unpack(seats))
  call('ZREM', settling, unpack(seats))
end
