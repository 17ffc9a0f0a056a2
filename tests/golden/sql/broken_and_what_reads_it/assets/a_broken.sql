select nope from raw.orders
