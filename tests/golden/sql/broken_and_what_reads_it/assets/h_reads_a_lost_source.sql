select * from raw.lost
