select 1 as one from raw.orders, raw.orders
