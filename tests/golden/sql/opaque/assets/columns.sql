/*---
description: star with a pattern
---*/
select columns('.*id') from raw.orders
