-- Keys that make a repeat safe, for scripts whose effect is in Valkey: the script that has the effect keeps what it answers, under the
-- key of the request, so that both are there or neither. An answer expires on its own, and is lost together with its effect.
-- ARGV from `first` on: the digest of the key ('' or nothing: the request has none), the digest of what is asked, for how many ms
-- the answer is kept.

local DIGEST_LENGTH = 32
-- A refusal has no effect that could be repeated, so no more than this many are kept of a user and event in that time.
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

-- Keeps what the script answers for what it has done.
local function keep(first, answer)
  local key = kept_as(first)
  if key then
    call('SET', key, ARGV[first + 1] .. cmsgpack.pack(answer), 'PX', ARGV[first + 2])
  end
  return answer
end

-- Keeps what the script answers for why nothing was done.
local function keep_refusal(first, user, answer)
  if kept_as(first) then
    local refusals = key_of('refusals:' .. user)
    local count = call('INCR', refusals)
    if count == 1 then
      call('PEXPIRE', refusals, ARGV[first + 2])
    end
    if count <= REFUSALS_KEPT then
      keep(first, answer)
    end
  end
  return answer
end
