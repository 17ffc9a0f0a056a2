select 'tottal' as label, id as tottal_id, tottal from raw.orders
