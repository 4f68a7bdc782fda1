-- The claims that are overdue, for the janitor. Changes nothing.
-- ARGV: 2 at most how many.
-- Answers by turns a seat and its claim.
local answer = {}
local seats = call('ZRANGE', settling, '-inf', now_ms(), 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
if #seats > 0 then
  local found = call('HMGET', claims, unpack(seats))
  for i, seat in ipairs(seats) do
    if found[i] then
      answer[#answer + 1] = tonumber(seat)
      answer[#answer + 1] = found[i]
    end
  end
end
return answer
