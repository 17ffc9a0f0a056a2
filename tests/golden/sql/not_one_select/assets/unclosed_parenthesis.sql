select id
from raw.orders
where (status = 'paid'
