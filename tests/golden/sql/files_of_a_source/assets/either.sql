SELECT id, total FROM raw.either
