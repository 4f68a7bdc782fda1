-- Release: frees seats that are all held by the user; a settling seat is nobody's to release.
-- ARGV: 2 user, 3 to 5 the request's key, as answers.lua reads it, 6… seats.
-- Answers {'not loaded'}, {'refused', now in Unix ms, what inspect() found of each seat …}, both of which keep_refusal.lua keeps when
-- it is clear what they mean, {'released'}, or what answered_before() says.
local KEY = 3
local before = answered_before(KEY)
if before then
  return before
end
if not_loaded() then
  return {'not loaded'}
end
local user, seats = ARGV[2], seats_from(6)
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
return keep(KEY, user, {'released'})
