select 'paid as status
from raw.orders
