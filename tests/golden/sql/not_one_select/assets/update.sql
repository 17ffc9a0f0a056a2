-- careful
update raw.orders set amount = 0
