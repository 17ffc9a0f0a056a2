-- name: find
-- What a key was used for, and what came of it; status 0 while it is under way.
select request, status, body from answered where actor = ?1 and key = ?2;

-- name: take
-- A request with a key begins.
insert into answered (actor, key, request, at, status, body) values (?1, ?2, ?3, ?4, 0, '');

-- name: keep
-- A request with a key was answered.
update answered set status = ?1, body = ?2 where actor = ?3 and key = ?4;

-- name: give_back
-- A request with a key was refused before anything was done.
delete from answered where actor = ?1 and key = ?2;

-- name: forget
-- Answers that are kept long enough go.
delete from answered where at < ?1;
