SELECT name FROM raw.told
