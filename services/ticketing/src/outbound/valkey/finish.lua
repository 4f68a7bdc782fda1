-- Finish bookings: pair, hold and claim of each attempt's seats go, the bit stays. What is booked counts as held no more.
-- ARGV: from 2 for each booking its attempt, whose it is ('' if only the claims tell), how many seats follow, and the seats.
-- Answers for each booking how many seats were finished; nothing if there is no inventory.
if not_loaded() then
  return {}
end
local sold_since = is_limited() and SOLD + now_ms()
local finished, all = {}, {}
local at = 2
while at <= #ARGV do
  local attempt, owner, last = ARGV[at], ARGV[at + 1], at + 2 + tonumber(ARGV[at + 2])
  local seats = seats_from(at + 3, last)
  local mine, claimed = claimed_by(attempt, seats)
  local user = booker(claimed[1])
  if user then
    call('ZREM', held_lately(user), unpack(mine))
  end
  for _, seat in ipairs(mine) do
    all[#all + 1] = seat
  end
  finished[#finished + 1] = #mine
  -- All of them are sold, also those whose claim was lost.
  user = owner ~= '' and owner or user
  if sold_since and user then
    note(user, scored(seats, sold_since))
  end
  at = last + 1
end
if #all > 0 then
  drop_claims(all)
  call('DEL', unpack(pairs_of(all)))
end
return finished
