-- What lets programs read this catalog over HTTP. Only the hash of a secret is kept.
create table token (
  number      integer primary key,
  hash        text not null unique,
  project     text not null,
  environment text not null,
  name        text not null,
  actor       text not null,
  scopes      text not null,     -- a list as JSON
  selection   text not null,     -- empty for all assets
  created     real not null,
  expires     real not null,
  seen        real,
  revoked     real
) strict;
create index token_name on token (project, environment, name);

-- An older program knows nothing of this table, and leaves it as it is.
insert into schema_version values (6, 1, 2, unixepoch('subsec'));
