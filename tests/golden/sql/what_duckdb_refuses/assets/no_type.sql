select id::intt as n from raw.orders
