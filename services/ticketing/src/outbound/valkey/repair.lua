-- Repair: seats that are sold in Postgres but free or held here become taken and nothing else, if they are still as
-- they were read: unclaimed, and free or under that same hold.
-- ARGV: from 2 by turns a seat, the holder and the hold's expiry ('' if it was free).
-- Answers how many seats were repaired.
if not_loaded() then
  return 0
end
local repaired, newly = 0, 0
for i = 2, #ARGV, 3 do
  local seat, user, expiry = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  local found = inspect({seat}, holds_of({seat}))
  local free_still = expiry == '' and found[1] == 0 and found[3] == ''
  local held_still = expiry ~= '' and found[2] == user and found[3] == expiry
  if found[4] == '' and (free_still or held_still) then
    call('ZREM', holds, seat)
    call('DEL', pair(seat))
    newly = newly + 1 - call('SETBIT', taken, seat - 1, 1)
    repaired = repaired + 1
  end
end
if repaired > 0 then
  call('HINCRBY', meta, 'repairs', 1)
end
if newly > 0 then
  call('HINCRBY', meta, 'taken', newly)
end
return repaired
