select id from raw.orders where id = status
