-- list_delivery_partners: which delivery partners are on a page of those that work with a lead provider
-- (lead-provider-api.md 3.12, section 8).
--
--   $1 lead_provider_id  bigint     who asks
--   $2 cohorts           integer[]  that work with it in one of these; null = in any
--   $3 sort              text[]     names of section 3.6, with "-" before those that descend; null = created_at
--   $4 skip, $5 take     bigint
--
-- Rows: api_id, at most $5, in their order.
--
-- Planned with its parameters (DB_PLAN_WITH_BOUNDS): of the order only what is asked for is left. A lead provider works with
-- some tens of them, found by its contract periods.
select partner.api_id
  from delivery_partners as partner
 cross join (select coalesce($3::text[], '{created_at}') as names) as sort
 where partner.id in (select works.delivery_partner_id
                        from provider_contract_periods as period
                        join delivery_partnerships as works on works.provider_contract_period_id = period.id
                       where period.lead_provider_id = $1::bigint
                         and ($2::integer[] is null or period.contract_period_year = any ($2::integer[])))
 order by case when sort.names[1] = 'created_at' then partner.created_at end,
          case when sort.names[1] = '-created_at' then partner.created_at end desc,
          case when sort.names[1] = 'updated_at' then partner.api_updated_at end,
          case when sort.names[1] = '-updated_at' then partner.api_updated_at end desc,
          case when sort.names[2] = 'created_at' then partner.created_at end,
          case when sort.names[2] = '-created_at' then partner.created_at end desc,
          case when sort.names[2] = 'updated_at' then partner.api_updated_at end,
          case when sort.names[2] = '-updated_at' then partner.api_updated_at end desc,
          partner.id
offset $4::bigint
 limit $5::bigint;
