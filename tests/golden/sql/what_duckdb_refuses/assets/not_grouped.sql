select customer_id, status, sum(amount) as total
from raw.orders
group by customer_id
