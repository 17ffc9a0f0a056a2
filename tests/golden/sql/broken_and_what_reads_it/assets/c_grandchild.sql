select * from b_child join e_fine using (id)
