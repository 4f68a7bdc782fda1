-- What took place at second 0 stays at second 1: an older release takes both.
SELECT;
