-- find_submissions: those of a group that exist already, so that they are acknowledged like new ones (PL-10).
--
--   $1 ids          uuid[]
--   $2 accepted_at  timestamptz[]  the millisecond in each id
--   $3 from         timestamptz    the smallest of them, and
--   $4 until        timestamptz    the largest: only these partitions are touched (PL-36)
--
-- Rows: those that exist, in no order. The limit keeps the look-up one by primary key: joined freely, a planner without
-- statistics reads everything between the bounds.
select found.id, found.accept_no, found.subject, (extract(epoch from clock_timestamp()) * 1000000)::bigint as clock_us
  from unnest($1::uuid[], $2::timestamptz[]) as sent (id, accepted_at)
 cross join lateral (select submissions.id, submissions.accept_no, submissions.subject
                       from submissions
                      where submissions.accepted_at = sent.accepted_at
                        and submissions.id = sent.id
                        and submissions.accepted_at >= $3::timestamptz
                        and submissions.accepted_at <= $4::timestamptz
                      limit 1) as found;
