/*---
description: The column is wrong below, behind a comment and in another line.
---*/
-- totals
select
  id,
  sum(ammount) as total
from raw.orders
group by id
