-- insert_submissions: makes a group of submissions durable (pipeline.md PL-4, PL-10, PL-11).
--
-- Arrays of one length, one element a submission, in any order:
--   $1  ids             uuid[]         version 7
--   $2  accepted_at     timestamptz[]  the millisecond in the id
--   $3  kinds           text[]
--   $4  caller_types    text[]
--   $5  caller_ids      bigint[]       null: none
--   $6  api_token_ids   bigint[]       null: none
--   $7  modes           text[]         wait, async, bulk
--   $8  as_of           timestamptz[]  business time
--   $9  trace_ids       text[]
--   $10 payloads        jsonb[]        as received; an idempotency key is taken out
--   $11 digests         bytea[]        SHA-256 of what was asked
--   $12 participants    uuid[]         the person by the id that the payload gave; null: it gave none
--   $13 declarations    uuid[]         or by one of the person's declarations, whoever made it; null: it gave none
--   $14 otherwise       text[]         the subject where none of these is found
--   $15 accept_by       timestamptz[]  machine time after which it may no longer be accepted
--   $16 schools         uuid[]         the school by the id that the payload gave; null: it gave none
--   $17 partnerships    uuid[]         or by one of its partnerships, whoever's; null: it gave none
--   $18 clock_bound     interval       how far the millisecond may be from our clock (PL-1)
--
-- Rows: those that are new, in no order. What is missing existed already, came too late, or its clock was wrong.
-- The order by is the order of accept_no, and the order in which rows are locked: a group may meet its copy at
-- another intake, and any other order would dead-lock. Only partitions that rows go to are touched.
with sent as (
    select *
      from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
                  $8::timestamptz[], $9::text[], $10::jsonb[], $11::bytea[], $12::uuid[], $13::uuid[],
                  $14::text[], $15::timestamptz[], $16::uuid[], $17::uuid[])
           as sent (id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, as_of, trace_id, payload,
                    request_digest, participant, declaration, otherwise, accept_by, school, partnership)
)
insert into submissions (id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, subject, as_of, trace_id,
                         payload, request_digest)
select sent.id, sent.accepted_at, sent.kind, sent.caller_type, sent.caller_id, sent.api_token_id, sent.mode,
       coalesce('trn:' || teachers.trn, 'teacher:' || teachers.id, 'trn:' || declared.trn, 'teacher:' || declared.id,
                'school:' || schools.id, 'school:' || school_partnerships.school_id, sent.otherwise),
       sent.as_of, sent.trace_id, sent.payload - 'idempotency_key', sent.request_digest
  from sent
  left join teachers on teachers.api_id = sent.participant
  left join declarations on declarations.api_id = sent.declaration
  left join teachers as declared on declared.id = declarations.teacher_id
  left join schools on schools.api_id = sent.school
  left join school_partnerships on school_partnerships.api_id = sent.partnership
 where sent.accept_by > clock_timestamp()
   and sent.accepted_at > clock_timestamp() - $18::interval
   and sent.accepted_at < clock_timestamp() + $18::interval
 order by sent.id
    on conflict do nothing
returning id, accept_no, subject, (extract(epoch from clock_timestamp()) * 1000000)::bigint as clock_us;
