-- insert_batch_deliveries: tells whoever asked for it that batches are finished (pipeline.md PL-54). Their one writer is the
-- leader, so none is told twice. Endpoints that were made after the last outcome get nothing: nothing has happened since.
--
-- Arrays of one length, one element a batch:
--   $1 ids          uuid[]
--   $2 accepted_at  timestamptz[]  the millisecond in the id
--   $3 from         timestamptz    the smallest of $2, and
--   $4 until        timestamptz    the largest: only these partitions are touched (PL-36)
--
-- Rows: batch_id of each delivery that was written.
insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, batch_id, trace_id)
select told.id, uuid_v7_time(told.id), told.endpoint_id, 'batch.finished', told.batch_id, told.trace_id
  from (select uuid_v7() as id, endpoint.id as endpoint_id, batch.id as batch_id, line.trace_id
          from unnest($1::uuid[], $2::timestamptz[]) as finished (id, accepted_at)
          join submission_batches as batch on batch.id = finished.id
          join webhook_endpoints as endpoint on batch.caller_type = 'lead_provider'
           and endpoint.lead_provider_id = batch.caller_id
           and endpoint.disabled_at is null
           and 'batch.finished' = any (endpoint.event_kinds)
         cross join lateral (select s.trace_id
                               from submissions as s
                              where s.accepted_at = finished.accepted_at
                                and s.accepted_at >= $3::timestamptz and s.accepted_at <= $4::timestamptz
                                and s.batch_id = batch.id
                              limit 1) as line
         where endpoint.created_at <= (select max(o.decided_at)
                                         from submissions as s
                                         join submission_outcomes as o on o.accepted_at = s.accepted_at
                                          and o.submission_id = s.id
                                          and o.accepted_at >= $3::timestamptz and o.accepted_at <= $4::timestamptz
                                        where s.accepted_at = finished.accepted_at
                                          and s.accepted_at >= $3::timestamptz and s.accepted_at <= $4::timestamptz
                                          and s.batch_id = batch.id)
           and not exists (select
                             from webhook_deliveries as delivery
                            where delivery.batch_id = batch.id
                              and delivery.webhook_endpoint_id = endpoint.id)
        offset 0) as told
returning batch_id;
