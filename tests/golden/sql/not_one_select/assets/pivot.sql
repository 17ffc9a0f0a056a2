pivot raw.orders on status in ('paid') using count(*)
