-- import: school_year_status of the touched schools in every contract period (data-model-operations.md §9; the choice:
-- lead-provider-api.md §10). Changes rows that are there; those to add are in import_new_school_year_status.
create temp table import_new_school_year_status (like school_year_status);

with mentored as (
  select distinct t.school_id, t.contract_period_year as year
  from training_periods t
  join import_touched_schools touched on touched.id = t.school_id
  where t.role = 'mentor' and t.contract_period_year is not null
),
places as (
  select t.school_id, t.school_period_id, coalesce(t.contract_period_year, y.year) as year, t.training_programme
  from training_periods t
  join import_touched_schools touched on touched.id = t.school_id
  left join contract_periods y on t.contract_period_year is null and y.period @> t.started_on
  where t.role = 'ect'
),
led as (
  select school_period_id, bool_or(training_programme = 'provider_led') as by_provider
  from places
  group by school_period_id
),
trained as (
  select places.school_id, places.year, bool_or(led.by_provider) as by_provider
  from places
  join led on led.school_period_id = places.school_period_id
  group by places.school_id, places.year
),
partnered as (
  select distinct p.school_id, p.contract_period_year as year
  from school_partnerships p
  join import_touched_schools touched on touched.id = p.school_id
)
insert into import_new_school_year_status
  (contract_period_year, school_id, in_partnership, programme_choice, api_updated_at)
select y.year, touched.id, partnered.school_id is not null,
       (case
          when mentored.school_id is not null or trained.by_provider then 'provider_led'
          when trained.school_id is not null then 'school_led'
          else 'not_yet_known'
        end)::programme_choice,
       c.written_at
from import_touched_schools touched
cross join contract_periods y
cross join import_clock c
left join mentored on mentored.school_id = touched.id and mentored.year = y.year
left join trained on trained.school_id = touched.id and trained.year = y.year
left join partnered on partnered.school_id = touched.id and partnered.year = y.year;

update school_year_status s
set in_partnership = n.in_partnership, programme_choice = n.programme_choice, api_updated_at = n.api_updated_at
from import_new_school_year_status n
where s.contract_period_year = n.contract_period_year and s.school_id = n.school_id
  and (s.in_partnership, s.programme_choice) is distinct from (n.in_partnership, n.programme_choice);

delete from import_new_school_year_status n using school_year_status s
where s.contract_period_year = n.contract_period_year and s.school_id = n.school_id
