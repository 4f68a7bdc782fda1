-- Settle an attempt by what Postgres says: a sold seat keeps its bit and nothing else, an unsold one is free.
-- ARGV: 2 the key of the request that releases the seats, 3 attempt, then by turns a seat and whether it is sold (1 or 0).
-- Answers the seats that were settled: those whose claim was still the attempt's. If that is all of them, that they are released is
-- kept with the key. If the key was answered before, no seat is settled: a request that comes late has claimed holds of a later time.
if before or not_loaded() then
  return {}
end
local seats, sold = {}, {}
for i = 4, #ARGV, 2 do
  local seat = tonumber(ARGV[i])
  seats[#seats + 1] = seat
  sold[seat] = ARGV[i + 1] == '1'
end
local mine, claimed = claimed_by(ARGV[3], seats)
if #mine == 0 then
  return mine
end
drop_claims(mine)
call('DEL', unpack(pairs_of(mine)))
local unsold, still_sold = {}, {}
for _, seat in ipairs(mine) do
  local which = sold[seat] and still_sold or unsold
  which[#which + 1] = seat
end
free(unsold)
local kind, user = claimant(claimed[1])
if user and #unsold > 0 then
  if kind == 'book' then
    count_as_ended(user, unsold, now_ms())
  end
  note_gone(user, unsold)
end
-- A seat that was held and is sold was lost here: whoever owns it, what was noted of them lacks it.
if kind == 'book' and #still_sold > 0 then
  call('HINCRBY', meta, 'repairs', 1)
end
if keep and user and #mine == #seats then
  keep(user, {'released'})
end
return mine
