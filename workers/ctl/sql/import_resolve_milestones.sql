-- import: the schedule of each milestone. Rows of import_raw_milestones with schedule_id (null = none).
select r.*, s.id as schedule_id
from import_raw_milestones r
left join import_all_schedules s
  on s.contract_period_year = r.contract_period_year and s.identifier = r.schedule_identifier
