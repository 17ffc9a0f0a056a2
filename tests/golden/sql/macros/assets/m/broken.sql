SELECT upon_it(name) AS broken FROM raw.people
