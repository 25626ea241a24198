-- list_submissions: ids of a caller's submissions that were accepted between two instants, oldest first
-- (submissions.md section 3).
--
--   $1 caller_type    text
--   $2 caller_id      bigint
--   $3 from           timestamptz  only these partitions are touched (pipeline.md PL-36): from,
--   $4 until          timestamptz  until, both included
--   $5 state          text         null = all
--   $6 updated_since  timestamptz  null = always
--   $7 skip, $8 take  bigint
--
-- Rows: at least one; at most $8, in their order:
--   matched  how many there are, counted up to $7 + $8
--   id       null in the only row when there are none behind those that are skipped
--
-- Planned with its parameters: without filters nothing but the submissions themselves is looked at.
with matching as materialized (
  select submission.id, submission.accepted_at
    from submissions as submission
   where submission.caller_type = $1::text
     and submission.caller_id = $2::bigint
     and submission.accepted_at >= $3::timestamptz and submission.accepted_at <= $4::timestamptz
     and (($5::text is null and $6::timestamptz is null)
          or exists (select
                       from submission_facts(submission.id, submission.accepted_at, $3::timestamptz, $4::timestamptz) as facts
                      where ($5::text is null or facts.state = $5::text)
                        and ($6::timestamptz is null or facts.updated_at >= $6::timestamptz)))
   order by submission.accepted_at, submission.id
   limit $7::bigint + $8::bigint
)
select (select count(*) from matching) as matched, page.id
  from (select 1) as always
  left join (select * from matching order by accepted_at, id offset $7::bigint limit $8::bigint) as page on true
 order by page.accepted_at, page.id;
