-- Drop a deleted event. The lease is taken permanently, so that a load that began before the deletion publishes nothing.
-- ARGV: 2 ms for which the lease is kept.
-- Given back by a thread of the server's own: an event may have a million holds.
call('UNLINK', taken, holds, settling, claims, meta)
call('SET', lease, 'deleted', 'PX', ARGV[2])
return 1
