-- Finish a booking: pair, hold and claim of the attempt's seats go, the bit stays. What is booked counts as held no more.
-- ARGV: 2 attempt, 3… seats.
-- Answers how many seats were finished.
if not_loaded() then
  return 0
end
local mine, claimed = claimed_by(ARGV[2], seats_from(3))
if #mine > 0 then
  local user = booker(claimed[1])
  if user then
    call('ZREM', held_lately(user), unpack(mine))
  end
  drop_claims(mine)
  call('DEL', unpack(pairs_of(mine)))
end
return #mine
