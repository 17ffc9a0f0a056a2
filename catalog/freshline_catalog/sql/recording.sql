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
