-- Finish a booking: pair, hold and claim of the attempt's seats go, the bit stays.
-- ARGV: 2 attempt, 3… seats.
-- Answers how many seats were finished.
if no_map() then
  return 0
end
local mine = claimed_by(ARGV[2], seats_from(3))
if #mine > 0 then
  drop_claims(mine)
  call('DEL', unpack(pairs_of(mine)))
end
return #mine
