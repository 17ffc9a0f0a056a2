/*---
description: Nothing below.
---*/
