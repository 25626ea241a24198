-- show_batch_results: lines of a batch with their outcomes, in input order, from one line on (submissions.md section 4), for
-- the caller whose it is.
--
--   $1 id           uuid
--   $2 accepted_at  timestamptz  the millisecond in it: only these partitions are touched (pipeline.md PL-36)
--   $3 caller_type  text         who asks
--   $4 caller_id    bigint
--   $5 after        integer      the line before
--   $6 count        integer      at most so many lines
--   $7 bytes        bigint       and about so many bytes of bodies, but always one line
--
-- Rows: one a line; none where the batch is not found:
--   line, submission_id
--   state                      received, awaiting_teaching_record, decided, dead (as show_submissions.sql)
--   result, http_status, body  of the outcome, else null
--   scopes                     its cache scopes, comma separated; null where no cached read can be older (PL-52)
--   last_line                  number of the batch's last line
with batch as materialized (
  select b.id,
         (select max(s.batch_line) from submissions as s where s.accepted_at = $2::timestamptz and s.batch_id = b.id) as last_line
    from submission_batches as b
   where b.id = $1::uuid
     and b.caller_type = $3::text
     and b.caller_id = $4::bigint
), page as (
  select batch.last_line, line.batch_line, line.id
    from batch
   cross join lateral (select s.batch_line, s.id
                         from submissions as s
                        where s.accepted_at = $2::timestamptz
                          and s.batch_id = batch.id
                          and s.batch_line > $5::integer
                        order by s.batch_line
                        limit $6::integer) as line
), shown as (
  select page.*,
         outcome.result,
         outcome.http_status,
         outcome.body,
         outcome.scopes,
         case
           when outcome.result is not null then 'decided'
           when letters.is_dead then 'dead'
           when stage.stage = 'records' and (letters.resolved_at is null or stage.at > letters.resolved_at)
             then 'awaiting_teaching_record'
           else 'received'
         end as state,
         sum(octet_length(coalesce(outcome.body, ''))) over (order by page.batch_line)
           - octet_length(coalesce(outcome.body, '')) as bytes_before
    from page
    left join lateral (select o.result, o.http_status, o.body::text as body,
                              case when o.decided_at > clock_timestamp() - interval '60 seconds'
                                then array_to_string(o.scopes, ',')
                              end as scopes
                         from submission_outcomes as o
                        where o.accepted_at = $2::timestamptz
                          and o.submission_id = page.id
                        limit 1) as outcome on true
    left join lateral (select e.stage, e.at
                         from submission_stages as e
                        where outcome.result is null
                          and e.accepted_at = $2::timestamptz
                          and e.submission_id = page.id
                        order by e.at desc
                        limit 1) as stage on true
    left join lateral (select bool_or(l.resolved_at is null) as is_dead, max(l.resolved_at) as resolved_at
                         from submission_dead_letters as l
                        where outcome.result is null
                          and l.submission_id = page.id) as letters on true
)
select batch_line as line, id as submission_id, state, result, http_status, body, scopes, last_line
  from shown
 where bytes_before < $7::bigint
 order by batch_line;
