-- name: list
-- A page of runs, newest first, each with how it began and how it ended; ?4 are the runs that live.
select r.started_event, b.body, f.body, r.told
from (
  select started_event, finished_event, id,
    coalesce(outcome, iif(id in (select value from json_each(?4)), 'running', 'interrupted')) as told
  from run
  where project = ?1 and environment = ?2 and started_event < ?3
) r
join event b on b.id = r.started_event
left join event f on f.id = r.finished_event
where (?5 = '' or r.told = ?5)
  and (?6 = '' or b.body ->> '$.actor' = ?6)
  and (?7 = '' or r.id in (
    select e.run from target t join event e on e.target_id = t.id
    where t.project = ?1 and t.environment = ?2 and t.asset = ?7))
  and b.at >= ?8 and b.at < ?9
order by r.started_event desc limit ?10;

-- name: run
-- How a run began and how it ended.
select r.started_event, b.body, f.body, coalesce(r.outcome, iif(
  r.id in (select value from json_each(?4)), 'running', 'interrupted'))
from run r join event b on b.id = r.started_event
left join event f on f.id = r.finished_event
where r.project = ?1 and r.environment = ?2 and r.id = ?3;

-- name: newest
-- The run that began last.
select r.id, e.at from run r join event e on e.id = r.started_event
where r.project = ?1 and r.environment = ?2 order by r.started_event desc limit 1;

-- name: steps
-- What the events of a run say of its steps, in the order in which they were recorded.
select e.at, e.kind, t.asset,
  case e.kind
    when 'materialized' then e.body ->> '$.build.version.publish_id'
    else e.body ->> '$.publish_id' end,
  e.body ->> '$.build.version.number',
  e.body ->> '$.build.version.kind',
  iif(coalesce(e.body ->> '$.build.version.query', '') = '', e.body ->> '$.build.version.rows', null),
  iif(e.kind = 'materialized',
    (select sum(f.value ->> 1) from json_each(e.body, '$.build.version.files') f), null),
  e.body ->> '$.code',
  e.body ->> '$.message',
  iif(e.kind = 'checked',
    (select count(*) from json_each(e.body, '$.results') c
     where c.value ->> 'failing' > 0 or c.value ->> 'error' <> ''), null),
  coalesce(e.body ->> '$.recovered', 0)
from event e join target t on t.id = e.target_id
where e.run = ?1 and t.project = ?2 and t.environment = ?3
  and e.kind in
    ('attempt_started', 'attempt_failed', 'materialized', 'verified', 'checked', 'dropped')
order by e.id;

-- name: requests
-- Who asked a run to stop, when and why.
select e.body from event e where e.run = ?1 and e.kind = 'run_cancel_requested' order by e.id;

-- name: read
-- What a run read, each asset's version once: its id, and the number and the run it is of.
with reads as (
  select distinct i.value ->> 0 as asset, i.value ->> 1 as version
  from event e join target t on t.id = e.target_id,
    json_each(e.body, '$.build.trace.inputs') i
  where e.run = ?1 and e.kind = 'materialized' and t.project = ?2 and t.environment = ?3
)
select r.asset, r.version, m.build ->> '$.version.number', p.run
from reads r
left join materialization m on m.event_id = (
  select min(o.event_id) from materialization o where o.mat_id = r.version)
left join event p on p.id = m.event_id
where p.run is null or p.run <> ?1
order by r.asset, r.version limit ?4;

-- name: counted
-- How many events a run has recorded.
select count(*) from event where run = ?1;

-- name: upstreams
-- Every edge of the graph as it is today: who reads, and what.
select r.key, u.key from entry_edge g
join entry r on r.id = g.reader_id join entry u on u.id = g.upstream_id
where r.survey_id = ?1;

-- name: actors
-- Who began runs, by name; ?3 is how far back it is looked.
select distinct e.body ->> '$.actor' from run r join event e on e.id = r.started_event
where r.project = ?1 and r.environment = ?2 and r.started_event > ?3 order by 1 limit 50;

-- name: told
-- What code told of the versions that a run published of these assets, a JSON array; last one last.
select t.asset, e.body -> '$.metadata' from event e join target t on t.id = e.target_id
where e.run = ?1 and t.project = ?2 and t.environment = ?3 and e.kind = 'materialized'
  and t.asset in (select value from json_each(?4))
  and coalesce(e.body -> '$.metadata', '{}') <> '{}'
order by e.id;

-- name: traces
-- The stack traces of attempts of a run that failed on these assets, a JSON array; last one last.
select t.asset, e.body ->> '$.trace' from event e join target t on t.id = e.target_id
where e.run = ?1 and t.project = ?2 and t.environment = ?3 and e.kind = 'attempt_failed'
  and t.asset in (select value from json_each(?4))
  and coalesce(e.body ->> '$.trace', '') <> ''
order by e.id;
