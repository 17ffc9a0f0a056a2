select 1 as one from two_a
