-- What we do to names.
CREATE MACRO greeting(who) AS 'hello ' || tidy(who);
CREATE MACRO tidy(x) AS lower(trim(x));
CREATE MACRO first_of(x) AS TABLE SELECT x AS only;
