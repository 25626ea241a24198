-- Gives a dead letter back its old place: the scheduler sends it again (PL-5, PL-43).
--   $1 uuid  submission
-- One row when there was an unresolved one: submission_id.
update submission_dead_letters
set resolved_at = clock_timestamp(), resolution = 'retried'
where submission_id = $1::uuid
  and resolved_at is null
returning submission_id
