select id, ${var.state} as state, ${var.least} + amont as n from raw.orders
