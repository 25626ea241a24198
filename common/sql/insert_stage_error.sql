-- insert_stage_error: a stage of a submission failed; the row makes the scheduler send it again later (pipeline.md
-- PL-40, PL-43).
--
--   $1 submission_id  uuid
--   $2 accepted_at    timestamptz: the millisecond in the id; the only partition that is touched
--   $3 stage          text: records, validation, eligibility or payments
--   $4 worker         text: who failed
--   $5 duration_us    bigint: how long it took, null = not known
--   $6 detail         jsonb: {"kind", "sqlstate", "detail", …} for the operator; never personal data
--
-- Rows: one, the attempt that was written; none when somebody else wrote this attempt at the same instant.
insert into submission_stages (accepted_at, submission_id, stage, attempt, at, worker, duration_us, detail)
select $2::timestamptz, $1::uuid, $3::text, coalesce(max(s.attempt), 0) + 1, clock_timestamp(), $4::text,
       $5::bigint, $6::jsonb
  from submission_stages s
 where s.accepted_at = $2::timestamptz
   and s.submission_id = $1::uuid
   and s.stage = $3::text
    on conflict do nothing
returning attempt;
