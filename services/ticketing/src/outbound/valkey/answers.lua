-- Keys that make a repeat safe, for scripts whose effect is in Valkey: the script that has the effect keeps what it answers, under the
-- key of the request, so that both are there or neither. An answer expires on its own, and is lost together with its effect.
-- ARGV from `first` on: the digest of the key ('' or nothing: the request has none), the digest of what is asked, for how many ms
-- the answer is kept.

local DIGEST_LENGTH = 32
-- The room that one user can take up: so many answers of an event are kept in that time. Whoever has as many reserves no more with a
-- key until then, and releases seats without it being kept.
local ANSWERS_KEPT = 1000
-- A refusal has no effect that could be done twice, so fewer of them are kept; further ones are judged again.
local REFUSALS_KEPT = 16

local function kept_as(first)
  return ARGV[first] and ARGV[first] ~= '' and key_of('key:' .. ARGV[first])
end

-- What the request was answered before: {'again', the answer …}, {'other request'} if the key was used for another one, or nothing.
local function answered_before(first)
  local key = kept_as(first)
  local kept = key and call('GET', key)
  if not kept then
    return nil
  elseif string.sub(kept, 1, DIGEST_LENGTH) ~= ARGV[first + 1] then
    return {'other request'}
  end
  return {'again', unpack(cmsgpack.unpack(string.sub(kept, DIGEST_LENGTH + 1)))}
end

-- For how many ms the user has no room for another answer; nothing if there is room, or the request has no key.
local function no_room_for(first, user)
  local count = key_of('kept:' .. user)
  if kept_as(first) and tonumber(call('GET', count) or 0) >= ANSWERS_KEPT then
    return call('PTTL', count)
  end
end

-- Keeps an answer, if the user has room for one more in this count.
local function keep_in(count, most, first, answer)
  local key = kept_as(first)
  if key then
    local kept = call('INCR', count)
    if kept == 1 then
      call('PEXPIRE', count, ARGV[first + 2])
    end
    if kept <= most then
      call('SET', key, ARGV[first + 1] .. cmsgpack.pack(answer), 'PX', ARGV[first + 2])
    end
  end
  return answer
end

-- Keeps what the script answers for what it has done.
local function keep(first, user, answer)
  return keep_in(key_of('kept:' .. user), ANSWERS_KEPT, first, answer)
end

-- Keeps what the script answers for why nothing was done.
local function keep_refusal(first, user, answer)
  return keep_in(key_of('refusals:' .. user), REFUSALS_KEPT, first, answer)
end
