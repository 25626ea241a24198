-- Decides a dead letter for good: its outcome is `failed` (PL-42), what was given for matching only goes (DM-30).
--   $1 uuid  submission
--   $2 json  body of the answer
-- One row when this statement decided it: submission_id.
with decided as (
  insert into submission_outcomes (accepted_at, submission_id, result, http_status, body)
  values (uuid_v7_time($1::uuid), $1::uuid, 'failed', 500, $2)
  on conflict do nothing
  returning submission_id
), forgotten as (
  delete from submission_private
  where submission_id = (select submission_id from decided)
)
update submission_dead_letters
set resolved_at = clock_timestamp(), resolution = 'dropped'
where submission_id = (select submission_id from decided)
  and resolved_at is null
returning submission_id
