/*---
timeout: 0s
retries: 1000
lifecycle: {stage: certified, replacement: marts.daily}
columns:
  region: {in: ["${secret.regions}"], matches: "${env.FRESHLINE_SECRET_A}"}
---*/
SELECT ${env.NOT_SET_ANYWHERE} AS region, ${secret.a} AS hidden
