select * from a_broken join f_broken using (id)
