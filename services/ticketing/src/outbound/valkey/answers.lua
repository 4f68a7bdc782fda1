-- Keys that make a repeat safe, for scripts whose effect is in Valkey: the script that has the effect keeps what it answers, under the
-- key of the request, so that both are there or neither. An answer expires on its own, and is lost together with its effect.
-- ARGV[2]: the digest of the key and the digest of what is asked, 32 characters each; '' if the request has no key, and then nothing
-- of this is made.

local KEPT_FOR_MS = 86400000
-- The room that one user can take up: so many answers of an event are kept in that time. Whoever has as many reserves no more with a
-- key until then, and releases seats without it being kept.
local ANSWERS_KEPT = 1000
-- A refusal has no effect that could be done twice, so fewer of them are kept; further ones are judged again.
local REFUSALS_KEPT = 16

-- What the request was answered before: {'again', the answer …}, {'other request'} if the key was used for another one, or nothing.
local before
-- Keep what the script answers for what it has done, and for why nothing was done.
local keep, keep_refusal
-- For how many ms the user has no room for another answer; nothing if there is room.
local no_room_for
if ARGV[2] ~= '' then
  local key, asked = key_of('key:' .. string.sub(ARGV[2], 1, 32)), string.sub(ARGV[2], 33)
  local kept = call('GET', key)
  if kept and string.sub(kept, 1, 32) ~= asked then
    before = {'other request'}
  elseif kept then
    before = {'again', unpack(cmsgpack.unpack(string.sub(kept, 33)))}
  end

  local function keep_in(count, most, answer)
    local number = call('INCR', count)
    if number == 1 then
      call('PEXPIRE', count, KEPT_FOR_MS)
    end
    if number <= most then
      call('SET', key, asked .. cmsgpack.pack(answer), 'PX', KEPT_FOR_MS)
    end
  end

  keep = function(user, answer)
    keep_in(key_of('kept:' .. user), ANSWERS_KEPT, answer)
  end

  keep_refusal = function(user, answer)
    keep_in(key_of('refusals:' .. user), REFUSALS_KEPT, answer)
  end

  no_room_for = function(user)
    local count = key_of('kept:' .. user)
    return tonumber(call('GET', count) or 0) >= ANSWERS_KEPT and call('PTTL', count)
  end
end
