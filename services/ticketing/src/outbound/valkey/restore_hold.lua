-- Restore: the booking surely failed, so the attempt's seats are held again as they were, or free if that time has
-- passed.
-- ARGV: 2 attempt, 3… seats.
-- Answers how many seats were restored.
if not_loaded() then
  return 0
end
local mine, details = claimed_by(ARGV[2], seats_from(3))
if #mine == 0 then
  return 0
end
drop_claims(mine)
local now = now_ms()
local restored, late = {}, {}
for i, seat in ipairs(mine) do
  local user, expiry = string.match(details[i], '^[^|]*|[^|]*|([^|]*)|(%d+)$')
  if expiry and tonumber(expiry) > now then
    restored[#restored + 1], restored[#restored + 2] = expiry, seat
    call('SET', pair(seat), user, 'PXAT', expiry)
  else
    late[#late + 1] = seat
  end
end
local user = booker(details[1])
if #restored > 0 then
  call('ZADD', holds, unpack(restored))
  if is_limited() then
    note(user, restored)
  end
end
if #late > 0 then
  call('DEL', unpack(pairs_of(late)))
  free(late)
  if user then
    note_gone(user, late)
  end
end
return #mine
