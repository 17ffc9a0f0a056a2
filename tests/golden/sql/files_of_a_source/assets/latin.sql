SELECT name FROM raw.latin
