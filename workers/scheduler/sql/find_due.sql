-- find_due: what is to be sent, sent again or buried now (pipeline.md PL-43): single submissions first, then lines of bulk,
-- each smallest accept_no first.
--
--   $1 from      timestamptz  bounds of accepted_at: only these partitions are touched (PL-36)
--   $2 until     timestamptz  exclusive
--   $3 wait      interval     age at which a submission without error is due
--   $4 excluded  uuid[]       sent a moment ago, not to be sent again yet
--   $5 count     bigint       at most so many rows, lines of bulk that nobody has fed yet not counted
--   $6 bytes     bigint       and about so many bytes of payloads, but always one row
--   $7 window    bigint       so many lines of bulk may be on their way at once
--
-- Rows:
--   id, accept_no, kind, caller_type, caller_id, api_token_id, mode, trace_id, subject
--   as_of_us  microseconds since 1970
--   payload   text of JSON; empty where it is to be buried
--   stage     of the newest error, null without one
--   errors    how many that stage had since the last resolution
--   reason    why it is to be buried; null: it is to be sent
--   is_new_line  a line of bulk that is fed, perhaps not for the first time
--
-- Undecided, not dead. After the k-th error of a stage it waits 2^k s, and it is dead after the 5th; errors of records
-- follow the policy of outboxes (notifications.md NT-40): at most 3 600 s, dead after the 15th. Errors before a dead
-- letter was resolved no longer count (PL-42). Nothing stays undecided for 7 days (PL-5).
--
-- A line of bulk without error is due at once (PL-16), if it is among the first $7 of them that are undecided: as these are
-- decided the next ones follow, and what waits in brokers is never more.
with undecided as materialized (
    select s.accepted_at, s.id, s.accept_no, s.mode = 'bulk' as is_line
      from submissions as s
     where s.accepted_at >= $1::timestamptz and s.accepted_at < $2::timestamptz
       and not exists (select
                         from submission_outcomes as o
                        where o.accepted_at = s.accepted_at
                          and o.submission_id = s.id
                          and o.accepted_at >= $1::timestamptz and o.accepted_at < $2::timestamptz)
), living as (
    select u.*, letters.resolved_at
      from undecided as u
     cross join lateral (select bool_or(l.resolved_at is null) as is_dead, max(l.resolved_at) as resolved_at
                           from submission_dead_letters as l
                          where l.submission_id = u.id) as letters
     where letters.is_dead is not true
), judged as materialized (
    select living.*,
           error.stage,
           error.at,
           error.reason,
           coalesce(error.errors, 0) as errors,
           case when error.stage = 'records' then 15 else 5 end as errors_allowed,
           living.is_line and error.stage is null and living.accepted_at > clock_timestamp() - interval '7 days' as is_new_line
      from living
      left join lateral (select newest.stage,
                                newest.at,
                                newest.detail ->> 'reason' as reason,
                                count(*) over (partition by newest.stage) as errors
                           from submission_stages as newest
                          where newest.accepted_at = living.accepted_at
                            and newest.submission_id = living.id
                            and newest.accepted_at >= $1::timestamptz and newest.accepted_at < $2::timestamptz
                            and newest.at > coalesce(living.resolved_at, '-infinity')
                          order by newest.at desc
                          limit 1) as error on true
), due as materialized (
    select judged.*,
           case
             when accepted_at <= clock_timestamp() - interval '7 days' then 'too old'
             when errors >= errors_allowed then coalesce(reason, 'failed too often')
           end as burial
      from judged
     where not is_new_line
       and (errors >= errors_allowed
            or accepted_at <= clock_timestamp() - interval '7 days'
            or (id <> all ($4::uuid[])
                and case
                      when errors = 0 then greatest(accepted_at, resolved_at) <= clock_timestamp() - $3::interval
                      else at <= clock_timestamp() - least(power(2, errors), 3600) * interval '1 second'
                    end))
     order by accept_no
     limit $5::bigint
), fed as (
    select *
      from (select * from judged where is_new_line order by accept_no limit $7::bigint) as first
     where id <> all ($4::uuid[])
), all_due as (
    select * from due
     union all
    select fed.*, null from fed
), sized as (
    select due.*,
           s.kind,
           s.caller_type,
           s.caller_id,
           s.api_token_id,
           s.mode,
           s.trace_id,
           s.subject,
           s.as_of,
           s.payload,
           sum(octet_length(s.payload)) over (order by due.is_new_line, due.accept_no) - octet_length(s.payload) as bytes_before
      from all_due as due
     cross join lateral (select submissions.*, case when due.burial is null then submissions.payload::text end as text
                           from submissions
                          where submissions.accepted_at = due.accepted_at
                            and submissions.id = due.id
                            and submissions.accepted_at >= $1::timestamptz and submissions.accepted_at < $2::timestamptz
                          limit 1) as stored
     cross join lateral (select stored.kind, stored.caller_type, stored.caller_id, stored.api_token_id, stored.mode,
                                stored.trace_id, stored.subject, stored.as_of, coalesce(stored.text, '') as payload
                        ) as s
)
select id, accept_no, kind, caller_type, caller_id, api_token_id, mode, trace_id, subject,
       (extract(epoch from as_of) * 1000000)::bigint as as_of_us,
       payload, stage, errors, burial as reason, is_new_line
  from sized
 where bytes_before < $6::bigint
 order by is_new_line, accept_no;
