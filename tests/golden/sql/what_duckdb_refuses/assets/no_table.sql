select o.id, x.amount from raw.orders o
