-- Audit: what an inventory says of itself. Changes nothing.
-- Answers {} if there is no inventory, otherwise {capacity, taken seats as counted, set bits, holds, settling seats, claims}.
if not_loaded() then
  return {}
end
local found = call('HMGET', meta, 'capacity', 'taken')
return {
  tonumber(found[1]), tonumber(found[2]), call('BITCOUNT', taken),
  call('ZCARD', holds), call('ZCARD', settling), call('HLEN', claims),
}
