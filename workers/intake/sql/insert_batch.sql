-- insert_batch: makes a bulk request durable: the batch, its idempotency key and all of its lines, or nothing
-- (pipeline.md PL-4, PL-10, PL-11, PL-16).
--
--   $1  id           uuid         version 7
--   $2  accepted_at  timestamptz  the millisecond in it
--   $3  kind         text         of the lines
--   $4  caller_type  text
--   $5  caller_id    bigint       null: none
--   $6  token_id     bigint       null: none
--   $7  line_count   integer
--   $8  as_of        timestamptz  business time
--   $9  trace_id     text
--   $10 digest       bytea        SHA-256 of what was asked
--   $11 accept_by    timestamptz  machine time after which it may no longer be accepted
--   $12 clock_bound  interval     how far the millisecond may be from our clock (PL-1)
--   $13 key          text         idempotency key; null: none. Its lock is held, and nobody else has it
-- Arrays of one length, one element a line, ascending:
--   $14 ids           uuid[]
--   $15 lines         integer[]
--   $16 payloads      jsonb[]
--   $17 participants  uuid[]      the person by the id that the payload gave; null: it gave none
--   $18 declarations  uuid[]      or by one of the person's declarations
--   $19 otherwise     text[]      the subject where no such person is found
--
-- Rows: one. lines: how many were stored; 0: the batch existed already, came too late, or its clock was wrong. accept_no:
-- the first line's.
-- A copy of the batch at another intake waits for this one at the batch's row, and then finds it. The order by is the
-- order of accept_no; subjects are those of insert_submissions.sql.
with batch as (
  insert into submission_batches (id, caller_type, caller_id, api_token_id, kind, line_count, accepted_at)
  select $1::uuid, $4::text, $5::bigint, $6::bigint, $3::text, $7::integer, $2::timestamptz
   where $11::timestamptz > clock_timestamp()
     and $2::timestamptz > clock_timestamp() - $12::interval
     and $2::timestamptz < clock_timestamp() + $12::interval
      on conflict do nothing
  returning id, accepted_at
), key as (
  insert into idempotency_keys (day, caller_type, caller_id, key, request_digest, submission_id, accepted_at, expires_at)
  select (batch.accepted_at at time zone 'UTC')::date, $4::text, $5::bigint, $13::text, $10::bytea, batch.id, batch.accepted_at,
         batch.accepted_at + interval '24 hours'
    from batch
   where $13::text is not null
), lines as (
  insert into submissions (id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, subject, as_of, trace_id, payload,
                           request_digest, batch_id, batch_line)
  select sent.id, batch.accepted_at, $3::text, $4::text, $5::bigint, $6::bigint, 'bulk',
         coalesce('trn:' || teachers.trn, 'teacher:' || teachers.id, 'trn:' || declared.trn, 'teacher:' || declared.id,
                  sent.otherwise),
         $8::timestamptz, $9::text, sent.payload, $10::bytea, batch.id, sent.line
    from batch
   cross join unnest($14::uuid[], $15::integer[], $16::jsonb[], $17::uuid[], $18::uuid[], $19::text[])
              as sent (id, line, payload, participant, declaration, otherwise)
    left join teachers on teachers.api_id = sent.participant
    left join declarations on declarations.api_id = sent.declaration
    left join teachers as declared on declared.id = declarations.teacher_id
   order by sent.line
  returning accept_no
)
select count(*) as lines, min(accept_no) as accept_no
  from lines;
