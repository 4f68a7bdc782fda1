-- Drop a deleted event. The lease is taken for good, so that a rebuild that began before the deletion publishes nothing.
-- ARGV: 2 ms for which the lease is kept.
call('DEL', taken, holds, settling, claims, meta)
call('SET', lease, 'deleted', 'PX', ARGV[2])
return 1
