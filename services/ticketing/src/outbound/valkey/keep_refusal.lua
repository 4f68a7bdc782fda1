-- Keep why a release was refused, if it was not answered before: the refusal is judged outside of Valkey.
-- ARGV: 2 user, 3 to 5 the request's key, as answers.lua reads it, 6 the refusal.
-- Answers {the refusal}, or what answered_before() says.
return answered_before(3) or keep_refusal(3, ARGV[2], {ARGV[6]})
