SELECT id, built_at FROM v.stamps
