select status - 1 as m from raw.orders
