-- ExpireHolds: takes back holds whose time has passed.
-- ARGV: 2 at most how many.
-- Answers {holds taken back, holds that are left, settling seats}.
if not_loaded() then
  return {0, 0, 0}
end
local ended = expire_holds(now_ms(), tonumber(ARGV[2]))
return {ended, call('ZCARD', holds), call('ZCARD', settling)}
