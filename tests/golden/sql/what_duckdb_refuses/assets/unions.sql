select id, amount from raw.orders union all select id from raw.orders
