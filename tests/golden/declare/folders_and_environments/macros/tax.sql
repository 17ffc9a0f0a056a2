-- What is due, and what is left.
CREATE MACRO net(amount) AS amount / 1.19;
CREATE OR REPLACE MACRO "Gross"(amount, rate := ';') AS amount * 1.19;
CREAT MACRO slip(a) AS a;
CREATE TABLE t (a INT);
CREATE MACRO stg.placed(a) AS a;
CREATE TEMP MACRO fleeting(a) AS a;
CREATE MACRO IF NOT EXISTS perhaps(a) AS a;
CREATE MACRO nothing;
CREATE MACRO unfinished(a, b;
CREATE MACRO reading(a) AS a + ${var.folder}
