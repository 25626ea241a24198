-- find_keys: which submissions hold idempotency keys (pipeline.md PL-15), under the locks of these keys.
--
-- Arrays of one length, one element a submission that came with a key:
--   $1 caller_types  text[]
--   $2 caller_ids    bigint[]
--   $3 keys          text[]
--   $4 digests       bytea[]        SHA-256 of what was asked
--   $5 accepted_at   timestamptz[]  the millisecond in its id
--   $6 from          timestamptz    what holds a key was accepted within these bounds: a day before the smallest of $5,
--   $7 until         timestamptz    and the largest, each with what clocks may differ (PL-36)
--
-- Rows: one for each whose key is held, by itself too:
--   n                its number, from 1
--   submission_id    who holds the key
--   is_same_request  whether it asked for the same
--   mode             of the holder; null: it is a batch
--   clock_us         machine time of the database
--
-- A key is free again when 24 hours lie between the times in the two ids. So the two have different days, and stand beside
-- each other; whatever the clocks of fronts, no row is ever in the way of a new one. Of several the newest holds it.
select sent.n,
       held.submission_id,
       held.request_digest = sent.request_digest as is_same_request,
       submission.mode,
       (extract(epoch from clock_timestamp()) * 1000000)::bigint as clock_us
  from unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::timestamptz[])
       with ordinality as sent (caller_type, caller_id, key, request_digest, accepted_at, n)
 cross join lateral (select k.submission_id, k.accepted_at, k.request_digest
                       from idempotency_keys as k
                      where k.day >= ($6::timestamptz at time zone 'UTC')::date
                        and k.day <= ($7::timestamptz at time zone 'UTC')::date
                        and k.caller_type = sent.caller_type
                        and k.caller_id = sent.caller_id
                        and k.key = sent.key
                        and k.expires_at > sent.accepted_at
                      order by k.day desc
                      limit 1) as held
  left join lateral (select s.mode
                       from submissions as s
                      where s.accepted_at = held.accepted_at
                        and s.id = held.submission_id
                        and s.accepted_at >= $6::timestamptz
                        and s.accepted_at <= $7::timestamptz
                      limit 1) as submission on true;
