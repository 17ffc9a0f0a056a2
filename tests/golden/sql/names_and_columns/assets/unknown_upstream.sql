select * from raw.oders join raw.customers using (id)
