-- name: state
-- What is known of one target.
select state from target_state where target_id = ?1;

-- name: save_state
-- Keep what is known of one target, and what lists say of it.
insert into target_state
  (target_id, sequence, state, built_at, row_count, byte_count, failed_at, running,
   passed, warned, failing)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
on conflict (target_id) do update set
  sequence = excluded.sequence, state = excluded.state, built_at = excluded.built_at,
  row_count = excluded.row_count, byte_count = excluded.byte_count,
  failed_at = excluded.failed_at, running = excluded.running, passed = excluded.passed,
  warned = excluded.warned, failing = excluded.failing;

-- name: add_materialization
-- Keep one publish with its build; the logic stands apart, so that nobody loads it in passing.
insert into materialization (event_id, target_id, mat_id, publish_id, code_version, build, logic)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: start_attempt
-- Note a live attempt; the index admits one for each target.
insert into attempt (started_event, target_id, publish_id, run, fence, base)
values (?1, ?2, ?3, ?4, ?5, ?6);

-- name: end_attempt
-- Note by which event a live attempt ended.
update attempt set ended_event = ?1
where target_id = ?2 and publish_id = ?3 and ended_event is null;

-- name: start_run
-- Note that a run began.
insert into run (started_event, id, project, environment) values (?1, ?2, ?3, ?4);

-- name: finish_run
-- Note how a run ended.
update run set finished_event = ?1, outcome = ?2 where id = ?3 and finished_event is null;

-- name: forget_states
-- Empty a folded table before it is folded anew.
delete from target_state;

-- name: forget_materializations
-- Empty a folded table before it is folded anew.
delete from materialization;

-- name: forget_attempts
-- Empty a folded table before it is folded anew.
delete from attempt;

-- name: forget_runs
-- Empty a folded table before it is folded anew.
delete from run;

-- name: stretch
-- A stretch of the log in order, with the target that each event was filed under.
select e.id, e.kind, e.body, e.target_id, t.project, t.environment, t.asset, t.partition
from event e left join target t on t.id = e.target_id
where e.id > ?1 order by e.id limit ?2;

-- name: table_target_state
-- Every row of a folded table, in the order of its key.
select target_id, sequence, state, built_at, row_count, byte_count, failed_at, running,
  passed, warned, failing
from target_state order by target_id;

-- name: table_materialization
-- Every row of a folded table, in the order of its key.
select event_id, target_id, mat_id, publish_id, code_version, build, logic
from materialization order by event_id;

-- name: table_attempt
-- Every row of a folded table, in the order of its key.
select started_event, ended_event, target_id, publish_id, run, fence, base
from attempt order by started_event;

-- name: table_run
-- Every row of a folded table, in the order of its key.
select started_event, finished_event, id, project, environment, outcome
from run order by started_event;
