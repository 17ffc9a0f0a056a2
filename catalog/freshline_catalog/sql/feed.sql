-- name: last
-- The newest event; the serials of the survey, whose definitions may break too, and of automation.
select (select coalesce(max(id), 0) from event),
  coalesce((select serial from survey where project = ?1 and environment = ?2), 0)
    + coalesce((
      select max(id) from tick
      where project = ?1 and environment = ?2 and mover = 'reconciler' and name = 'definitions'
    ), 0),
  coalesce((select serial from automation_serial where project = ?1 and environment = ?2), 0);

-- name: forward
-- A stretch of the log, oldest first, filtered: kinds and assets are JSON arrays, null for all.
select e.id, e.at, e.kind, e.run, coalesce(t.asset, ''), coalesce(t.partition, ''), e.body
from event e left join target t on t.id = e.target_id
where e.id > ?1 and e.id <= ?2
  and case when t.id is null
    then exists (select 1 from run r where r.id = e.run and r.project = ?3 and r.environment = ?4)
      or e.kind in ('run_requested', 'run_withdrawn')
        and e.body ->> 'project' = ?3 and e.body ->> 'environment' = ?4
    else t.project = ?3 and t.environment = ?4 end
  and (?5 is null or e.kind in (select value from json_each(?5)))
  and (?6 is null or t.asset in (select value from json_each(?6)))
order by e.id limit ?7;

-- name: forward_of_assets
-- The same for few assets: by the index, however long the stretch is.
select e.id, e.at, e.kind, e.run, t.asset, t.partition, e.body
from target t join event e on e.target_id = t.id
where t.asset in (select value from json_each(?6)) and t.project = ?3 and t.environment = ?4
  and e.id > ?1 and e.id <= ?2
  and (?5 is null or e.kind in (select value from json_each(?5)))
order by e.id limit ?7;

-- name: forward_of_run
-- The same for one run.
select e.id, e.at, e.kind, e.run, coalesce(t.asset, ''), coalesce(t.partition, ''), e.body
from event e left join target t on t.id = e.target_id
where e.run = ?8 and e.id > ?1 and e.id <= ?2
  and case when t.id is null
    then exists (select 1 from run r where r.id = e.run and r.project = ?3 and r.environment = ?4)
      or e.kind in ('run_requested', 'run_withdrawn')
        and e.body ->> 'project' = ?3 and e.body ->> 'environment' = ?4
    else t.project = ?3 and t.environment = ?4 end
  and (?5 is null or e.kind in (select value from json_each(?5)))
  and (?6 is null or t.asset in (select value from json_each(?6)))
order by e.id limit ?7;

-- name: back
-- A stretch of the log, newest first, filtered in the same way.
select e.id, e.at, e.kind, e.run, coalesce(t.asset, ''), coalesce(t.partition, ''), e.body
from event e left join target t on t.id = e.target_id
where e.id > ?1 and e.id <= ?2
  and case when t.id is null
    then exists (select 1 from run r where r.id = e.run and r.project = ?3 and r.environment = ?4)
      or e.kind in ('run_requested', 'run_withdrawn')
        and e.body ->> 'project' = ?3 and e.body ->> 'environment' = ?4
    else t.project = ?3 and t.environment = ?4 end
  and (?5 is null or e.kind in (select value from json_each(?5)))
  and (?6 is null or t.asset in (select value from json_each(?6)))
order by e.id desc limit ?7;

-- name: back_of_assets
-- The same for few assets.
select e.id, e.at, e.kind, e.run, t.asset, t.partition, e.body
from target t join event e on e.target_id = t.id
where t.asset in (select value from json_each(?6)) and t.project = ?3 and t.environment = ?4
  and e.id > ?1 and e.id <= ?2
  and (?5 is null or e.kind in (select value from json_each(?5)))
order by e.id desc limit ?7;

-- name: back_of_run
-- The same for one run.
select e.id, e.at, e.kind, e.run, coalesce(t.asset, ''), coalesce(t.partition, ''), e.body
from event e left join target t on t.id = e.target_id
where e.run = ?8 and e.id > ?1 and e.id <= ?2
  and case when t.id is null
    then exists (select 1 from run r where r.id = e.run and r.project = ?3 and r.environment = ?4)
      or e.kind in ('run_requested', 'run_withdrawn')
        and e.body ->> 'project' = ?3 and e.body ->> 'environment' = ?4
    else t.project = ?3 and t.environment = ?4 end
  and (?5 is null or e.kind in (select value from json_each(?5)))
  and (?6 is null or t.asset in (select value from json_each(?6)))
order by e.id desc limit ?7;

-- name: touched
-- Which assets and runs a stretch of the log is about, each once.
select distinct coalesce(t.asset, ''), e.run
from event e left join target t on t.id = e.target_id
where e.id > ?1 and e.id <= ?2
  and case when t.id is null
    then exists (select 1 from run r where r.id = e.run and r.project = ?3 and r.environment = ?4)
      or e.kind in ('run_requested', 'run_withdrawn')
        and e.body ->> 'project' = ?3 and e.body ->> 'environment' = ?4
    else t.project = ?3 and t.environment = ?4 end
limit ?5;
