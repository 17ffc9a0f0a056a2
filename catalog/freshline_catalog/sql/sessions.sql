-- name: begin
-- A session begins.
insert into session (hash, actor, role, created, seen, expires) values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: find
-- Who holds a session that lasts still at ?2, and was used since ?3.
select actor, role, seen from session where hash = ?1 and expires > ?2 and seen > ?3;

-- name: touch
-- A session was used.
update session set seen = ?1 where hash = ?2;

-- name: end
-- A session ends.
delete from session where hash = ?1;

-- name: forget_ended
-- Sessions that have ended by themselves go.
delete from session where expires <= ?1 or seen <= ?2;
