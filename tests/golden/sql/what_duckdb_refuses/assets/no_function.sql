select id, uper(status) as s from raw.orders
