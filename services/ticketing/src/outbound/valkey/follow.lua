-- Follow: the capacity rises to what Postgres has committed, and the terms of the sale are those of Postgres. The new seats count as
-- freed; neither ever goes back to older ones. A load that is under way may have read older terms: it must not publish them after
-- those who changed them have their answer, so it loses its lease and is begun again.
-- ARGV: 2 capacity, 3… the terms, as set_terms() reads them.
-- Answers how many seats are new.
if not_loaded() then
  if call('GET', lease) ~= 'deleted' then
    call('DEL', lease)
  end
  return 0
end
set_terms(3)
local before, capacity = tonumber(call('HGET', meta, 'capacity')), tonumber(ARGV[2])
if capacity <= before then
  return 0
end
call('SETBIT', taken, capacity, 0) -- makes the map longer than the capacity
call('HSET', meta, 'capacity', capacity)
call('HINCRBY', meta, 'freed', capacity - before)
return capacity - before
