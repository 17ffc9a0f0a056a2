SELECT '%${var.pattern}%' AS a, "${var.pattern}" AS b, $q$ ${var.pattern} $q$ AS c,
  E'it\'s ${var.pattern}' AS d, t_${var.pattern}.e, 1.${var.min_amount}, 'x'${var.pattern},
  ${var.min_amont}, ${pattern}, ${var.later}, ${env.NOT_SET_ANYWHERE}, ${this}, ${var.pattern
FROM stg.orders
