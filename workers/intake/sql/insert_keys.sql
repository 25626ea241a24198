-- insert_keys: stores the idempotency keys of submissions that this transaction has stored, or one before it
-- (pipeline.md PL-10, submissions.md section 5). The locks of these keys are held, and nobody else has them.
--
-- Arrays of one length, one element a submission:
--   $1 ids           uuid[]
--   $2 accepted_at   timestamptz[]  the millisecond in the id
--   $3 caller_types  text[]
--   $4 caller_ids    bigint[]
--   $5 keys          text[]
--   $6 digests       bytea[]        SHA-256 of what was asked
--   $7 from          timestamptz    the smallest of $2, and
--   $8 until         timestamptz    the largest: only these partitions are touched (PL-36)
--
-- Rows: none. What was refused (it came too late) has no submission, and leaves no key. A conflict is a copy that was
-- stored before.
insert into idempotency_keys (day, caller_type, caller_id, key, request_digest, submission_id, accepted_at, expires_at)
select (sent.accepted_at at time zone 'UTC')::date, sent.caller_type, sent.caller_id, sent.key, sent.request_digest,
       stored.id, sent.accepted_at, sent.accepted_at + interval '24 hours'
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[], $5::text[], $6::bytea[])
       as sent (id, accepted_at, caller_type, caller_id, key, request_digest)
 cross join lateral (select s.id
                       from submissions as s
                      where s.accepted_at = sent.accepted_at
                        and s.id = sent.id
                        and s.accepted_at >= $7::timestamptz
                        and s.accepted_at <= $8::timestamptz
                      limit 1) as stored
 order by sent.id
    on conflict do nothing;
