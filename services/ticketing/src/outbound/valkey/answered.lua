-- What a request was answered before.
-- ARGV: 2 the request's key.
-- Answers {'nothing'}, or what was answered before.
return before or {'nothing'}
