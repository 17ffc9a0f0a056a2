-- name: kept
-- How old the survey of a project in an environment is, in events and in time.
select id, sequence, at from survey where project = ?1 and environment = ?2;

-- name: save_survey
-- Keep a survey, without its entries, in place of the one before.
insert into survey (project, environment, at, sequence, serial, plan_id, made_of, body)
values (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7)
on conflict (project, environment) do update set
  at = excluded.at, sequence = excluded.sequence, serial = serial + 1,
  plan_id = excluded.plan_id, made_of = excluded.made_of, body = excluded.body
returning id;

-- name: entries
-- What is compared of each entry of a survey, also of those that are gone.
select key, id, digest, status, position, upstream_count, downstream_count, gone is not null
from entry where survey_id = ?1;

-- name: entry_body
-- An entry as it was kept.
select body from entry where id = ?1;

-- name: add_entry
-- Keep an entry that was never there before; its counts follow.
insert into entry (survey_id, key, kind, status, status_since, owner, group_name, stage, storage,
  position, upstream_count, downstream_count, columns_count, checks_count, first_seen, changed_at,
  language, is_files, gate, again, freshness, digest, body)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, 0, ?10, ?11, ?5, ?5, ?12, ?13, ?14, ?15, ?16,
  ?17, ?18)
returning id;

-- name: save_entry
-- Keep an entry in place of what it was; null leaves since when it has its status, or is as it is.
update entry set kind = ?2, status = ?3, status_since = coalesce(?4, status_since), owner = ?5,
  group_name = ?6, stage = ?7, storage = ?8, columns_count = ?9, checks_count = ?10,
  changed_at = coalesce(?11, changed_at), gone = null, language = ?12, is_files = ?13,
  gate = ?14, again = ?15, freshness = ?16, digest = ?17, body = ?18
where id = ?1;

-- name: place_entry
-- Say where an entry stands in the graph.
update entry set position = ?2, upstream_count = ?3, downstream_count = ?4 where id = ?1;

-- name: lose_entry
-- Note since when an entry is gone; its body stays.
update entry set gone = ?2, upstream_count = 0, downstream_count = 0 where id = ?1;

-- name: forget_tags
-- Take an entry's tags away.
delete from entry_tag where entry_id = ?1;

-- name: add_tag
-- Give an entry a tag.
insert into entry_tag (entry_id, tag) values (?1, ?2) on conflict do nothing;

-- name: forget_columns
-- Take an entry's columns away.
delete from entry_column where entry_id = ?1;

-- name: add_column
-- Give an entry a column.
insert into entry_column (entry_id, position, name, type, description)
values (?1, ?2, ?3, ?4, ?5);

-- name: edges
-- Which entries of a survey read which.
select x.reader_id, x.upstream_id from entry e join entry_edge x on x.reader_id = e.id
where e.survey_id = ?1;

-- name: add_edge
-- Note that an entry reads another.
insert into entry_edge (reader_id, upstream_id) values (?1, ?2);

-- name: forget_edge
-- Note that an entry does not read another any more.
delete from entry_edge where reader_id = ?1 and upstream_id = ?2;

-- name: traced
-- Under which digest the column lineage of each entry of a survey was taken.
select e.id, t.digest from entry e join traced t on t.entry_id = e.id where e.survey_id = ?1;

-- name: entry_number
-- The number of an entry that is there.
select id from entry
where gone is null and key = ?3
  and survey_id = (select id from survey where project = ?1 and environment = ?2);

-- name: save_traced
-- Note under which digest the column lineage of an entry was taken.
insert into traced (entry_id, digest) values (?1, ?2)
on conflict (entry_id) do update set digest = excluded.digest;

-- name: forget_traced
-- Note that the column lineage of an entry is not known.
delete from traced where entry_id = ?1;

-- name: forget_hops
-- Take an entry's column lineage away.
delete from column_hop where entry_id = ?1;

-- name: add_hop
-- Note one step of column lineage.
insert into column_hop (entry_id, column_name, upstream, origin, kind, place)
values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: untraced
-- Which entries lack their column lineage, each with the digest that it is to be taken under.
select e.key, e.body ->> '$.traced_by' from survey s
join entry e on e.survey_id = s.id and e.gone is null
where s.project = ?1 and s.environment = ?2 and e.body ->> '$.traced_by' <> ''
  and not exists (select 1 from traced t where t.entry_id = e.id)
order by e.position;

-- name: scopes
-- Of which projects and environments there is a survey, the newest first.
select project, environment from survey order by at desc;
