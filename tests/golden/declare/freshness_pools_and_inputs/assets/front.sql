/*---
inputs:
  a.good: {trigger: false}
refresh: 15m
---*/
SELECT one FROM a.good
