-- Publish a loaded inventory: only while the lease is still the load's own and there is no inventory. What is left of holds and
-- claims is of the inventory that was lost.
-- ARGV: 2 nonce of the lease, 3 epoch, 4 capacity, 5 number of sold seats, 6 the bitmap, 7… the terms, as set_terms() reads them.
-- Answers 1, or 0 if it was not published.
if call('GET', lease) ~= ARGV[2] then
  return 0
end
if not not_loaded() then
  call('DEL', lease)
  return 0
end
call('SET', taken, ARGV[6])
call('SETBIT', taken, ARGV[4], 0) -- makes the map longer than the capacity
call('UNLINK', holds, settling, claims, lease)
call('HSET', meta, 'epoch', ARGV[3], 'capacity', ARGV[4], 'taken', ARGV[5], 'freed', 0, 'hint', 0)
set_terms(7)
return 1
