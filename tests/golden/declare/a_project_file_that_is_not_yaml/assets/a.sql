SELECT ${var.a} AS a
