-- import: teacher_provider_status of the touched teachers (data-model-operations.md §9; transfers: lead-provider-api.md §6).
-- Changes rows that are there; those to add are in import_new_teacher_provider_status.
create temp table import_new_teacher_provider_status (like teacher_provider_status including defaults);

with confirmed as (
  select t.lead_provider_id, t.teacher_id, t.role, t.id, t.contract_period_year, t.school_period_id,
         row_number() over (partition by t.lead_provider_id, t.teacher_id, t.role order by t.started_on desc) as n
  from training_periods t
  join import_touched_teachers touched on touched.id = t.teacher_id
  where t.lead_provider_id is not null
),
latest as (
  select lead_provider_id, teacher_id,
         max(id) filter (where role = 'ect') as ect_id,
         max(contract_period_year) filter (where role = 'ect') as ect_year,
         max(school_period_id) filter (where role = 'ect') as ect_school_period_id,
         max(id) filter (where role = 'mentor') as mentor_id,
         max(contract_period_year) filter (where role = 'mentor') as mentor_year
  from confirmed
  where n = 1
  group by lead_provider_id, teacher_id
),
mentors as (
  select distinct on (m.ect_school_period_id) m.ect_school_period_id, m.mentor_school_period_id
  from mentorship_periods m
  join latest on latest.ect_school_period_id = m.ect_school_period_id
  cross join import_clock c
  where m.finished_on is null or m.finished_on >= c.today
  order by m.ect_school_period_id, m.started_on
),
places as (
  select p.id, p.teacher_id, p.school_id, p.finished_on,
         lead(p.id) over next_place as next_id, lead(p.school_id) over next_place as next_school_id
  from school_periods p
  join import_touched_teachers touched on touched.id = p.teacher_id
  window next_place as (partition by p.teacher_id, p.role order by p.started_on, p.id)
),
ends as (
  select distinct on (t.school_period_id) t.school_period_id, t.lead_provider_id, t.finished_on
  from training_periods t
  join import_touched_teachers touched on touched.id = t.teacher_id
  order by t.school_period_id, t.started_on desc
),
beginnings as (
  select distinct on (t.school_period_id) t.school_period_id, t.lead_provider_id
  from training_periods t
  join import_touched_teachers touched on touched.id = t.teacher_id
  order by t.school_period_id, t.started_on
),
transfers as (
  select distinct p.teacher_id, provider.id as lead_provider_id
  from places p
  join ends on ends.school_period_id = p.id
  left join beginnings on beginnings.school_period_id = p.next_id
  cross join lateral (values (ends.lead_provider_id), (beginnings.lead_provider_id)) as provider (id)
  where p.finished_on is not null and ends.finished_on is not null and provider.id is not null
    and case
          when p.next_id is not null then p.next_school_id <> p.school_id
          else not exists (select from induction_periods i where i.teacher_id = p.teacher_id and i.outcome is not null)
            and not exists (select from teachers who where who.id = p.teacher_id and who.trs_induction_completed_date is not null)
        end
)
insert into import_new_teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id,
  latest_ect_contract_period_year, latest_mentor_training_period_id, latest_mentor_contract_period_year,
  assigned_mentor_school_period_id, involved_in_school_transfer)
select latest.lead_provider_id, latest.teacher_id, latest.ect_id, latest.ect_year, latest.mentor_id, latest.mentor_year,
       mentors.mentor_school_period_id, transfers.teacher_id is not null
from latest
left join mentors on mentors.ect_school_period_id = latest.ect_school_period_id
left join transfers
  on transfers.teacher_id = latest.teacher_id and transfers.lead_provider_id = latest.lead_provider_id;

update teacher_provider_status s
set latest_ect_training_period_id = n.latest_ect_training_period_id,
    latest_ect_contract_period_year = n.latest_ect_contract_period_year,
    latest_mentor_training_period_id = n.latest_mentor_training_period_id,
    latest_mentor_contract_period_year = n.latest_mentor_contract_period_year,
    assigned_mentor_school_period_id = n.assigned_mentor_school_period_id,
    involved_in_school_transfer = n.involved_in_school_transfer
from import_new_teacher_provider_status n
where s.lead_provider_id = n.lead_provider_id and s.teacher_id = n.teacher_id
  and (s.latest_ect_training_period_id, s.latest_mentor_training_period_id, s.assigned_mentor_school_period_id,
       s.involved_in_school_transfer)
    is distinct from (n.latest_ect_training_period_id, n.latest_mentor_training_period_id,
                      n.assigned_mentor_school_period_id, n.involved_in_school_transfer);

delete from import_new_teacher_provider_status n using teacher_provider_status s
where s.lead_provider_id = n.lead_provider_id and s.teacher_id = n.teacher_id
