-- name: serial
-- How often a survey was kept anew.
select serial from survey where id = ?1;

-- name: entries
-- What lists say of every entry that is there.
select id, key, kind, status, status_since, owner, group_name, stage, storage,
  upstream_count, downstream_count, columns_count, checks_count, changed_at,
  language, freshness, is_files
from entry where survey_id = ?1 and gone is null order by key;

-- name: tags
-- The tags of every entry that is there.
select t.entry_id, t.tag from entry e cross join entry_tag t on t.entry_id = e.id
where e.survey_id = ?1 and e.gone is null;

-- name: last_sequence
-- The sequence of the newest event.
select coalesce(max(id), 0) from event;

-- name: lately
-- What the log knows of every asset since an event.
select t.asset, s.target_id, s.built_at, s.row_count, s.byte_count, s.failed_at, s.running,
  s.passed, s.warned, s.failing
from target_state s cross join target t on t.id = s.target_id
where s.sequence > ?1 and t.project = ?2 and t.environment = ?3 and t.partition = '';

-- name: edges
-- Who reads whom.
select r.key, u.key from entry r
cross join entry_edge x on x.reader_id = r.id
cross join entry u on u.id = x.upstream_id
where r.survey_id = ?1 and r.gone is null and u.gone is null;

-- name: files
-- The file of every entry that has one.
select json_extract(body, '$.place.file'), key from entry
where survey_id = ?1 and gone is null and json_extract(body, '$.place.file') is not null;

-- name: windows
-- The columns that readers see of these keys, a JSON array of keys; null for all of their columns.
select r.key, u.key, json_extract(w.value, '$[1]') from json_each(?2) k
cross join entry u on u.survey_id = ?1 and u.key = k.value
cross join entry_edge x on x.upstream_id = u.id
cross join entry r on r.id = x.reader_id
cross join json_each(r.body, '$.windows') w
where r.gone is null and json_extract(w.value, '$[0]') = u.key;

-- name: columns_of_keys
-- The columns of these keys, a JSON array.
select e.key, c.name from json_each(?2) k
cross join entry e on e.survey_id = ?1 and e.key = k.value
cross join entry_column c on c.entry_id = e.id
where e.gone is null;

-- name: column_keys
-- The columns of every entry that is there.
select e.key, c.name from entry e cross join entry_column c on c.entry_id = e.id
where e.survey_id = ?1 and e.gone is null;

-- name: columns_of_names
-- The entries with a column of one of these names, a JSON array.
select c.name, e.key from json_each(?2) n
cross join entry_column c on c.name = n.value collate nocase
cross join entry e on e.id = c.entry_id
where e.survey_id = ?1 and e.gone is null;

-- name: strips
-- How the last attempts on these targets ended, a JSON array of their numbers, newest first.
select t.value, e.at, e.kind, e.run from json_each(?1) t
cross join event e on e.id in (
  select l.id from event l
  where l.target_id = t.value and l.kind in ('materialized', 'attempt_failed', 'verified')
  order by l.id desc limit ?2
)
order by t.value, e.id desc;

-- name: survey_body
-- The survey without its entries.
select body from survey where id = ?1;
