-- Grow: the capacity rises to what Postgres has committed; the new seats count as freed. Never goes down.
-- ARGV: 2 capacity.
-- Answers how many seats are new.
if not_loaded() then
  return 0
end
local before, capacity = tonumber(call('HGET', meta, 'capacity')), tonumber(ARGV[2])
if capacity <= before then
  return 0
end
call('SETBIT', taken, capacity, 0) -- makes the map longer than the capacity
call('HSET', meta, 'capacity', capacity)
call('HINCRBY', meta, 'freed', capacity - before)
return capacity - before
