select * from (
  pivot raw.orders on status using sum(amount)
)
