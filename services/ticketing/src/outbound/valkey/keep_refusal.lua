-- Keep why a release was refused, if it was not answered before: the refusal is judged outside of Valkey.
-- ARGV: 2 the request's key, 3 user, 4 the refusal.
-- Answers {the refusal}, or what was answered before.
if before then
  return before
end
local answer = {ARGV[4]}
-- Anybody can make up events without an inventory, as many as they like: nothing is kept of these.
if not_loaded() then
  return answer
end
keep_refusal(ARGV[3], answer)
return answer
