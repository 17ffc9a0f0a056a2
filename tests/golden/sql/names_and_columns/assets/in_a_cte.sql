with paid as (select id, amount from raw.orders where statsu = 'paid')
select id, amout from paid
