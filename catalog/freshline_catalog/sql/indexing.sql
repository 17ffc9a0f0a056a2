-- name: add_words
-- Make an entry findable by words.
insert into search_words (rowid, key, name, about, columns, description)
values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: add_trigrams
-- Make an entry findable by parts of words, and by words with a slip in them.
insert into search_trigrams (rowid, text) values (?1, ?2);

-- name: forget_words
-- Let nobody find an entry by words.
delete from search_words where rowid = ?1;

-- name: forget_trigrams
-- Let nobody find an entry by parts of words.
delete from search_trigrams where rowid = ?1;
