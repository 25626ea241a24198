-- show_batches: the stored facts from which a batch's resource is made (submissions.md section 4), for batches of the callers
-- who ask. What is somebody else's is not found.
--
--   $1 ids           uuid[]
--   $2 accepted_at   timestamptz[]  the millisecond in each id
--   $3 caller_types  text[]         who asks
--   $4 caller_ids    bigint[]
--   $5 from          timestamptz    the smallest of $2, and
--   $6 until         timestamptz    the largest: only these partitions are touched (pipeline.md PL-36)
--
-- Rows: one for each that is found:
--   n                                   its number in $1, from 1
--   kind, line_count
--   decided_us                          when its last outcome was written, microseconds since 1970; null: there is none
--   succeeded, rejected, failed, dead   how many lines; the others are undecided
--   scopes                              cache scopes of those decided lately, comma separated; null: none (PL-52)
--
-- The limits keep the look-ups by key: a partition made ahead has no statistics.
select asked.n,
       batch.kind,
       batch.line_count,
       (extract(epoch from counted.decided_at) * 1000000)::bigint as decided_us,
       counted.succeeded,
       counted.rejected,
       counted.failed,
       counted.dead,
       counted.scopes
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[])
       with ordinality as asked (id, accepted_at, caller_type, caller_id, n)
 cross join lateral (select b.*
                       from submission_batches as b
                      where b.id = asked.id
                        and b.caller_type = asked.caller_type
                        and b.caller_id = asked.caller_id
                      limit 1) as batch
 cross join lateral (select max(outcome.decided_at) as decided_at,
                            count(*) filter (where outcome.result = 'succeeded') as succeeded,
                            count(*) filter (where outcome.result = 'rejected') as rejected,
                            count(*) filter (where outcome.result = 'failed') as failed,
                            count(*) filter (where letter.is_dead) as dead,
                            string_agg(distinct array_to_string(outcome.scopes, ','), ',')
                              filter (where outcome.decided_at > clock_timestamp() - interval '60 seconds'
                                        and outcome.scopes <> '{}') as scopes
                       from submissions as line
                       left join lateral (select o.result, o.decided_at, o.scopes
                                            from submission_outcomes as o
                                           where o.accepted_at = asked.accepted_at
                                             and o.accepted_at >= $5::timestamptz and o.accepted_at <= $6::timestamptz
                                             and o.submission_id = line.id
                                           limit 1) as outcome on true
                       left join lateral (select true as is_dead
                                            from submission_dead_letters as l
                                           where outcome.result is null
                                             and l.submission_id = line.id
                                             and l.resolved_at is null
                                           limit 1) as letter on true
                      where line.accepted_at = asked.accepted_at
                        and line.accepted_at >= $5::timestamptz and line.accepted_at <= $6::timestamptz
                        and line.batch_id = batch.id) as counted;
