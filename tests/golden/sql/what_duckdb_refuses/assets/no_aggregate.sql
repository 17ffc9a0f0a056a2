select id, summ(amount) over () as s from raw.orders
