select * from a_broken
