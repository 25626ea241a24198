-- refresh_people: what follows from a change of people (data-model-operations.md 9, lead-provider-api.md 3.13), for a batch,
-- in one statement: their teacher_provider_status as it is to be now, and the instants by which clients find them. Run behind
-- the domain rows, in their transaction, under the people's keys (pipeline.md section 3). What is as it was is not written.
--   $1 bigint[]       teachers                     $2 date[]      London's day of each: who mentors now
--   $3 timestamptz[]  business time: updated_at    $4 timestamptz[]  api_updated_at (PL-23); null: the database's clock now,
--   $5 interval[]     moved by so much
--   $6 boolean[]      whether participants and     $7 boolean[]   unfunded mentors show what was changed: their instants move
-- The participant moves too where the assigned mentor is another now. The instants of training periods
-- (api_transfer_updated_at) are the writer's own: he writes these rows.
-- Rows: one for each row that was not as it is to be:
--   table_name   text
--   kept         text, JSON; null where the row is new
--   recomputed   text, JSON; null where there is none any more
with clock as materialized (
  select clock_timestamp() as now
),
asked as materialized (
  select i.teacher_id, max(i.as_of) as as_of, max(coalesce(i.updated_at, clock.now + i.ahead)) as updated_at,
         bool_or(i.shows_participant) as shows_participant, bool_or(i.shows_mentor) as shows_mentor
  from clock,
       unnest($1::bigint[], $3::timestamptz[], $4::timestamptz[], $5::interval[], $6::boolean[], $7::boolean[])
         as i (teacher_id, as_of, updated_at, ahead, shows_participant, shows_mentor)
  group by i.teacher_id
),
difference as materialized (
  select kept, computed from teacher_provider_status_differences($1::bigint[], $2::date[])
),
removed as (
  delete from teacher_provider_status as status
  using difference
  where (difference.computed).teacher_id is null
    and status.lead_provider_id = (difference.kept).lead_provider_id and status.teacher_id = (difference.kept).teacher_id
),
-- has_others of the teacher's other rows follows by trigger where one comes or goes, and is among the computed values too
written as (
  insert into teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id,
    latest_ect_contract_period_year, latest_mentor_training_period_id, latest_mentor_contract_period_year,
    assigned_mentor_school_period_id, involved_in_school_transfer, has_others, teacher_created_at)
  select (computed).lead_provider_id, (computed).teacher_id, (computed).latest_ect_training_period_id,
         (computed).latest_ect_contract_period_year, (computed).latest_mentor_training_period_id,
         (computed).latest_mentor_contract_period_year, (computed).assigned_mentor_school_period_id,
         (computed).involved_in_school_transfer, (computed).has_others, (computed).teacher_created_at
  from difference
  where (computed).teacher_id is not null
  on conflict (lead_provider_id, teacher_id) do update
    set latest_ect_training_period_id = excluded.latest_ect_training_period_id,
        latest_ect_contract_period_year = excluded.latest_ect_contract_period_year,
        latest_mentor_training_period_id = excluded.latest_mentor_training_period_id,
        latest_mentor_contract_period_year = excluded.latest_mentor_contract_period_year,
        assigned_mentor_school_period_id = excluded.assigned_mentor_school_period_id,
        involved_in_school_transfer = excluded.involved_in_school_transfer,
        has_others = excluded.has_others,
        teacher_created_at = excluded.teacher_created_at
),
-- "is true": looked up in a hash, not joined
moving as (
  select asked.*,
         (teacher_id in (select coalesce((kept).teacher_id, (computed).teacher_id)
                         from difference
                         where (kept).assigned_mentor_school_period_id
                               is distinct from (computed).assigned_mentor_school_period_id)) is true as has_other_mentor
  from asked
),
people as (
  update teachers as teacher
  set api_updated_at = case when moving.shows_participant or moving.has_other_mentor then moving.updated_at
                         else teacher.api_updated_at end,
      api_unfunded_mentor_updated_at = case when moving.shows_mentor then moving.updated_at
                                         else teacher.api_unfunded_mentor_updated_at end,
      updated_at = moving.as_of
  from moving
  where teacher.id = moving.teacher_id and (moving.shows_participant or moving.shows_mentor or moving.has_other_mentor)
)
select 'teacher_provider_status' as table_name, to_json(kept)::text as kept, to_json(computed)::text as recomputed
from difference
