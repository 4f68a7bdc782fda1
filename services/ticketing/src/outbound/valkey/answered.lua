-- What a request was answered before.
-- ARGV: 2 to 4 the request's key, as answers.lua reads it.
-- Answers {'nothing'}, or what answered_before() says.
return answered_before(2) or {'nothing'}
