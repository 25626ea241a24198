-- The look of pipeline.md section 4, step 2, under the subjects' locks: is there an outcome, a dead letter, an earlier
-- submission of the subject that is undecided, not resting and not dead?
--   $1 uuid[] ids, $2 timestamptz[] their accepted_at, $3 bigint[] their accept_no, $4 text[] their subjects
--   $5, $6 timestamptz  bounds of their accepted_at: from, until (exclusive), for the outcomes of the batch itself
--   $7, $8 timestamptz  bounds for earlier ones: eight days back (PL-5), until now
-- One row for each id: the stored outcome (null without one; `scopes` comma separated, and empty where it is so old that no
-- cached read can be older, PL-52), `dead`, `earlier`, and `now`: the database's machine time.
select asked.id,
       stored.result::text as result,
       stored.http_status,
       stored.body::text as body,
       case when stored.decided_at > clock_timestamp() - interval '60 seconds' then array_to_string(stored.scopes, ',')
       end as scopes,
       exists (select from submission_dead_letters as letter
               where letter.submission_id = asked.id and letter.resolved_at is null) as dead,
       stored.submission_id is null and exists (
         -- ordered, the numbers compared as pairs, and with offset 0 where a join would come of it: a partition made ahead
         -- has no statistics, one of a day on which a single person's were sent has some that mislead (the index by accept_no
         -- alone then looks as good), and these leave the planner no plan but look-ups by (subject, accept_no) and by
         -- primary key (PL-36)
         select from submissions as other
         where other.subject = asked.subject
           and (other.subject, other.accept_no) < (asked.subject, asked.accept_no)
           and other.accepted_at >= $7::timestamptz and other.accepted_at < $8::timestamptz
           and not exists (select from submission_outcomes as outcome
                           where outcome.accepted_at = other.accepted_at and outcome.submission_id = other.id
                             and outcome.accepted_at >= $7::timestamptz and outcome.accepted_at < $8::timestamptz
                           offset 0)
           and not exists (select from submission_dead_letters as letter
                           where letter.submission_id = other.id and letter.resolved_at is null offset 0)
           and coalesce((select stage.stage <> 'records'
                           or stage.at <= coalesce((select max(letter.resolved_at) from submission_dead_letters as letter
                                                    where letter.submission_id = other.id), '-infinity')
                         from submission_stages as stage
                         where stage.accepted_at = other.accepted_at and stage.submission_id = other.id
                           and stage.accepted_at >= $7::timestamptz and stage.accepted_at < $8::timestamptz
                         order by stage.at desc
                         limit 1), true)
         order by other.subject, other.accept_no
         limit 1 offset 0
       ) as earlier,
       (extract(epoch from clock_timestamp()) * 1000000)::bigint as now
from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::text[]) as asked (id, accepted_at, accept_no, subject)
left join lateral (select outcome.*
                   from submission_outcomes as outcome
                   where outcome.accepted_at = asked.accepted_at and outcome.submission_id = asked.id
                     and outcome.accepted_at >= $5::timestamptz and outcome.accepted_at < $6::timestamptz
                   limit 1) as stored on true
