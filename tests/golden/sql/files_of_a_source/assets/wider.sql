SELECT id, note FROM raw.wider
