-- name: add_words
-- Index the words of an entry.
insert into search_words (rowid, key, name, about, columns, description)
values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: forget_words
-- Take an entry out of the index.
delete from search_words where rowid = ?1;

-- name: add_names
-- Note names of columns, a JSON array, and return those that are new.
insert or ignore into column_name (name) select value from json_each(?1) returning id, name;

-- name: add_name_words
-- Index the words of a column's name.
insert into search_columns (rowid, words) values (?1, ?2);

-- name: add_terms
-- Note words and names for typos, a JSON array, and return those that are new.
insert or ignore into search_term (text) select value from json_each(?1) returning id, text;

-- name: add_trigrams
-- Index the trigrams of a term.
insert into search_trigrams (rowid, text) values (?1, ?2);

-- name: matching
-- The entries that an expression finds.
select rowid from search_words where search_words match ?1;

-- name: entries_with_column
-- The entries that have a column of one of these names, a JSON array, whatever their case.
select distinct c.entry_id from json_each(?1) n
cross join entry_column c on c.name = n.value collate nocase;

-- name: entries_with_column_words
-- The entries that have a column whose name an expression finds.
select distinct c.entry_id from search_columns s
cross join column_name n on n.id = s.rowid
cross join entry_column c on c.name = n.name collate nocase and c.name = n.name
where s.search_columns match ?1;

-- name: column_names
-- The names of columns that an expression finds.
select n.name from search_columns s cross join column_name n on n.id = s.rowid
where s.search_columns match ?1;

-- name: column_names_spelled
-- The names of columns that are one of these, a JSON array, but for their case.
select n.name from json_each(?1) j cross join column_name n on n.name = j.value collate nocase;

-- name: column_names_all
-- Every name that a column has or had.
select name from column_name;

-- name: columns_named
-- The columns of these names, a JSON array, wherever they are.
select c.entry_id, c.name from json_each(?1) n
cross join entry_column c on c.name = n.value collate nocase and c.name = n.value;

-- name: entries_named
-- For each column of these names, a JSON array, the entry that it belongs to.
select c.entry_id from json_each(?1) n
cross join entry_column c on c.name = n.value collate nocase and c.name = n.value;

-- name: like_trigrams
-- The terms that share most trigrams.
select text from search_trigrams where search_trigrams match ?1 order by rank limit ?2;

-- name: like_beginning
-- The terms that begin alike and are about as long.
select text from search_term where text >= ?1 and text < ?2 and length(text) between ?3 and ?4
limit ?5;

-- name: columns_of
-- The columns of these entries, a JSON array of their numbers.
select entry_id, name, type, description from entry_column
where entry_id in (select value from json_each(?1)) order by entry_id, position;

-- name: descriptions_of
-- What is said of these entries, a JSON array of their numbers.
select id, json_extract(body, '$.description') from entry
where id in (select value from json_each(?1));
