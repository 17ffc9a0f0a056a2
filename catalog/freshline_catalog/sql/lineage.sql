-- name: hops_above
-- The hops that lead to a column of an entry, over any number of edges, in no order.
with recursive above (key, name) as (
  values (?2, ?3)
  union
  select h.upstream, h.origin
  from above a join entry e on e.survey_id = ?1 and e.key = a.key
  join column_hop h on h.entry_id = e.id and h.column_name = a.name
  limit ?4
)
select e.key, h.column_name, h.upstream, h.origin, h.kind
from above a join entry e on e.survey_id = ?1 and e.key = a.key
join column_hop h on h.entry_id = e.id and h.column_name = a.name
limit ?4;

-- name: hops_below
-- The hops that lead from a column of an entry, over any number of edges, in no order.
with recursive below (key, name) as (
  values (?2, ?3)
  union
  select e.key, h.column_name
  from below b join column_hop h on h.upstream = b.key and h.origin = b.name
  join entry e on e.id = h.entry_id
  where e.survey_id = ?1 and e.gone is null and (?5 or h.column_name <> '*')
  limit ?4
)
select e.key, h.column_name, b.key, b.name, h.kind
from below b join column_hop h on h.upstream = b.key and h.origin = b.name
join entry e on e.id = h.entry_id
where e.survey_id = ?1 and e.gone is null and (?5 or h.column_name <> '*')
limit ?4;

-- name: untraced
-- Which of these keys, a JSON array, read something and have no column lineage on record.
select e.key from json_each(?2) k
join entry e on e.survey_id = ?1 and e.key = k.value
left join traced t on t.entry_id = e.id
where t.entry_id is null and e.upstream_count > 0;

-- name: bodies
-- What these keys, a JSON array, see of what they read, and what is checked of them.
select e.key, e.body ->> '$.windows', e.body ->> '$.checks' from json_each(?2) k
join entry e on e.survey_id = ?1 and e.key = k.value;

-- name: consumers
-- The named consumers, some of many, each with what it wants.
select name, selection from consumer
where project = ?1 and environment = ?2 order by name limit ?3;
