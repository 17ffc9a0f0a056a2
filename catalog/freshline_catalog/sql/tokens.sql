-- name: create
-- Keep a token, unless a live one has its name.
insert into token (hash, project, environment, name, actor, scopes, selection, created, expires)
select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
where not exists (
  select 1 from token
  where project = ?2 and environment = ?3 and name = ?4 and revoked is null and expires > ?8
)
returning number;

-- name: all
-- All tokens of an environment, by name, the newest of a name first.
select name, actor, scopes, selection, created, expires, seen, revoked from token
where project = ?1 and environment = ?2 order by name, number desc;

-- name: find
-- What a secret stands for.
select name, actor, scopes, selection, created, expires, seen, revoked from token
where hash = ?1 and project = ?2 and environment = ?3;

-- name: touch
-- A token was used.
update token set seen = ?1 where hash = ?2;

-- name: revoke
-- End the live token of a name.
update token set revoked = ?4
where project = ?1 and environment = ?2 and name = ?3 and revoked is null and expires > ?4
returning number;
