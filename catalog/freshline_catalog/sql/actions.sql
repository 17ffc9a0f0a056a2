-- name: begin
-- Write down that something was asked for, unless it was under this id before.
insert into action (id, at, actor, role, kind, subject, reason, run, outcome, said)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'begun', '')
on conflict (id) do nothing returning id;

-- name: end
-- Write down what came of it, once.
update action set outcome = ?2, said = ?3 where id = ?1 and outcome = 'begun';

-- name: action
-- What was asked for under an id.
select id, at, actor, role, kind, subject, reason, run, outcome, said from action where id = ?1;

-- name: of_run
-- What a run was begun by.
select id, at, actor, role, kind, subject, reason, run, outcome, said from action
where run = ?1 and kind = 'materialize' order by at limit 1;

-- name: about_run
-- What else was asked for about a run, oldest first.
select id, at, actor, role, kind, subject, reason, run, outcome, said from action
where run = ?1 and kind <> 'materialize' order by at limit 50;

-- name: waiting
-- What was begun lately and has recorded no run yet, newest first.
select a.id, a.at, a.actor, a.role, a.kind, a.subject, a.reason, a.run, a.outcome, a.said
from action a
where a.at > ?1 and a.outcome = 'begun' and a.kind = 'materialize'
  and not exists (select 1 from run r where r.id = a.run)
order by a.at desc limit 50;

-- name: latest
-- What was asked for last, newest first.
select id, at, actor, role, kind, subject, reason, run, outcome, said from action
order by at desc limit ?1;
