-- Finish a booking: pair, hold and claim of the attempt's seats go, the bit stays. What is booked counts as held no more.
-- ARGV: 2 attempt, 3 whose booking it is ('' if only the claims tell), 4… seats.
-- Answers how many seats were finished.
if not_loaded() then
  return 0
end
local seats = seats_from(4)
local mine, claimed = claimed_by(ARGV[2], seats)
if #mine > 0 then
  local user = booker(claimed[1])
  if user then
    call('ZREM', held_lately(user), unpack(mine))
  end
  drop_claims(mine)
  call('DEL', unpack(pairs_of(mine)))
end
-- All of them are sold, also those whose claim was lost.
local user = ARGV[3] ~= '' and ARGV[3] or booker(claimed[1])
if user then
  note(user, scored(seats, SOLD + now_ms()))
end
return #mine
