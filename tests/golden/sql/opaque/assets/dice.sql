select id, random() as r from raw.orders
