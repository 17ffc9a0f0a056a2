-- name: counts
-- How many entries of a survey there are, and how many are fresh, stale, not well, and being built.
with known as (
  select e.status, s.running is not null as is_running,
    (e.status in ('set aside', 'blocked') or coalesce(s.failing, 0) > 0
      or (s.failed_at is not null and e.status <> 'fresh')) as is_bad
  from entry e
  left join target t
    on t.project = ?2 and t.environment = ?3 and t.asset = e.key and t.partition = ''
  left join target_state s on s.target_id = t.id
  where e.survey_id = ?1 and e.gone is null
)
select count(*),
  count(*) filter (where status = 'fresh' and not is_bad),
  count(*) filter (where status in ('stale', 'maybe stale', 'missing') and not is_bad),
  count(*) filter (where is_bad),
  count(*) filter (where is_running)
from known;

-- name: incidents
-- How many incidents are open.
select count(*) from incident where project = ?1 and environment = ?2 and closed is null;
