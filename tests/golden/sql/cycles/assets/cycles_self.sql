select * from cycles_self
