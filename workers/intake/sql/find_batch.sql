-- find_batch: whether a batch exists already, so that it is acknowledged like a new one (PL-10).
--
--   $1 id           uuid
--   $2 accepted_at  timestamptz  the millisecond in it: only this partition is touched (PL-36)
--
-- Rows: one where it exists: accept_no of its first line.
select line.accept_no
  from submission_batches as batch
 cross join lateral (select s.accept_no
                       from submissions as s
                      where s.accepted_at = $2::timestamptz
                        and s.batch_id = batch.id
                      order by s.batch_line
                      limit 1) as line
 where batch.id = $1::uuid;
