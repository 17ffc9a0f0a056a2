select 1 as one from three_a
