-- find_undecided_lines: of each batch the last undecided line, up to the one that was it before (pipeline.md PL-54).
--
-- Arrays of one length, one element a batch:
--   $1 ids          uuid[]
--   $2 accepted_at  timestamptz[]  the millisecond in the id
--   $3 lines        integer[]      the lines behind this one are decided
--   $4 from         timestamptz    the smallest of $2, and
--   $5 until        timestamptz    the largest: only these partitions are touched (PL-36)
--
-- Rows: one for each batch: n, its number in $1, from 1; line, null: all are decided.
select asked.n, undecided.batch_line as line
  from unnest($1::uuid[], $2::timestamptz[], $3::integer[]) with ordinality as asked (id, accepted_at, line, n)
  left join lateral (select s.batch_line
                       from submissions as s
                      where s.accepted_at = asked.accepted_at
                        and s.accepted_at >= $4::timestamptz and s.accepted_at <= $5::timestamptz
                        and s.batch_id = asked.id
                        and s.batch_line <= asked.line
                        and (select true
                               from submission_outcomes as o
                              where o.accepted_at = s.accepted_at
                                and o.accepted_at >= $4::timestamptz and o.accepted_at <= $5::timestamptz
                                and o.submission_id = s.id) is null
                      order by s.batch_line desc
                      limit 1) as undecided on true;
