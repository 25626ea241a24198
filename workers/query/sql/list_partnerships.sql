-- list_partnerships: which partnerships are on a page of a lead provider's (lead-provider-api.md section 9).
--
--   $1 lead_provider_id      bigint       who asks
--   $2 cohorts               integer[]    null = all
--   $3 updated_since         timestamptz  null = always
--   $4 delivery_partner_ids  uuid[]       of the API; null = all
--   $5 sort                  text[]       names of section 3.6, with "-" before those that descend; null = created_at
--   $6 skip, $7 take         bigint
--
-- Rows: api_id, at most $7, in their order.
--
-- Planned with its parameters (DB_PLAN_WITH_BOUNDS): a filter that is null is no part of the plan then, and of the order only
-- what is asked for is left, which is that of an index, read to the end of the page.
with asked as (
  select array(select works.id
                 from delivery_partners as partner
                 join delivery_partnerships as works on works.delivery_partner_id = partner.id
                where partner.api_id = any ($4::uuid[])
                  and works.lead_provider_id = $1::bigint) as delivery_partnership_ids
)
select partnership.api_id
  from school_partnerships as partnership
 cross join (select coalesce($5::text[], '{created_at}') as names) as sort
 where partnership.lead_provider_id = $1::bigint
   and ($2::integer[] is null or partnership.contract_period_year = any ($2::integer[]))
   and ($3::timestamptz is null or partnership.api_updated_at >= $3::timestamptz)
   and ($4::uuid[] is null
        or partnership.delivery_partnership_id = any ((select delivery_partnership_ids from asked)::bigint[]))
 order by case when sort.names[1] = 'created_at' then partnership.created_at end,
          case when sort.names[1] = '-created_at' then partnership.created_at end desc,
          case when sort.names[1] = 'updated_at' then partnership.api_updated_at end,
          case when sort.names[1] = '-updated_at' then partnership.api_updated_at end desc,
          case when sort.names[2] = 'created_at' then partnership.created_at end,
          case when sort.names[2] = '-created_at' then partnership.created_at end desc,
          case when sort.names[2] = 'updated_at' then partnership.api_updated_at end,
          case when sort.names[2] = '-updated_at' then partnership.api_updated_at end desc,
          partnership.id
offset $6::bigint
 limit $7::bigint;
