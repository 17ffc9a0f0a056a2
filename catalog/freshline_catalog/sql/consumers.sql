-- name: all
-- The consumers of one environment.
select name, selection, position, actor, updated from consumer
where project = ?1 and environment = ?2 order by name;

-- name: one
-- A consumer by its name.
select name, selection, position, actor, updated from consumer
where project = ?1 and environment = ?2 and name = ?3;

-- name: put
-- A consumer begins, or goes on with another selection and, where one is given, at another place.
insert into consumer (name, project, environment, selection, position, actor, updated)
values (?3, ?1, ?2, ?4, coalesce(?5, (select coalesce(max(id), 0) from event)), ?6, ?7)
on conflict (project, environment, name) do update set
  selection = excluded.selection, position = coalesce(?5, position), actor = excluded.actor,
  updated = excluded.updated;

-- name: ack
-- A consumer has read up to a place; it never goes back.
update consumer set position = max(position, ?4), updated = ?5
where project = ?1 and environment = ?2 and name = ?3;

-- name: drop
-- A consumer is there no more.
delete from consumer where project = ?1 and environment = ?2 and name = ?3
returning name;

-- name: count
-- How many consumers there are.
select count(*) from consumer where project = ?1 and environment = ?2;
