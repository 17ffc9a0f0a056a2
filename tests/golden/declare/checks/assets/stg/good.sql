/*---
primary_key: [order_id, line]
columns:
  order_id: bigint!
  status: {type: text, in: [new, paid], severity: warn, sample: 20}
  amount: {between: {min: 0}, not_null: true}
checks:
  - not_null: [order_id, line]
  - unique: order_id
  - unique: [order_id, line]
  - in: {status: [new, paid]}
  - between: {amount: [0, null]}
  - matches: {email: '.+@.+'}
  - references: {customer_id: stg.customers.customer_id}
  - rows: {min: 1, max: 1000}
  - name: no_future_orders
    description: The clock is right.
    sql: SELECT * FROM ${this} WHERE ordered_at > '2030-01-01'
    severity: warn
---*/
SELECT 1 AS order_id
