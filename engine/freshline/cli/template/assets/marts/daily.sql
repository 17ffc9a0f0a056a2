/*---
description: What the roastery sold, day by day.
primary_key: [order_date]
checks:
  - name: every_order_counts
    description: Every order that was not cancelled is part of some day.
    sql: |
      SELECT counted, placed
      FROM
        (SELECT sum(orders) AS counted FROM ${this}),
        (SELECT count(*) AS placed FROM staging.orders WHERE status <> 'cancelled')
      WHERE counted <> placed
---*/

SELECT
    order_date,
    count(*) AS orders,
    sum(kilograms) AS kilograms,
    sum(amount) AS revenue
FROM staging.orders
WHERE status <> 'cancelled'
GROUP BY order_date
ORDER BY order_date
