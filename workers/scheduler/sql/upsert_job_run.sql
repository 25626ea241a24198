-- upsert_job_run: a job has run (operations.md OP-14).
--
--   $1 job          text
--   $2 due_at       timestamptz  the due time that it was run for, in the job's own clock
--   $3 started_at   timestamptz  machine time
--   $4 finished_at  timestamptz  machine time
--   $5 duration_ms  bigint
--   $6 error        text         null: it succeeded, and due_at is worked off
--
-- Rows: none.
insert into job_runs as run (job, last_due_at, last_started_at, last_finished_at, last_succeeded_at, last_duration_ms,
                             last_error)
values ($1::text, case when $6::text is null then $2::timestamptz end, $3::timestamptz, $4::timestamptz,
        case when $6::text is null then $4::timestamptz end, $5::bigint, $6::text)
    on conflict (job) do update
   set last_due_at = coalesce(excluded.last_due_at, run.last_due_at),
       last_started_at = excluded.last_started_at,
       last_finished_at = excluded.last_finished_at,
       last_succeeded_at = coalesce(excluded.last_succeeded_at, run.last_succeeded_at),
       last_duration_ms = excluded.last_duration_ms,
       last_error = excluded.last_error,
       updated_at = clock_timestamp();
