/*---
checks:
  - name: as_many_as_the_broken_one
    sql: |
      SELECT one.n
      FROM (SELECT count(*) AS n FROM ${this}) AS one, broken
---*/
SELECT id FROM raw.orders
