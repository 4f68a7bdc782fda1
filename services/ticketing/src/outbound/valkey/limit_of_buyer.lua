-- Limit of a buyer: how many seats one user may hold and have, and how many this one holds and has. Changes nothing.
-- ARGV: 2 user.
-- Answers {'not loaded'}, {'no limit'}, {'not noted', now in Unix ms} if note_tickets.lua must run first, or {'limit', how many one
-- may have, how many this one has}.
if not_loaded() then
  return {'not loaded'}
end
local most, bought, now = tonumber(call('HGET', meta, 'limit') or 0), buyer(ARGV[2]), now_ms()
if most == 0 then
  return {'no limit'}
elseif not call('ZSCORE', bought, noted()) then
  return {'not noted', now}
end
return {'limit', most, call('ZCOUNT', bought, '(' .. now, '+inf')}
