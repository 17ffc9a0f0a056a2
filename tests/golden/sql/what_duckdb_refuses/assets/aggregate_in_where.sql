select id from raw.orders where sum(amount) > 1
