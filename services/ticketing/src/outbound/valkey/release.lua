-- Release: frees seats that are all held by the user; a settling seat is nobody's to release.
-- ARGV: 2 user, 3… seats.
-- Answers {'not loaded'}, {'released'}, or {'refused', now in Unix ms, what inspect() found of each seat …}.
if not_loaded() then
  return {'not loaded'}
end
local user, seats = ARGV[2], seats_from(3)
local now = now_ms()
local found = inspect(seats)
if not all_held(found, user, now) then
  return {'refused', now, unpack(found)}
end
call('ZREM', holds, unpack(seats))
call('DEL', unpack(pairs_of(seats)))
count_as_ended(user, seats, now)
note_gone(user, seats)
free(seats)
return {'released'}
