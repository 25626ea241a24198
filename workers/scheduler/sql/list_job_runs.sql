-- list_job_runs: what was worked off before this leader came (operations.md OP-14).
--
-- Rows: one for each job that ever ran:
--   job
--   due_us      the latest due time that was worked off, microseconds since 1970; null = none
--   success_us  when it last succeeded, machine time; null = never
select job,
       (extract(epoch from last_due_at) * 1000000)::bigint as due_us,
       (extract(epoch from last_succeeded_at) * 1000000)::bigint as success_us
  from job_runs;
