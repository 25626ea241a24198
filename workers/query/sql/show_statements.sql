-- show_statements: what a lead provider may see of statements (lead-provider-api.md section 8): its own, of output fees.
-- What it may not see is not found.
--
--   $1 api_ids            uuid[]
--   $2 lead_provider_ids  bigint[]  who asks for each; the last one for the rest too
--
-- Rows: one for each that is found, in their order: n, its number in $1, from 1; and what is shown, in microseconds where
-- it is an instant.
with asked as (
  select n, api_id, ($2::bigint[])[least(n, cardinality($2::bigint[]))] as lead_provider_id
    from unnest($1::uuid[]) with ordinality as asked (api_id, n)
)
select asked.n,
       (extract(epoch from statement.api_updated_at) * 1000000)::bigint as updated_us,
       (extract(epoch from statement.created_at) * 1000000)::bigint as created_us,
       statement.api_id,
       statement.year,
       statement.month,
       statement.contract_period_year as cohort,
       to_char(statement.deadline_date, 'YYYY-MM-DD') as cut_off_date,
       to_char(statement.payment_date, 'YYYY-MM-DD') as payment_date,
       statement.status = 'paid' as paid
  from asked
  join statements as statement on statement.api_id = asked.api_id
 where statement.lead_provider_id = asked.lead_provider_id
   and statement.fee_type = 'output'
 order by asked.n;
