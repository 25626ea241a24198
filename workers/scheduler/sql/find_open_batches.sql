-- find_open_batches: batches whose caller is to be told when they are finished, and was not yet (pipeline.md PL-54).
--
--   $1 from   timestamptz  bounds of accepted_at
--   $2 until  timestamptz  exclusive
--
-- Rows: id.
select batch.id
  from submission_batches as batch
 where batch.accepted_at >= $1::timestamptz and batch.accepted_at < $2::timestamptz
   and batch.caller_type = 'lead_provider'
   and exists (select
                 from webhook_endpoints as endpoint
                where endpoint.lead_provider_id = batch.caller_id
                  and endpoint.disabled_at is null
                  and 'batch.finished' = any (endpoint.event_kinds))
   and not exists (select
                     from webhook_deliveries as delivery
                    where delivery.batch_id = batch.id);
