SELECT ${var.flag} AS flag, ${var.ratio} AS ratio
