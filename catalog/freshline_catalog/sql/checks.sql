-- name: standing
-- Targets whose checks may not all pass, those that fail first, with what is known of each.
select t.asset, s.state, e.owner, e.group_name, e.downstream_count, s.failing, s.warned
from target_state s join target t on t.id = s.target_id
left join entry e on e.survey_id = ?3 and e.key = t.asset
where t.project = ?1 and t.environment = ?2 and (s.failing > 0 or s.warned > 0 or s.failed_at is not null)
  and (?4 = '' or e.owner = ?4) and e.gone is null
order by s.failing > 0 desc, coalesce(e.downstream_count, 0) desc, t.asset limit ?5;

-- name: counts
-- How many targets have checks that fail, how many only warn, and how many all pass.
select
  coalesce(sum(s.failing > 0), 0),
  coalesce(sum(s.failing = 0 and s.warned > 0), 0),
  coalesce(sum(s.failing = 0 and s.warned = 0), 0)
from target_state s join target t on t.id = s.target_id
left join entry e on e.survey_id = ?3 and e.key = t.asset
where t.project = ?1 and t.environment = ?2 and e.gone is null;

-- name: to_do
-- What a plan would do, in topological order.
select e.body from entry e
where e.survey_id = ?1 and e.gone is null and (e.status in ('blocked', 'set aside', 'pinned', 'paused')
  or e.body ->> '$.action' <> '')
order by e.position limit ?2;

-- name: survey
-- When a survey was made and of what, and how many there were.
select at, sequence, serial, plan_id, body from survey where id = ?1;
