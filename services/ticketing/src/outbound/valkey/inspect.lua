-- Inspect: how seats are at this moment. Changes nothing.
-- ARGV: 2… seats.
-- Answers {'not loaded'} or {'found', now in Unix ms, for each seat its bit, holder, hold's expiry and claim …}.
if not_loaded() then
  return {'not loaded'}
end
local seats = seats_from(2)
return {'found', now_ms(), unpack(inspect(seats, holds_of(seats)))}
