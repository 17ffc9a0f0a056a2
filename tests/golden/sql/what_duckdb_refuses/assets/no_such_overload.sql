select date_trunc('month', status) as m from raw.orders
