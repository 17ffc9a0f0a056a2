SELECT id, id + 1 AS next FROM above
