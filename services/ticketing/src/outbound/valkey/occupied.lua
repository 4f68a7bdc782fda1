-- How many seats are sold, settling or held; a hold whose time has passed counts as free. Changes nothing.
-- Answers the number, or -1 if there is no inventory.
if not_loaded() then
  return -1
end
return tonumber(call('HGET', meta, 'taken')) - call('ZCOUNT', holds, '-inf', now_ms())
