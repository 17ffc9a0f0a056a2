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

-- Grows whenever pages of automation would look otherwise: who shows them asks for nothing else.
create table automation_serial (
  project     text not null,
  environment text not null,
  serial      integer not null,
  primary key (project, environment)
) strict, without rowid;
create trigger tick_added after insert on tick begin
  insert into automation_serial values (new.project, new.environment, 1)
  on conflict (project, environment) do update set serial = serial + 1;
end;
create trigger request_added after insert on request begin
  insert into automation_serial values (new.project, new.environment, 1)
  on conflict (project, environment) do update set serial = serial + 1;
end;
create trigger request_changed after update on request begin
  insert into automation_serial values (new.project, new.environment, 1)
  on conflict (project, environment) do update set serial = serial + 1;
end;
create trigger halt_added after insert on halt begin
  insert into automation_serial values (new.project, new.environment, 1)
  on conflict (project, environment) do update set serial = serial + 1;
end;
create trigger halt_changed after update on halt begin
  insert into automation_serial values (new.project, new.environment, 1)
  on conflict (project, environment) do update set serial = serial + 1;
end;
create trigger halt_removed after delete on halt begin
  insert into automation_serial values (old.project, old.environment, 1)
  on conflict (project, environment) do update set serial = serial + 1;
end;
create trigger arrival_added after insert on arrival begin
  insert into automation_serial values (new.project, new.environment, 1)
  on conflict (project, environment) do update set serial = serial + 1;
end;

-- What automation says of an asset: what holds it back, when it is looked at next, how old it may be.
alter table entry add column gate text not null default '';
alter table entry add column again real;
alter table entry add column freshness text not null default '';
create index entry_gate on entry (survey_id, gone, gate);
create index entry_again on entry (survey_id, again) where again is not null;

-- An older program knows nothing of these tables, and leaves them as they are.
insert into schema_version values (4, 1, 2, unixepoch('subsec'));
