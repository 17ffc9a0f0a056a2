-- name: attempts
-- Attempts on a target before a sequence, newest first, each with when and in which run it began.
select e.id, e.at, e.kind, e.run, m.build, iif(m.event_id is null, e.body, null),
  b.at, b.run, coalesce(iif(m.event_id is null, 0, e.body ->> '$.recovered'), 0),
  iif(m.event_id is null, null, e.body -> '$.metadata')
from target t
join event e on e.target_id = t.id
left join materialization m on m.event_id = e.id
left join event b on b.id = (
  select max(s.id) from event s
  where s.target_id = t.id and s.kind = 'attempt_started' and s.id < e.id)
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
  and e.kind in ('materialized', 'attempt_failed') and e.id < ?5
order by e.id desc limit ?6;

-- name: before
-- What was published for a target last before a sequence.
select m.build from target t join materialization m on m.target_id = t.id
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
  and m.event_id < ?5
order by m.event_id desc limit 1;

-- name: numbered
-- The version of a number, as it was published last, with its logic.
select m.build, m.logic from target t join materialization m on m.target_id = t.id
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
  and m.build ->> '$.version.number' = ?5
order by m.event_id desc limit 1;

-- name: numbers
-- The numbers of a target's versions, newest first.
select distinct m.build ->> '$.version.number' as number
from target t join materialization m on m.target_id = t.id
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
order by 1 desc limit ?5;

-- name: removed
-- The numbers of a target's versions whose bytes were removed.
select distinct n.value
from target t join event e on e.target_id = t.id, json_each(e.body, '$.numbers') n
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
  and e.kind = 'removed';

-- name: checked
-- When a target's checks were run, newest first, with what each found.
select e.id, e.at, e.run, e.body from target t join event e on e.target_id = t.id
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
  and e.kind = 'checked' and e.id < ?5
order by e.id desc limit ?6;

-- name: figures
-- Sizes and times of a target's versions and failures from one moment to another, oldest first.
select e.id, e.at, e.kind, e.run,
  m.build ->> '$.version.number',
  iif(coalesce(m.build ->> '$.version.query', '') = '', m.build ->> '$.version.rows', null),
  iif(m.event_id is null, null,
    (select sum(f.value ->> 1) from json_each(m.build, '$.version.files') f)),
  m.code_version, b.at, b.run,
  iif(e.kind = 'checked',
    (select count(*) from json_each(e.body, '$.results') c
     where c.value ->> 'failing' > 0 or c.value ->> 'error' <> ''), null),
  iif(m.event_id is null, null,
    (select json_group_object(d.key, d.value ->> 1) from json_each(e.body, '$.metadata') d
     where d.value ->> 0 in ('int', 'float')))
from target t
join event e on e.target_id = t.id
left join materialization m on m.event_id = e.id
left join event b on e.kind <> 'checked' and b.id = (
  select max(s.id) from event s
  where s.target_id = t.id and s.kind = 'attempt_started' and s.id < e.id)
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4
  and e.kind in ('materialized', 'attempt_failed', 'checked') and e.at >= ?5 and e.at < ?6
order by e.id desc limit ?7;
