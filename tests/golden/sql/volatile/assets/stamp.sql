SELECT
  1 AS id,
  now() AS built_at
