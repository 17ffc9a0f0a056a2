CREATE MACRO misspelt(x) AS
    lowr(x);
CREATE MACRO upon_it(x) AS misspelt(x) || '!';
CREATE MACRO newest() AS (SELECT max(id) FROM raw.people);
CREATE MACRO lower(x) AS x;
