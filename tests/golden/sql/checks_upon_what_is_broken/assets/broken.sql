SELECT nope FROM raw.orders
