-- Release: frees seats that are all held by the user; a settling seat is nobody's to release.
-- ARGV: 2 the request's key, 3 user, 4… seats.
-- Answers {'not loaded'}, {'refused', now in Unix ms, what inspect() found of each seat …}, both of which keep_refusal.lua keeps when
-- it is clear what they mean, {'released'}, or what it answered before.
if before then
  return before
end
if not_loaded() then
  return {'not loaded'}
end
local user, seats = ARGV[3], seats_from(4)
local now = now_ms()
local found = holds_of(seats)
if not all_held(found, user, now) then
  return {'refused', now, unpack(inspect(seats, found))}
end
call('ZREM', holds, unpack(seats))
call('DEL', unpack(pairs_of(seats)))
count_as_ended(user, seats, now)
note_gone(user, seats)
free(seats)
local answer = {'released'}
if keep then
  keep(user, answer)
end
return answer
