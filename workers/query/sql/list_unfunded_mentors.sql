-- list_unfunded_mentors: which mentors are on a page of those who mentor a lead provider's ECTs and were never trained by it
-- (lead-provider-api.md 3.12, 8).
--
--   $1 lead_provider_id  bigint       who asks
--   $2 updated_since     timestamptz  null = always
--   $3 sort, $4 then     text         created_at or updated_at, with "-" before it descending; null = no more
--   $5 skip, $6 take     bigint
--
-- Rows: id of the teacher, at most $6, in their order; those of one instant by id.
--
-- Planned with its parameters (DB_PLAN_WITH_BOUNDS), see list_participants. The role of the school period is not asked for: it
-- is a mentor's, and asking would turn the planner to the GiST index of mentors' periods, which is slower by far.
select teacher.id
  from teachers as teacher
 cross join lateral (
       select case when $2::timestamptz is null then teacher.created_at else teacher.created_at + interval '0' end as created_at) as at
 where exists (select
                 from school_periods as place
                 join teacher_provider_status as mentored
                   on mentored.assigned_mentor_school_period_id = place.id and mentored.lead_provider_id = $1::bigint
                where place.teacher_id = teacher.id)
   and not exists (select
                     from teacher_provider_status as trained
                    where trained.lead_provider_id = $1::bigint
                      and trained.teacher_id = teacher.id)
   and ($2::timestamptz is null or teacher.api_unfunded_mentor_updated_at >= $2::timestamptz)
 order by case $3::text when 'created_at' then at.created_at when 'updated_at' then teacher.api_unfunded_mentor_updated_at end,
          case $3::text when '-created_at' then at.created_at when '-updated_at' then teacher.api_unfunded_mentor_updated_at end desc,
          case $4::text when 'created_at' then at.created_at when 'updated_at' then teacher.api_unfunded_mentor_updated_at end,
          case $4::text when '-created_at' then at.created_at when '-updated_at' then teacher.api_unfunded_mentor_updated_at end desc,
          teacher.id
offset $5::bigint
 limit $6::bigint;
