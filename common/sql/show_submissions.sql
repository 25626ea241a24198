-- show_submissions: the stored facts from which a submission's resource is made (submissions.md section 3), for
-- submissions of the callers who ask. What is somebody else's is not found.
--
--   $1 ids           uuid[]
--   $2 accepted_at   timestamptz[]  the millisecond in each id
--   $3 caller_types  text[]         who asks
--   $4 caller_ids    bigint[]
--   $5 from          timestamptz    the smallest of $2, and
--   $6 until         timestamptz    the largest: only these partitions are touched (pipeline.md PL-36)
--
-- Rows: one for each that is found:
--   n                                     its number in $1, from 1
--   kind, batch_id, batch_line
--   state                                 received, awaiting_teaching_record, decided, dead
--   accepted_us, updated_us, decided_us   microseconds since 1970; decided_us null unless decided
--   result, http_status, body, resource_type, resource_api_id: of the outcome, else null
--
-- The limits keep the look-ups by key: a partition made ahead has no statistics. An error before a dead letter was
-- resolved no longer counts (PL-42).
select asked.n,
       submission.kind,
       submission.batch_id,
       submission.batch_line,
       case
         when outcome.decided_at is not null then 'decided'
         when letters.is_dead then 'dead'
         when stage.stage = 'records' and (letters.resolved_at is null or stage.at > letters.resolved_at)
           then 'awaiting_teaching_record'
         else 'received'
       end as state,
       (extract(epoch from submission.accepted_at) * 1000000)::bigint as accepted_us,
       (extract(epoch from greatest(submission.accepted_at, outcome.decided_at, stage.at, letters.dead_at,
                                    letters.resolved_at)) * 1000000)::bigint as updated_us,
       (extract(epoch from outcome.decided_at) * 1000000)::bigint as decided_us,
       outcome.result,
       outcome.http_status,
       outcome.body::text as body,
       outcome.resource_type,
       outcome.resource_api_id
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[])
       with ordinality as asked (id, accepted_at, caller_type, caller_id, n)
 cross join lateral (select s.*
                       from submissions as s
                      where s.accepted_at = asked.accepted_at
                        and s.id = asked.id
                        and s.accepted_at >= $5::timestamptz and s.accepted_at <= $6::timestamptz
                        and s.caller_type = asked.caller_type
                        and s.caller_id = asked.caller_id
                      limit 1) as submission
  left join lateral (select o.*
                       from submission_outcomes as o
                      where o.accepted_at = submission.accepted_at
                        and o.submission_id = submission.id
                        and o.accepted_at >= $5::timestamptz and o.accepted_at <= $6::timestamptz
                      limit 1) as outcome on true
  left join lateral (select e.stage, e.at
                       from submission_stages as e
                      where e.accepted_at = submission.accepted_at
                        and e.submission_id = submission.id
                        and e.accepted_at >= $5::timestamptz and e.accepted_at <= $6::timestamptz
                      order by e.at desc
                      limit 1) as stage on true
 cross join lateral (select bool_or(l.resolved_at is null) as is_dead,
                            max(l.dead_at) as dead_at,
                            max(l.resolved_at) as resolved_at
                       from submission_dead_letters as l
                      where l.submission_id = submission.id) as letters;
