-- Claim for booking: seats that are all held by the user become settling under an attempt, so that no time runs out
-- under the booking; the claim keeps what giving back needs.
-- ARGV: 2 user, 3 attempt, 4 ms until the claim is overdue, 5… seats.
-- Answers {'not loaded'}, {'claimed'}, or {'refused', now in Unix ms, what inspect() found of each seat …}.
if not_loaded() then
  return {'not loaded'}
end
local user, attempt, seats = ARGV[2], ARGV[3], seats_from(5)
local now = now_ms()
local found = holds_of(seats)
if not all_held(found, user, now) then
  return {'refused', now, unpack(inspect(seats, found))}
end

local deadline = now + tonumber(ARGV[4])
local claimed = {}
for i, seat in ipairs(seats) do
  claimed[2 * i - 1] = seat
  claimed[2 * i] = attempt .. '|book|' .. user .. '|' .. found[3 * i - 1]
end
call('ZREM', holds, unpack(seats))
call('ZADD', settling, unpack(scored(seats, deadline)))
call('HSET', claims, unpack(claimed))
if is_limited() then
  note(user, scored(seats, SETTLING))
end
return {'claimed'}
