-- Keep that a release is done where nothing of it is held any more, if the key was not answered before: what is held there later is not
-- the release's.
-- ARGV: 2 the request's key, 3 user.
-- Answers {'released'}, or what was answered before.
if before then
  return before
end
if not not_loaded() then
  keep(ARGV[3], {'released'})
end
return {'released'}
