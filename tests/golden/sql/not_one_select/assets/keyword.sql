select id
form raw.orders
where id = 1 2
