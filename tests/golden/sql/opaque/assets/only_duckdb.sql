select x'AA' as bytes, id from raw.orders
