select 'ä€😀' as e, no_such from raw.orders
