-- What an asset is written in, and whether it is files: lists are filtered by it.
alter table entry add column language text not null default '';
alter table entry add column is_files integer not null default 0;

-- An older program leaves both as they were, and says of the entry what makes it written anew.
insert into schema_version values (3, 1, 2, unixepoch('subsec'));
