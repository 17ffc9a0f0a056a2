-- name: counts
-- How many entries there are, and how many of them are in a state that somebody may care about.
select count(*),
  count(*) filter (where e.status in ('stale', 'maybe stale', 'missing')),
  count(s.running),
  count(*) filter (where s.failing > 0),
  count(*) filter (where s.warned > 0),
  count(*) filter (where e.status in ('set aside', 'blocked') or s.failing > 0
    or (s.failed_at is not null and e.status <> 'fresh')),
  count(s.built_at)
from entry e
left join target t
  on t.project = ?2 and t.environment = ?3 and t.asset = e.key and t.partition = ''
left join target_state s on s.target_id = t.id
where e.survey_id = ?1 and e.gone is null;

-- name: attention
-- Entries that are not well: those that most hang on, for longest, come first.
with worst as (
  select e.id,
    (e.status in ('set aside', 'blocked') or coalesce(s.failing, 0) > 0
      or (s.failed_at is not null and e.status <> 'fresh')) as is_bad,
    (e.downstream_count + 1)
      * (?4 - min(e.status_since, coalesce(s.failed_at, e.status_since)) + 60) as weight,
    s.target_id
  from entry e
  left join target t
    on t.project = ?2 and t.environment = ?3 and t.asset = e.key and t.partition = ''
  left join target_state s on s.target_id = t.id
  where e.survey_id = ?1 and e.gone is null
    and (e.status in ('stale', 'set aside', 'blocked', 'missing') or s.failing > 0 or s.warned > 0
      or s.failed_at is not null)
  order by is_bad desc, weight desc, e.key limit ?5
)
select e.key, e.kind, e.status, e.owner, e.gone,
  s.built_at, s.failed_at, s.running, s.passed, s.warned, s.failing,
  e.status_since, e.downstream_count, e.body ->> '$.why', e.body ->> '$.problems',
  s.state ->> '$.failure.message'
from worst w join entry e on e.id = w.id left join target_state s on s.target_id = w.target_id
order by w.is_bad desc, w.weight desc, e.key;

-- name: changed
-- Entries that came, went or changed last.
select e.key, max(e.changed_at, coalesce(e.gone, 0)) as at,
  case when e.gone is not null then 'gone' when e.changed_at = e.first_seen then 'new'
    else 'changed' end,
  e.stage
from entry e where e.survey_id = ?1 and max(e.changed_at, coalesce(e.gone, 0)) > ?2
order by at desc, e.position limit ?3;

-- name: hours
-- How many attempts ended well and badly in each hour since a moment; hours are numbered from it.
select cast((at - ?3) / 3600 as integer) as hour,
  count(*) filter (where kind = 'materialized'), count(*) filter (where kind = 'attempt_failed')
from event where at >= ?3 and at < ?4 and kind in ('materialized', 'attempt_failed')
  and +target_id in (select id from target where project = ?1 and environment = ?2)
group by 1;

-- name: last_run
-- The run that began last, with how it ended.
select b.body, f.body from run r join event b on b.id = r.started_event
left join event f on f.id = r.finished_event
where r.project = ?1 and r.environment = ?2 order by r.started_event desc limit 1;

-- name: looked
-- When a survey was made, and up to which event it knows.
select at, sequence from survey where id = ?1;
