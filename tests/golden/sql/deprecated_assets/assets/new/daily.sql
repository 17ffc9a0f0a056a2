/*---
description: Reads what will go.
checks:
- references: {id: old.reader.id}
---*/
SELECT id -- of old.orders
FROM old.orders
JOIN new.fading USING (id)
