-- show_delivery_partners: what a lead provider may see of delivery partners (lead-provider-api.md section 8): those that work
-- with it in at least one contract period. What it may not see is not found.
--
--   $1 api_ids            uuid[]
--   $2 lead_provider_ids  bigint[]  who asks for each; the last one for the rest too
--
-- Rows: one for each that is found, in their order: n, its number in $1, from 1; and what is shown, in microseconds where
-- it is an instant. cohorts: the years in which it works with who asks, ascending, comma-separated.
with asked as (
  select n, api_id, ($2::bigint[])[least(n, cardinality($2::bigint[]))] as lead_provider_id
    from unnest($1::uuid[]) with ordinality as asked (api_id, n)
)
select asked.n,
       (extract(epoch from partner.api_updated_at) * 1000000)::bigint as updated_us,
       (extract(epoch from partner.created_at) * 1000000)::bigint as created_us,
       partner.api_id,
       partner.name,
       works.cohorts
  from asked
  join delivery_partners as partner on partner.api_id = asked.api_id
 cross join lateral (select string_agg(w.contract_period_year::text, ',' order by w.contract_period_year) as cohorts
                       from delivery_partnerships as w
                      where w.delivery_partner_id = partner.id
                        and w.lead_provider_id = asked.lead_provider_id) as works
 where works.cohorts is not null
 order by asked.n;
