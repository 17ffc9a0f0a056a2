-- name: put
-- Keep a delivery, unless it is kept already.
insert into delivery (id, project, environment, at, recipient, is_notice, due, body)
values (?1, ?2, ?3, ?4, ?5, ?6, ?4, ?7)
on conflict (id) do nothing;

-- name: due
-- Deliveries that are to be attempted by now, the oldest first.
select body, state, attempts, due, settled, said from delivery
where project = ?1 and environment = ?2 and state = 'waiting' and due <= ?3
order by due, number limit ?4;

-- name: next_due
-- When the next delivery behind a moment is to be attempted.
select min(due) from delivery
where project = ?1 and environment = ?2 and state = 'waiting' and due > ?3;

-- name: last_told
-- When each recipient of notices was told something last.
select recipient, max(settled) from delivery
where project = ?1 and environment = ?2 and state = 'delivered' and is_notice group by recipient;

-- name: settle
-- How a waiting delivery ended.
update delivery
set state = ?3, settled = ?2, said = ?4, attempts = attempts + (?3 in ('delivered', 'dead'))
where id = ?1 and state = 'waiting' returning id;

-- name: put_off
-- A delivery is attempted again later.
update delivery set attempts = attempts + 1, due = ?2, said = ?3
where id = ?1 and state = 'waiting' returning id;

-- name: deliveries
-- Deliveries, the newest first; of one state where that is given.
select body, state, attempts, due, settled, said from delivery
where project = ?1 and environment = ?2 and (?3 is null or state = ?3)
order by number desc limit ?4;

-- name: told
-- To whom notices were sent, and how far that is; of some by their ids, a JSON array.
select id, recipient, state, settled from delivery where id in (select value from json_each(?1));

-- name: hanging
-- How many assets hang on each of some, by their keys, a JSON array.
select key, downstream_count from entry
where survey_id = ?1 and key in (select value from json_each(?2)) and gone is null;

-- name: revive
-- A dead delivery is attempted anew.
update delivery set state = 'waiting', attempts = 0, due = ?2, settled = null
where id = ?1 and state = 'dead' returning id;

-- name: mutes
-- What is muted.
select subject, actor, reason, at, until from mute
where project = ?1 and environment = ?2 order by subject;

-- name: mute
-- Mute a subject, or say anew by whom, why and until when.
insert into mute (project, environment, subject, actor, reason, at, until)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
on conflict (project, environment, subject) do update set
  actor = excluded.actor, reason = excluded.reason, at = excluded.at, until = excluded.until;

-- name: unmute
-- Tell of a subject again.
delete from mute where project = ?1 and environment = ?2 and subject = ?3 returning subject;

-- name: incidents
-- Incidents, the newest first.
select body from incident where project = ?1 and environment = ?2 order by number desc limit ?3;

-- name: open_incidents
-- Incidents that are not closed, the newest first.
select body from incident where project = ?1 and environment = ?2 and closed is null
order by number desc limit ?3;

-- name: open_incident
-- Open an incident, unless it is known.
insert into incident (id, project, environment, opened, closed, body)
values (?1, ?2, ?3, ?4, ?5, ?6)
on conflict (id) do nothing returning id;

-- name: change_incident
-- Write down what became of an open incident.
update incident set closed = ?2, body = ?3 where id = ?1 and closed is null returning id;

-- name: forget_deliveries
-- Forget deliveries that ended long ago.
delete from delivery where project = ?1 and environment = ?2 and settled < ?3;

-- name: forget_incidents
-- Forget incidents that were closed long ago.
delete from incident where project = ?1 and environment = ?2 and closed < ?3;

-- name: stir
-- Pages of automation would look otherwise now.
insert into automation_serial values (?1, ?2, 1)
on conflict (project, environment) do update set serial = serial + 1;

-- name: stir_for
-- The same, of the environment that a delivery belongs to.
insert into automation_serial select project, environment, 1 from delivery where id = ?1
on conflict (project, environment) do update set serial = serial + 1;
