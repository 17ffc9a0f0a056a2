select 1 as one from shared_b, shared_c
