-- Note tickets: makes what is noted of a buyer for the limit of a buyer again, from what Postgres said of their tickets and from
-- their holds and claims here.
-- ARGV: 2 user, 3 the Unix ms, by this clock, after which Postgres was asked, 4… the seats of the user's tickets.
-- Answers 1, or 0 if there is no inventory.

-- After a failover the clock is another one, and what was sold after Postgres was asked may look older than that. Clocks that
-- differ by less than this lose nothing.
local CLOCKS_DIFFER_MS = 5000

-- Seats that are looked at: more than any limit, and than one booking may have.
local CANDIDATES_MAX = 1000

if not_loaded() then
  return 0
end
local user, asked, sold = ARGV[2], tonumber(ARGV[3]), seats_from(4)
local bought = buyer(user)
-- Sold after Postgres was asked, which may not have known of it.
local since = string.format('%.0f', SOLD + asked - CLOCKS_DIFFER_MS)
local newer = call('ZRANGE', bought, since, '+inf', 'BYSCORE', 'WITHSCORES')
local candidates = call('ZRANGE', bought, string.format('%.0f', SETTLING), string.format('%.0f', SETTLING), 'BYSCORE')
call('DEL', bought)
local now = now_ms()
for _, seat in ipairs(call('ZRANGE', held_lately(user), '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, CANDIDATES_MAX)) do
  candidates[#candidates + 1] = seat
end
for _, seat in ipairs(candidates) do
  local expiry = tonumber(call('ZSCORE', holds, seat) or 0)
  if expiry > now and call('GET', pair(tonumber(seat))) == user then
    call('ZADD', bought, expiry, seat)
  elseif booker(call('HGET', claims, seat)) == user then
    call('ZADD', bought, SETTLING, seat)
  end
end
for _, seat in ipairs(sold) do
  call('ZADD', bought, SOLD + asked, seat)
end
for i = 1, #newer, 2 do
  call('ZADD', bought, 'GT', newer[i + 1], newer[i])
end
call('ZADD', bought, -asked, noted())
call('PEXPIRE', bought, NOTED_FOR_MS)
return 1
