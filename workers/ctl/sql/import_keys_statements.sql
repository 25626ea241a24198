-- import: statements by the month that files name them by (202411).
create temp table import_key_statements as
select lead_provider_id, contract_period_year, year * 100 + month as month, id from import_all_statements;
analyze import_key_statements
