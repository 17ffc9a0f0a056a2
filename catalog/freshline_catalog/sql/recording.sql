-- name: last_sequence
-- The sequence of the newest event, 0 in an empty log.
select coalesce(max(id), 0) from event;

-- name: find_target
-- The number under which a target is known.
select id from target where project = ?1 and environment = ?2 and asset = ?3 and partition = ?4;

-- name: add_target
-- Give a target its number.
insert into target (project, environment, asset, partition) values (?1, ?2, ?3, ?4) returning id;

-- name: add_event
-- Append one event under the next sequence.
insert into event (id, at, kind, target_id, run, body) values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: take_lease
-- Write down who holds a lease now; every holder gets a higher epoch.
insert into lease (name, holder, epoch) values (?1, ?2, 1)
on conflict (name) do update set holder = excluded.holder, epoch = epoch + 1
returning epoch;

-- name: share_lease
-- Write down who shares a lease, with the epoch given out.
insert into lease (name, holder, epoch) values (?1, ?2, ?3)
on conflict (name) do update set holder = excluded.holder, epoch = excluded.epoch;

-- name: forget_lease
-- Forget who shared a lease.
delete from lease where name = ?1;

-- name: places_taken
-- How many attempts live in an environment that take a place of a pool.
select count(*) from attempt a
join target t on t.id = a.target_id
join event e on e.id = a.started_event
where a.ended_event is null and t.project = ?1 and t.environment = ?2
and ?3 in (select value from json_each(e.body, '$.pools'));
