-- name: placed
-- Where an entry stands, and since when it is as it is.
select e.id, e.kind, e.status, e.status_since, e.first_seen, e.changed_at, e.gone,
  e.upstream_count, e.downstream_count
from entry e where e.survey_id = ?1 and e.key = ?2;

-- name: figures
-- What lists say of a target.
select s.built_at, s.failed_at, s.running, s.passed, s.warned, s.failing, s.row_count, s.byte_count
from target t join target_state s on s.target_id = t.id
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = '';

-- name: upstreams
-- What an entry reads, each with how it stands.
select u.key, u.kind, u.status, u.owner, u.gone,
  s.built_at, s.failed_at, s.running, s.passed, s.warned, s.failing
from entry_edge x join entry u on u.id = x.upstream_id
left join target t
  on t.project = ?2 and t.environment = ?3 and t.asset = u.key and t.partition = ''
left join target_state s on s.target_id = t.id
where x.reader_id = ?1 order by u.key limit ?4;

-- name: readers
-- Who reads an entry, each with how it stands.
select r.key, r.kind, r.status, r.owner, r.gone,
  s.built_at, s.failed_at, s.running, s.passed, s.warned, s.failing
from entry_edge x join entry r on r.id = x.reader_id
left join target t
  on t.project = ?2 and t.environment = ?3 and t.asset = r.key and t.partition = ''
left join target_state s on s.target_id = t.id
where x.upstream_id = ?1 and r.gone is null order by r.downstream_count desc, r.key limit ?4;

-- name: above
-- How many entries of each kind stand above an entry, over any number of edges.
with recursive above (id) as (
  select upstream_id from entry_edge where reader_id = ?1
  union
  select x.upstream_id from above a join entry_edge x on x.reader_id = a.id
)
select e.kind, count(*) from above a join entry e on e.id = a.id group by 1 order by 1;

-- name: below
-- How many entries of each owner hang on an entry, over any number of edges; most first.
with recursive below (id) as (
  select reader_id from entry_edge where upstream_id = ?1
  union
  select x.reader_id from below b join entry_edge x on x.upstream_id = b.id
)
select e.owner, count(*) from below b join entry e on e.id = b.id
where e.gone is null group by 1 order by 2 desc, 1;

-- name: survey_body
-- A survey without its entries.
select body from survey where id = ?1;

-- name: hops
-- What the columns of an entry are made from.
select column_name, upstream, origin, kind, place from column_hop
where entry_id = ?1 order by column_name, kind, upstream, origin;

-- name: used_by
-- How many columns of others each column of an entry goes into; which rows there are is another.
select h.origin, count(*) from column_hop h join entry e on e.id = h.entry_id
where h.upstream = ?2 and e.survey_id = ?1 and e.gone is null group by 1;

-- name: traced_above
-- The hops that lead to a column, over any number of edges, nearest first.
with recursive above (key, name, hops) as (
  values (?2, ?3, 0)
  union
  select h.upstream, h.origin, a.hops + 1
  from above a join entry e on e.survey_id = ?1 and e.key = a.key
  join column_hop h on h.entry_id = e.id and h.column_name = a.name
  where a.hops < ?4 limit ?5
)
select min(a.hops), a.key, a.name, h.upstream, h.origin, h.kind, h.place
from above a join entry e on e.survey_id = ?1 and e.key = a.key
join column_hop h on h.entry_id = e.id and h.column_name = a.name
group by a.key, a.name, h.upstream, h.origin, h.kind, h.place
order by 1, a.key, a.name, h.upstream, h.origin limit ?5;

-- name: traced_below
-- The hops that lead from a column, over any number of edges, nearest first.
with recursive below (key, name, hops) as (
  values (?2, ?3, 0)
  union
  select e.key, h.column_name, b.hops + 1
  from below b join column_hop h on h.upstream = b.key and h.origin = b.name
  join entry e on e.id = h.entry_id and e.survey_id = ?1 and e.gone is null
  where b.hops < ?4 limit ?5
)
select min(b.hops), e.key, h.column_name, b.key, b.name, h.kind, h.place
from below b join column_hop h on h.upstream = b.key and h.origin = b.name
join entry e on e.id = h.entry_id and e.survey_id = ?1 and e.gone is null
group by b.key, b.name, e.key, h.column_name, h.kind, h.place
order by 1, b.key, b.name, e.key, h.column_name limit ?5;

-- name: versions
-- The versions of a target before a sequence that are not like the one before, newest first.
with published as (
  select m.event_id as id,
    m.build ->> '$.version.number' as number,
    m.build ->> '$.version.kind' as kind,
    m.build ->> '$.version.columns' as columns,
    m.logic ->> '$.text' as text
  from target t join materialization m on m.target_id = t.id
  where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ''
), paired as (
  select *, lag(columns) over w as columns_before, lag(text) over w as text_before
  from published window w as (order by id)
)
select p.id, e.at, e.run, b.body ->> '$.actor', p.number, p.kind,
  p.columns, p.columns_before, p.text, p.text_before
from paired p join event e on e.id = p.id
left join run r on r.id = e.run left join event b on b.id = r.started_event
where p.id < ?4
  and (p.columns_before is null or p.columns <> p.columns_before or p.text <> p.text_before)
order by p.id desc limit ?5;

-- name: defined
-- What was said of an asset in words, before a sequence, newest first, each with what was before.
with said as (
  select e.id, e.at, e.run, e.body ->> '$.spec' as spec,
    lag(e.body ->> '$.spec') over (order by e.id) as before
  from target t join event e on e.target_id = t.id
  where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ''
    and e.kind = 'asset_defined'
)
select s.id, s.at, s.run, b.body ->> '$.actor', s.spec, s.before from said s
left join run r on r.id = s.run left join event b on b.id = r.started_event
where s.id < ?4 order by s.id desc limit ?5;

-- name: cared
-- What people did about an asset before a sequence, newest first.
select e.id, e.kind, e.body from target t join event e on e.target_id = t.id
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ''
  and e.kind in ('pinned', 'unpinned', 'paused', 'resumed', 'check_accepted', 'damaged',
    'removed', 'dropped', 'renamed')
  and e.id < ?4
order by e.id desc limit ?5;
