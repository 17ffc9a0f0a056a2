-- ${nothing} in a comment, /* not even ${here} */
SELECT '$${price}' AS price, $$ {x} $$ AS quote /* ${var.nope} */
FROM stg.orders WHERE amount IN (${var.min_amount},${var.min_amount})
