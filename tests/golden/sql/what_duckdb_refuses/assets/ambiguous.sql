select id from raw.orders a join raw.orders b on a.id = b.id
