/*---
columns:
  order_id: varchar
  n: integer
  total: integer
---*/
select 1 as order_id, 2 as n, 3 as totals
