-- Claim what looks sold (taken, neither held nor claimed), for a cancel or for a check by the reconciler: until the
-- claim is settled nobody else touches the seat.
-- ARGV: 2 attempt, 3 kind (cancel or check), 4 whose cancel it is ('' for a check), 5 ms until the claim is overdue, 6… seats.
-- Answers the seats that were claimed.
if not_loaded() then
  return {}
end
local attempt, kind, user, seats = ARGV[2], ARGV[3], ARGV[4], seats_from(6)
local scores = call('ZMSCORE', holds, unpack(seats))
local claimed = call('HMGET', claims, unpack(seats))
local deadline = now_ms() + tonumber(ARGV[5])
local mine = {}
for i, seat in ipairs(seats) do
  if call('GETBIT', taken, seat - 1) == 1 and not scores[i] and not claimed[i] then
    mine[#mine + 1] = seat
    call('ZADD', settling, deadline, seat)
    call('HSET', claims, seat, attempt .. '|' .. kind .. '|' .. user .. '|')
  end
end
return mine
