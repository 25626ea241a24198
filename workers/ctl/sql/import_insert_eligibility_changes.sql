-- import: the history that new training records begin with (DM-15, DM-16; migration-history.md E3, E4).
insert into eligibility_changes (teacher_id, role, aspect, eligible, effective_on, reason, cause_kind, recorded_at, recorded_by)
select n.teacher_id, n.role, 'training', true, (n.first_became_eligible_for_training_at at time zone 'Europe/London')::date,
       'imported', 'migration', c.as_of, 'ecf2ctl import'
from import_rows_training_records n cross join import_clock c
where n.first_became_eligible_for_training_at is not null
union all
select n.teacher_id, n.role, 'funding', false, n.became_ineligible_for_funding_on,
       coalesce(n.became_ineligible_for_funding_reason::text, 'imported'), 'migration', c.as_of, 'ecf2ctl import'
from import_rows_training_records n cross join import_clock c
where n.became_ineligible_for_funding_on is not null
