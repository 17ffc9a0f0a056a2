select o.id, o.custmer_id, amount
from raw.orders o
