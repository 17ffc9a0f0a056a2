CREATE MACRO euros(cents) AS round(cents / 100, 2);

CREATE MACRO half(x) AS x / 2;
