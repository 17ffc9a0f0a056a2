SELECT * FROM m.broken
