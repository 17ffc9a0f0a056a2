-- name: tables
-- How many tables the file holds, to tell an empty file from somebody else's database.
select count(*) from sqlite_schema where type = 'table';

-- name: version
-- The newest schema in the file, and which versions of the program may use it.
select version, min_reader, min_writer from schema_version order by version desc limit 1;
