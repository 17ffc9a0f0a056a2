-- name: memories
-- What is remembered in one environment.
select name, value from memory where project = ?1 and environment = ?2 order by name;

-- name: remember
-- Remember a text under a name, in place of the one before.
insert into memory (project, environment, name, value) values (?1, ?2, ?3, ?4)
on conflict (project, environment, name) do update set value = excluded.value;

-- name: forget_memory
-- Remember nothing under a name any more.
delete from memory where project = ?1 and environment = ?2 and name = ?3;

-- name: epoch
-- How many have held a lease so far.
select epoch from lease where name = ?1;

-- name: is_spent
-- Whether a key guards a run whose tick is forgotten.
select 1 from spent_key where digest = ?1;

-- name: add_tick
-- Keep a tick, unless there is one of its key.
insert into tick (project, environment, mover, name, key, at, outcome, run, body)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
on conflict (project, environment, mover, name, key) do nothing returning id;

-- name: ticks
-- The newest ticks, newest first; of one mover or one name where these are given.
select body from tick
where project = ?1 and environment = ?2 and (?3 is null or mover = ?3) and (?4 is null or name = ?4)
order by id desc limit ?5;

-- name: ticks_of
-- The newest ticks of one schedule or sensor, newest first.
select body from tick
where project = ?1 and environment = ?2 and mover = ?3 and name = ?4 order by id desc limit ?5;

-- name: spend_keys
-- The keys of old ticks that asked for a run, before these are forgotten.
select mover, name, key from tick
where project = ?1 and environment = ?2 and at < ?3 and outcome = 'requested';

-- name: spend_key
-- Let a key guard its run though its tick is forgotten.
insert into spent_key (digest) values (?1) on conflict (digest) do nothing;

-- name: forget_ticks
-- Forget old ticks.
delete from tick where project = ?1 and environment = ?2 and at < ?3;

-- name: add_request
-- Put a run into the queue.
insert into request (run, project, environment, at, state, body)
values (?1, ?2, ?3, ?4, 'queued', ?5)
on conflict (run) do nothing returning id;

-- name: open_requests
-- The requests that have not ended, in the order in which they were made.
select body, state, launched, ended, pid, outcome, said from request
where project = ?1 and environment = ?2 and state in ('queued', 'launched') order by id;

-- name: past_requests
-- Requests whatever became of them, newest first.
select body, state, launched, ended, pid, outcome, said from request
where project = ?1 and environment = ?2 order by id desc limit ?3;

-- name: launch
-- The process of a queued run was begun.
update request set state = 'launched', launched = ?2, pid = ?3
where run = ?1 and state = 'queued' returning id;

-- name: requeue
-- A launched run whose process did nothing is queued again.
update request set state = 'queued', launched = null, pid = null
where run = ?1 and state = 'launched' returning id;

-- name: end
-- A launched run ended.
update request set state = 'ended', ended = ?2, outcome = ?3, said = ?4
where run = ?1 and state = 'launched' returning id;

-- name: withdraw
-- A queued run is cancelled.
update request set state = 'cancelled', ended = ?2 where run = ?1 and state = 'queued'
returning project, environment;

-- name: forget_requests
-- Forget requests that ended long ago.
delete from request
where project = ?1 and environment = ?2 and ended < ?3 and state in ('ended', 'cancelled');

-- name: halts
-- The schedules and sensors that are halted.
select mover, name, actor, reason, at from halt
where project = ?1 and environment = ?2 order by mover, name;

-- name: halt
-- Halt a schedule or sensor, or say anew by whom and why.
insert into halt (project, environment, mover, name, actor, reason, at)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
on conflict (project, environment, mover, name) do update set
  actor = excluded.actor, reason = excluded.reason, at = excluded.at;

-- name: resume
-- Let a schedule or sensor go on.
delete from halt where project = ?1 and environment = ?2 and mover = ?3 and name = ?4
returning name;

-- name: arrive
-- Write down an event from outside.
insert into arrival (project, environment, name, at, actor, body) values (?1, ?2, ?3, ?4, ?5, ?6)
returning sequence;

-- name: arrivals
-- Events from outside behind a number, in their order.
select sequence, name, at, actor, body from arrival
where project = ?1 and environment = ?2 and sequence > ?3 order by sequence;

-- name: forget_arrivals
-- Forget events from outside that came long ago.
delete from arrival where project = ?1 and environment = ?2 and at < ?3;

-- name: tick_page
-- A page of ticks, newest first; of one kind of mover or one name where these are given.
select id, body from tick
where project = ?1 and environment = ?2 and (?3 is null or mover = ?3) and (?4 is null or name = ?4)
  and id < ?5
order by id desc limit ?6;

-- name: tick_page_of
-- A page of the ticks of one schedule or sensor, newest first.
select id, body from tick
where project = ?1 and environment = ?2 and mover = ?3 and name = ?4 and id < ?5
order by id desc limit ?6;

-- name: memory
-- What is remembered under a name.
select value from memory where project = ?1 and environment = ?2 and name = ?3;

-- name: last_fired
-- The newest tick of a schedule or sensor that asked for something.
select body from tick
where project = ?1 and environment = ?2 and mover = ?3 and name = ?4 and outcome = 'requested'
order by id desc limit 1;

-- name: latest_arrivals
-- The newest events from outside, newest first.
select sequence, name, at, actor, body from arrival
where project = ?1 and environment = ?2 order by sequence desc limit ?3;

-- name: request_of
-- What was asked for under the id of a run, and what became of it.
select body, state, launched, ended, pid, outcome, said from request
where project = ?1 and environment = ?2 and run = ?3;

-- name: requests_for
-- The newest requests that name an asset or led to one of these runs, of the last thousand.
select body, state, launched, ended, pid, outcome, said from (
  select * from request where project = ?1 and environment = ?2 order by id desc limit 1000
) r
where exists (select 1 from json_each(r.body, '$.assets') a where a.value = ?3)
  or r.run in (select value from json_each(?4))
order by r.id desc limit ?5;

-- name: coming
-- The assets that are looked at next, the soonest first, and what each waits for.
select key, again, coalesce(body ->> 'waiting', '') from entry
where survey_id = ?1 and gone is null and again >= ?2 order by again limit ?3;

-- name: gates
-- How many assets something holds back, by what.
select gate, count(*) from entry
where survey_id = ?1 and gone is null and gate not in ('', 'fresh') group by gate order by 2 desc, 1;

-- name: aside
-- How many assets are set aside.
select count(*) from entry where survey_id = ?1 and gone is null and status = 'set aside';
