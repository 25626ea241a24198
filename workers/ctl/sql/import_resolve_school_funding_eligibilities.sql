-- import: contract period and school of the register. Rows of import_raw_school_funding_eligibilities with
-- contract_period_year (null = none) and known: whether the register has the school.
select r.*, p.year as contract_period_year, g.urn is not null as known
from import_raw_school_funding_eligibilities r
left join import_all_contract_periods p on p.year = r.given_contract_period_year
left join import_all_gias_schools g on g.urn = r.gias_school_urn
