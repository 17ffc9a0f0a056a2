select 1 as one; select 2 as two
