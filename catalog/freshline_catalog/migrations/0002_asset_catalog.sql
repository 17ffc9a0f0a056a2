-- What pages read: the last survey with its entries, the search index over them, and who may look.
create table survey (
  id          integer primary key,
  project     text not null,
  environment text not null,
  at          real not null,
  sequence    integer not null,
  serial      integer not null,  -- grows with every survey that is kept
  plan_id     text not null,
  made_of     text not null,
  body        text not null,     -- the survey without its entries
  unique (project, environment)
) strict;

-- `body` is the whole entry as JSON; the other columns are what lists are filtered and sorted by.
-- An entry that a later survey does not have keeps its row, with `gone` saying since when.
create table entry (
  id          integer primary key,
  survey_id   integer not null references survey (id),
  key         text not null,
  kind        text not null,
  status      text not null,
  status_since real not null,
  owner       text not null,     -- empty where nobody owns it
  group_name  text not null,
  stage       text not null,     -- of its lifecycle, empty where nothing is said
  storage     text not null,
  position    integer not null,  -- in topological order
  upstream_count integer not null,
  downstream_count integer not null, -- all that hangs on it, over any number of edges
  columns_count integer not null,
  checks_count integer not null,
  first_seen  real not null,
  changed_at  real not null,     -- when something other than its status last changed
  gone        real,
  digest      text not null,     -- of the body: what is equal is not written again
  body        text not null,
  unique (survey_id, key)
) strict;
-- Counts of a whole catalog read these alone, not the bodies.
create index entry_status on entry (survey_id, gone, status);
create index entry_owner on entry (survey_id, gone, owner);
create index entry_group on entry (survey_id, gone, group_name);

create table entry_tag (
  entry_id integer not null references entry (id),
  tag      text not null,
  primary key (entry_id, tag)
) strict, without rowid;
create index entry_tag_tag on entry_tag (tag);

create table entry_edge (
  reader_id integer not null references entry (id),
  upstream_id integer not null references entry (id),
  primary key (reader_id, upstream_id)
) strict, without rowid;
create index entry_edge_upstream on entry_edge (upstream_id);

create table entry_column (
  id          integer primary key,
  entry_id    integer not null references entry (id),
  position    integer not null,
  name        text not null,
  type        text not null,
  description text not null,
  unique (entry_id, position)
) strict;
create index entry_column_name on entry_column (name collate nocase);

-- Column lineage: `traced` says under which digest an entry's hops were taken.
create table traced (
  entry_id integer primary key references entry (id),
  digest   text not null
) strict;
create table column_hop (
  entry_id integer not null references entry (id),
  column_name text not null,
  upstream text not null,
  origin   text not null,
  kind     text not null,
  place    text not null         -- JSON, null where nobody knows
) strict;
create index column_hop_entry on column_hop (entry_id, column_name);
create index column_hop_origin on column_hop (upstream, origin);

-- Search. Everything is folded before it comes here (search/words.py): words stand between blanks.
-- `search_words` has a row for each entry: the words of its key, of the key's last part, of owner,
-- tags, group, kind and storage, of its columns, and of what is said of it and them.
create virtual table search_words using fts5(
  key, name, about, columns, description,
  content = '', contentless_delete = 1, prefix = '1 2 3'
);
-- Every name of a column once, and the words that it is made of.
create table column_name (
  id   integer primary key,
  name text not null unique
) strict;
create index column_name_any_case on column_name (name collate nocase);
create virtual table search_columns using fts5(
  words, content = '', columnsize = 0, prefix = '1 2 3'
);
-- Every word and name once, for typos. A term that nothing has any more leads nowhere, and stays.
create table search_term (
  id   integer primary key,
  text text not null unique
) strict;
create virtual table search_trigrams using fts5(
  text, content = 'search_term', content_rowid = 'id', tokenize = 'trigram', detail = none
);

-- Who is signed in. Only the hash of what the browser holds is kept.
create table session (
  hash    text primary key,
  actor   text not null,
  role    text not null,
  created real not null,
  seen    real not null,
  expires real not null
) strict;

-- What was asked for through pages and API: by whom, why, and what came of it.
create table action (
  id      text primary key,
  at      real not null,
  actor   text not null,
  role    text not null,
  kind    text not null,
  subject text not null,
  reason  text not null,
  run     text not null,
  outcome text not null,         -- begun, done, failed
  said    text not null
) strict;
create index action_at on action (at);
create index action_run on action (run);

-- Answers to requests that carry an idempotency key.
create table answered (
  actor   text not null,
  key     text not null,
  request text not null,
  at      real not null,
  status  integer not null,
  body    text not null,
  primary key (actor, key)
) strict, without rowid;

-- Named readers of the event log, each with the place up to which it has read.
create table consumer (
  project   text not null,
  environment text not null,
  name      text not null,
  selection text not null,
  position  integer not null,
  actor     text not null,
  updated   real not null,
  primary key (project, environment, name)
) strict, without rowid;

create index event_at on event (at);
-- How attempts ended, hour by hour, without a look at what the events say.
create index event_ended on event (at, kind, target_id)
  where kind in ('materialized', 'attempt_failed');

-- What lists say of every target at once, kept with its state: null where there is none.
alter table target_state add column built_at real;       -- when its current version was made visible
alter table target_state add column row_count integer;
alter table target_state add column byte_count integer;
alter table target_state add column failed_at real;      -- of a last attempt that failed
alter table target_state add column running text;        -- the run that has a live attempt on it
alter table target_state add column passed integer;      -- checks on the current version, by result
alter table target_state add column warned integer;
alter table target_state add column failing integer;
-- What has changed since somebody looked last.
create index target_state_sequence on target_state (sequence);

-- An older program would leave these columns as they were: it may read only.
insert into schema_version values (2, 1, 2, unixepoch('subsec'));
