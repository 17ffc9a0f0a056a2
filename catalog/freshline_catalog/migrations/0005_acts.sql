-- What automation does beside runs: deliveries, who wishes not to be told, and incidents.
create table delivery (
  number      integer primary key,  -- the order in which they were made
  id          text not null unique,
  project     text not null,
  environment text not null,
  at          real not null,
  recipient   text not null,        -- as it is written: a secret stays a reference
  is_notice   integer not null,
  state       text not null default 'waiting',
  attempts    integer not null default 0,
  due         real not null,
  settled     real,
  said        text not null default '',
  body        text not null         -- the delivery as JSON
) strict;
create index delivery_due on delivery (project, environment, due) where state = 'waiting';
create index delivery_told on delivery (project, environment, recipient, settled)
  where state = 'delivered' and is_notice;

create table mute (
  project     text not null,
  environment text not null,
  subject     text not null,
  actor       text not null,
  reason      text not null,
  at          real not null,
  until       real,
  primary key (project, environment, subject)
) strict, without rowid;

create table incident (
  number      integer primary key,
  id          text not null unique,
  project     text not null,
  environment text not null,
  opened      real not null,
  closed      real,
  body        text not null         -- the incident as JSON
) strict;
create index incident_open on incident (project, environment, closed, number);
create index incident_scope on incident (project, environment, number);

-- An older program knows nothing of these tables, and leaves them as they are.
insert into schema_version values (5, 1, 2, unixepoch('subsec'));
