-- Recount: what an inventory says of itself becomes what its bits say: how many are set, and the hint, below which all are. Both
-- are only ever changed beside the bits, so that they differ after a fault alone, or after a hand that changed them.
-- Answers 1, or 0 if both were right.
if not_loaded() then
  return 0
end
local found = call('HMGET', meta, 'taken', 'hint')
local counted, lowest_free = call('BITCOUNT', taken), call('BITPOS', taken, 0)
if tonumber(found[1]) == counted and (tonumber(found[2]) or lowest_free + 1) <= lowest_free then
  return 0
end
call('HSET', meta, 'taken', counted, 'hint', lowest_free)
return 1
