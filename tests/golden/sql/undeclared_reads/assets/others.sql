select * from glob('*'), query('select 1'), read_text('x'), duckdb_tables(), sniff_csv('x')
