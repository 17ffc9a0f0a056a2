select 1 as one from shared_a
