CREATE MACRO age_of(day) AS date_diff('day', day, today())
