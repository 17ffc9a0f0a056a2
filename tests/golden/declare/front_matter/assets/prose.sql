/*--- the orders ---*/
SELECT 1 AS one
