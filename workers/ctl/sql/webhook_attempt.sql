-- The first attempt at a delivery that has ended.
--   $1 uuid  delivery
-- Rows: none yet, or one: outcome, code, error, ms (that it took).
select outcome, code, error, (extract(epoch from finished_at - started_at) * 1000)::bigint as ms
from webhook_attempts
where delivery_created_at = uuid_v7_time($1::uuid)
  and delivery_id = $1::uuid
  and phase = 'finished'
order by n
limit 1
