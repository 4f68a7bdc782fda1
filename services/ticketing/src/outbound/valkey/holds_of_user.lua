-- What a user holds of the event, and what they are just booking of it. Changes nothing.
-- ARGV: 2 user, 3 how many seats at most, those that end first.
-- Answers the end of each hold in Unix ms and its seat, by turns; nothing if there is no inventory.
if not_loaded() then
  return {}
end
local user, now = ARGV[2], now_ms()
local seats = call('ZRANGE', held_lately(user), '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[3])
local answer = {}
if #seats == 0 then
  return answer
end
-- The set only names candidates: a seat may have been booked, or lost and given to somebody else. The pair and the hold, or
-- the claim for a booking, which keeps the end of its hold, say what is so.
local found = holds_of(seats)
for i, seat in ipairs(seats) do
  local at = 3 * i - 2
  local ends = tonumber(found[at + 1]) or tonumber(string.match(found[at + 2], '|(%d+)$'))
  if found[at] == user and ends and ends > now then
    answer[#answer + 1], answer[#answer + 2] = ends, tonumber(seat)
  end
end
return answer
