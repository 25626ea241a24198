-- import: person and frozen contract period. Rows of import_raw_training_records with teacher_id, payments_frozen_year
-- (null = none).
select r.*, k.id as teacher_id, p.year as payments_frozen_year
from import_raw_training_records r
left join import_key_teachers k on k.key = r.teacher
left join import_all_contract_periods p on p.year = r.given_payments_frozen_year
