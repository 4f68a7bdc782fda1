-- What the waitlist goes by. Changes nothing.
-- Answers {} if there is no inventory, otherwise {epoch, seats ever freed in it, seats free now}.
if not_loaded() then
  return {}
end
local found = call('HMGET', meta, 'epoch', 'freed', 'capacity', 'taken')
return {found[1], tonumber(found[2]), tonumber(found[3]) - tonumber(found[4])}
