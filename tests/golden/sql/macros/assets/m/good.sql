SELECT id, greeting(name) AS hi FROM raw.people
