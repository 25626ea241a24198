-- show_unfunded_mentors: what a lead provider sees of mentors who mentor its ECTs and were never trained by it
-- (lead-provider-api.md 8). Who is no such mentor has no row.
--
--   $1 teacher_ids        bigint[]
--   $2 lead_provider_ids  bigint[]  who asks for each
--
-- Rows: one for each, in the order of the arrays:
--   n                                                number of the pair, from 1
--   participant_id, corrected_name, trs_first_name, trs_last_name, trn
--   email                                            of the school period under which the provider's ECTs are mentored; of
--                                                    several, the one started last
--   created_us, updated_us                           microseconds since 1970
select asked.n,
       teacher.api_id as participant_id,
       teacher.corrected_name,
       teacher.trs_first_name,
       teacher.trs_last_name,
       teacher.trn,
       place.email,
       (extract(epoch from teacher.created_at) * 1000000)::bigint as created_us,
       (extract(epoch from teacher.api_unfunded_mentor_updated_at) * 1000000)::bigint as updated_us
  from unnest($1::bigint[], $2::bigint[]) with ordinality as asked (teacher_id, lead_provider_id, n)
  join teachers as teacher on teacher.id = asked.teacher_id
 cross join lateral (select p.email
                       from school_periods as p
                      where p.teacher_id = asked.teacher_id
                        and exists (select
                                      from teacher_provider_status as mentored
                                     where mentored.assigned_mentor_school_period_id = p.id
                                       and mentored.lead_provider_id = asked.lead_provider_id)
                      order by p.started_on desc, p.id desc
                      limit 1) as place
 where not exists (select
                     from teacher_provider_status as trained
                    where trained.lead_provider_id = asked.lead_provider_id
                      and trained.teacher_id = asked.teacher_id)
 order by asked.n;
