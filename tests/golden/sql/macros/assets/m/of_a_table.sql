SELECT * FROM first_of(3)
