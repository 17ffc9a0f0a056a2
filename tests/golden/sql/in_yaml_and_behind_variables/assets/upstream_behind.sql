select ${var.least} as n from raw.orders, raw.ordres
