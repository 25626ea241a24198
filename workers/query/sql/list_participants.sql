-- list_participants: which participants are on a page of those that a lead provider may see (lead-provider-api.md 3.12, 4).
--
--   $1 lead_provider_id      bigint       who asks
--   $2 cohorts               integer[]    of either enrolment; null = all
--   $3 training_status       text         that either enrolment matches, coarser than the one shown (4.1); null = all, a word
--                                         that is none = nobody
--   $4 from_participant_ids  uuid[]       merged into the participant; null = all
--   $5 updated_since         timestamptz  null = always
--   $6 sort, $7 then         text         created_at or updated_at, with "-" before it descending; null = no more
--   $8 skip, $9 take         bigint
--
-- Rows: id of the teacher, at most $9, in their order; those of one instant by id.
--
-- Planned with its parameters (DB_PLAN_WITH_BOUNDS): a filter that is null and an order that is not asked for are no part of
-- the plan then, and the order is one by columns: of all of a provider's by (lead_provider_id, teacher_created_at), or of
-- teachers by (api_updated_at), until the page is full. A cohort is read from its two indexes, into an array. Where filters
-- leave few these orders are not looked for: + interval '0' has no index. The planner takes it that those who match lie
-- everywhere in an order, but they lie together, and it would read all that is before them.
select status.teacher_id as id
  from teacher_provider_status as status
  join teachers as teacher on teacher.id = status.teacher_id
 cross join lateral (
       select case when ($3::text is null or $3::text = 'active') and $5::timestamptz is null
                then status.teacher_created_at
                else status.teacher_created_at + interval '0'
              end as created_at,
              case when $3::text is null or $3::text = 'active'
                then teacher.api_updated_at
                else teacher.api_updated_at + interval '0'
              end as updated_at) as at
 where status.lead_provider_id = $1::bigint
   and ($2::integer[] is null
        or status.teacher_id = any (array(select s.teacher_id
                                            from teacher_provider_status as s
                                           where s.lead_provider_id = $1::bigint
                                             and s.latest_ect_contract_period_year = any ($2::integer[])
                                          union all
                                          select s.teacher_id
                                            from teacher_provider_status as s
                                           where s.lead_provider_id = $1::bigint
                                             and s.latest_mentor_contract_period_year = any ($2::integer[]))))
   and ($3::text is null
        or exists (select
                     from training_periods as training
                    where training.id in (status.latest_ect_training_period_id, status.latest_mentor_training_period_id)
                      and case $3::text
                            when 'withdrawn' then training.withdrawn_at is not null
                            when 'deferred' then training.deferred_at is not null
                            when 'active' then training.withdrawn_at is null and training.deferred_at is null
                          end))
   and ($4::uuid[] is null
        or status.teacher_id = any (array(select c.teacher_id
                                            from teacher_id_changes as c
                                           where c.api_from_teacher_id = any ($4::uuid[]))))
   and ($5::timestamptz is null or teacher.api_updated_at >= $5::timestamptz)
 order by case $6::text when 'created_at' then at.created_at when 'updated_at' then at.updated_at end,
          case $6::text when '-created_at' then at.created_at when '-updated_at' then at.updated_at end desc,
          case $7::text when 'created_at' then at.created_at when 'updated_at' then at.updated_at end,
          case $7::text when '-created_at' then at.created_at when '-updated_at' then at.updated_at end desc,
          status.teacher_id
offset $8::bigint
 limit $9::bigint;
