-- list_statements: which statements are on a page of a lead provider's (lead-provider-api.md section 8): those of output
-- fees, by the day of payment.
--
--   $1 lead_provider_id  bigint       who asks
--   $2 cohorts           integer[]    null = all
--   $3 updated_since     timestamptz  null = always
--   $4 skip, $5 take     bigint
--
-- Rows: api_id, at most $5, in their order: that of an index, read to the end of the page.
select statement.api_id
  from statements as statement
 where statement.lead_provider_id = $1::bigint
   and statement.fee_type = 'output'
   and ($2::integer[] is null or statement.contract_period_year = any ($2::integer[]))
   and ($3::timestamptz is null or statement.api_updated_at >= $3::timestamptz)
 order by statement.payment_date, statement.id
offset $4::bigint
 limit $5::bigint;
