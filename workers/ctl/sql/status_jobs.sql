-- Last runs of the scheduled jobs (operations.md OP-14).
-- Rows: one a job: job, last_succeeded_at, seconds_ago, last_duration_ms, failing (the newest run did not succeed),
-- last_error.
select job, to_char(last_succeeded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as last_succeeded_at,
       extract(epoch from clock_timestamp() - last_succeeded_at)::bigint as seconds_ago, last_duration_ms,
       last_finished_at is not null and last_succeeded_at is distinct from last_finished_at and last_error is not null
         as failing,
       last_error
from job_runs
order by job
