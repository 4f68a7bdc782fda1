-- Look: how seats are at this moment. Changes nothing.
-- ARGV: 2… seats.
-- Answers {'no map'} or {'found', now in Unix ms, for each seat its bit, holder, hold's expiry and claim …}.
if no_map() then
  return {'no map'}
end
return {'found', now_ms(), unpack(look(seats_from(2)))}
