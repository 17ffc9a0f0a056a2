-- name: survey
-- The number of the survey of a project in an environment.
select id from survey where project = ?1 and environment = ?2;

-- name: entry_counts
-- How many entries of a survey have which status.
select status, count(*) from entry where survey_id = ?1 and gone is null group by 1 order by 1;

-- name: entry
-- An entry as the survey has it, be it there still or gone.
select body from entry where survey_id = ?1 and key = ?2;

-- name: keys
-- Every key of a survey.
select key from entry where survey_id = ?1 and gone is null order by key;

-- name: state
-- What the log knows of one target.
select s.state from target t join target_state s on s.target_id = t.id
where t.project = ?1 and t.environment = ?2 and t.asset = ?3 and t.partition = ?4;

-- name: owners
-- Whom a survey knows, as JSON.
select json_extract(body, '$.owners') from survey where project = ?1 and environment = ?2;
