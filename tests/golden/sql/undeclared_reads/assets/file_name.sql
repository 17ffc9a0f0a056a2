select * from 'data/a.csv'
