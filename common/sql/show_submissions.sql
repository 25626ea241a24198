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
-- Rows: one for each that is found, in the order of $1:
--   n                                     its number in $1, from 1
--   kind, batch_id, batch_line
--   state                                 received, awaiting_teaching_record, decided, dead
--   accepted_us, updated_us, decided_us   microseconds since 1970; decided_us null unless decided
--   result, http_status, body, resource_type, resource_api_id: of the outcome, else null
--   scopes                                its cache scopes, comma separated; null where no cached read can be older (PL-52)
--
-- The limit keeps the look-up by key: a partition made ahead has no statistics.
select asked.n,
       submission.kind,
       submission.batch_id,
       submission.batch_line,
       facts.state,
       (extract(epoch from submission.accepted_at) * 1000000)::bigint as accepted_us,
       (extract(epoch from facts.updated_at) * 1000000)::bigint as updated_us,
       (extract(epoch from facts.decided_at) * 1000000)::bigint as decided_us,
       facts.result,
       facts.http_status,
       facts.body::text as body,
       facts.resource_type,
       facts.resource_api_id,
       case when facts.decided_at > clock_timestamp() - interval '60 seconds' then array_to_string(facts.scopes, ',') end as scopes
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
 cross join lateral submission_facts(submission.id, submission.accepted_at, $5::timestamptz, $6::timestamptz) as facts
 order by asked.n;
