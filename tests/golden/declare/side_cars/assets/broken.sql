SELECT ${var.x} AS one
