-- The subject of a submission, whose lock is to be taken before anything is looked at (pipeline.md section 3).
--   $1 uuid  submission
-- One row: subject; none when it is not kept any more, or never was.
select subject
from submissions
where accepted_at = uuid_v7_time($1::uuid)
  and id = $1::uuid
