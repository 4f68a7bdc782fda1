-- The lease of a load lasts so long from now, if it is the load's own still; 0 ends it.
-- ARGV: 2 nonce of the lease, 3 milliseconds.
if call('GET', lease) ~= ARGV[2] then
  return 0
end
return call('PEXPIRE', lease, ARGV[3])
