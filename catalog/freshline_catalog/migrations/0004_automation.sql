-- What automation decided: ticks, what is remembered from one to the next, and the queue of runs.
create table tick (
  id          integer primary key,
  project     text not null,
  environment text not null,
  mover       text not null,
  name        text not null,
  key         text not null,     -- no two ticks of one name have one key
  at          real not null,
  outcome     text not null,
  run         text,
  body        text not null,     -- the tick as JSON
  unique (project, environment, mover, name, key)
) strict;
create index tick_name on tick (project, environment, mover, name);
create index tick_at on tick (project, environment, at);

-- Digests of the keys of ticks that asked for a run and were forgotten: they guard it still.
create table spent_key (
  digest text primary key
) strict, without rowid;

create table memory (
  project     text not null,
  environment text not null,
  name        text not null,
  value       text not null,
  primary key (project, environment, name)
) strict, without rowid;

create table request (
  id          integer primary key,  -- the order in which they were made
  run         text not null unique,
  project     text not null,
  environment text not null,
  at          real not null,
  state       text not null,     -- queued, launched, ended, cancelled
  launched    real,
  ended       real,
  pid         integer,
  outcome     text not null default '',
  said        text not null default '',
  body        text not null      -- the request as JSON
) strict;
create index request_open on request (project, environment, id)
  where state in ('queued', 'launched');

-- The wish that a schedule or sensor does nothing until it is resumed.
create table halt (
  project     text not null,
  environment text not null,
  mover       text not null,
  name        text not null,
  actor       text not null,
  reason      text not null,
  at          real not null,
  primary key (project, environment, mover, name)
) strict, without rowid;

-- Events from outside. A number is never given twice, though those before are forgotten.
create table arrival (
  sequence    integer primary key autoincrement,
  project     text not null,
  environment text not null,
  name        text not null,
  at          real not null,
  actor       text not null,
  body        text not null
) strict;
create index arrival_scope on arrival (project, environment, sequence);

-- An older program knows nothing of these tables, and leaves them as they are.
insert into schema_version values (4, 1, 2, unixepoch('subsec'));
