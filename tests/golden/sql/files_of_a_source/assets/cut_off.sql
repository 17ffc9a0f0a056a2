SELECT name FROM raw.cut_off
