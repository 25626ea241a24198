-- import: the contract period of each schedule. Rows of import_raw_schedules with contract_period_year (null = unknown).
select r.*, p.year as contract_period_year
from import_raw_schedules r
left join import_all_contract_periods p on p.year = r.given_contract_period_year
