-- name: last_sequence
-- The sequence of the newest event, 0 in an empty log.
select coalesce(max(id), 0) from event;

-- name: states
-- What is known of every target of one environment.
select s.state from target t join target_state s on s.target_id = t.id
where t.project = ?1 and t.environment = ?2;

-- name: builds
-- The builds of a target, each as its latest publish left it, latest first.
select m.build from materialization m
where m.event_id in (
  select max(p.event_id) from materialization p
  join target t on t.id = p.target_id
  where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
  group by p.mat_id order by 1 desc limit ?5
)
order by m.event_id desc;

-- name: logic
-- The logic of versions, named by a JSON array of their mat_ids.
select m.mat_id, m.logic from materialization m
where m.event_id in (
  select max(p.event_id) from materialization p
  where p.mat_id in (select value from json_each(?1)) group by p.mat_id
);

-- name: events
-- A page of the log, oldest first.
select id, kind, body from event where id > ?1 order by id limit ?2;

-- name: events_of_asset
-- A page of the log about one asset, oldest first.
select id, kind, body from event
where id in (
  select e.id from target t join event e on e.target_id = t.id
  where t.asset = ?3 and e.id > ?1 order by e.id limit ?2
)
order by id;

-- name: events_of_run
-- A page of the log of one run, oldest first.
select id, kind, body from event where run = ?3 and id > ?1 order by id limit ?2;

-- name: events_of_asset_in_run
-- A page of the log about one asset in one run, oldest first.
select e.id, e.kind, e.body from event e join target t on t.id = e.target_id
where t.asset = ?3 and e.run = ?4 and e.id > ?1 order by e.id limit ?2;

-- name: latest
-- The newest events, newest first.
select id, kind, body from event order by id desc limit ?1;

-- name: latest_of_asset
-- The newest events about one asset, newest first.
select id, kind, body from event
where id in (
  select e.id from target t join event e on e.target_id = t.id
  where t.asset = ?2 order by e.id desc limit ?1
)
order by id desc;

-- name: runs
-- The beginnings of a project's runs, newest first.
select e.id, e.kind, e.body from run r join event e on e.id = r.started_event
where r.project = ?1 order by r.started_event desc limit ?2;

-- name: lease
-- Who took a lease last.
select holder from lease where name = ?1;

-- name: leases_shared
-- Who shares a lease, in the order in which they came: the rows between two names.
select holder from lease where name > ?1 and name < ?2 order by epoch;
