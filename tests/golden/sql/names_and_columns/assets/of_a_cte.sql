with paid as (select id, amount from raw.orders where status = 'paid')
select p.id, p.amout from paid p
