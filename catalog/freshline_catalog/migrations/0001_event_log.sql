-- The event log, and the tables folded from it.
-- The application id is "FRSH" in ASCII: it tells our files from other people's databases.
pragma application_id = 1179800392;

create table schema_version (
  version    integer primary key,
  min_reader integer not null,
  min_writer integer not null,
  applied_at real    not null
) strict;

create table target (
  id          integer primary key,
  project     text not null,
  environment text not null,
  asset       text not null,
  partition   text not null,
  unique (project, environment, asset, partition)
) strict;
create index target_asset on target (asset);

create table event (
  id        integer primary key,
  at        real not null,
  kind      text not null,
  target_id integer references target (id),
  run       text not null,
  body      text not null
) strict;
create index event_target on event (target_id) where target_id is not null;
create index event_run on event (run);

create table target_state (
  target_id integer primary key references target (id),
  sequence  integer not null,
  state     text    not null
) strict;

create table materialization (
  event_id     integer primary key references event (id),
  target_id    integer not null references target (id),
  mat_id       text not null,
  publish_id   text not null,
  code_version text not null,
  build        text not null,
  logic        text not null
) strict;
create index materialization_target on materialization (target_id, mat_id);
create index materialization_mat on materialization (mat_id);

create table attempt (
  started_event integer primary key references event (id),
  ended_event   integer references event (id),
  target_id     integer not null references target (id),
  publish_id    text not null,
  run           text not null,
  fence         integer not null,
  base          integer not null
) strict;
create unique index attempt_one_live on attempt (target_id) where ended_event is null;

create table run (
  started_event  integer primary key references event (id),
  finished_event integer references event (id),
  id             text not null,
  project        text not null,
  environment    text not null,
  outcome        text
) strict;
create index run_id on run (id);
create index run_project on run (project);

create table lease (
  name   text primary key,
  holder text    not null,
  epoch  integer not null
) strict;

insert into schema_version values (1, 1, 1, unixepoch('subsec'));
