select id, status ~ 'p' as p from raw.orders
