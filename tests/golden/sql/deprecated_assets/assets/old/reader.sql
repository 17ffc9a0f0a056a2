SELECT id FROM old.orders
