select a.x, b.y
from read_csv('data/a.csv') a,
  Parquet_Scan('data/b.parquet') b, read_json_auto('c.json') c
