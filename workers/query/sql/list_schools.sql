-- list_schools: which schools are on a page of those of a cohort (lead-provider-api.md section 10): eligible now, or with a
-- partnership of anybody in it.
--
--   $1 cohort         integer      0 = none that there is
--   $2 updated_since  timestamptz  null = always
--   $3 urn            integer      null = all
--   $4 sort           text[]       names of section 3.6, with "-" before those that descend; null = created_at
--   $5 skip, $6 take  bigint
--
-- Rows: api_id, at most $6, in their order.
--
-- created_at is the school's, but beside updated_at it is that of the school in the cohort (section 10), which has been there
-- as long as both.
--
-- Planned with its parameters (DB_PLAN_WITH_BOUNDS): a filter that is null is no part of the plan then, and of the order only
-- what is asked for is left, which is that of an index, read to the end of the page.
select school.api_id
  from contract_periods as cohort
  join school_year_status as status on status.contract_period_year = cohort.year
  join schools as school on school.id = status.school_id
  join gias_schools as gias on gias.urn = school.urn
 cross join (select coalesce($4::text[], '{created_at}') as names) as sort
 where cohort.year = $1::integer
   and status.contract_period_year = $1::integer
   and (status.in_partnership or school.marked_as_eligible or gias.eligible)
   and ($2::timestamptz is null or status.api_updated_at >= $2::timestamptz)
   and ($3::integer is null or school.urn = $3::integer)
 order by case when sort.names = '{created_at}' then school.created_at end,
          case when sort.names = '{-created_at}' then school.created_at end desc,
          case when sort.names[1] = 'created_at' and sort.names[2] is not null then greatest(school.created_at, cohort.created_at) end,
          case when sort.names[1] = '-created_at' and sort.names[2] is not null then greatest(school.created_at, cohort.created_at) end desc,
          case when sort.names[1] = 'updated_at' then status.api_updated_at end,
          case when sort.names[1] = '-updated_at' then status.api_updated_at end desc,
          case when sort.names[2] = 'created_at' then greatest(school.created_at, cohort.created_at) end,
          case when sort.names[2] = '-created_at' then greatest(school.created_at, cohort.created_at) end desc,
          case when sort.names[2] = 'updated_at' then status.api_updated_at end,
          case when sort.names[2] = '-updated_at' then status.api_updated_at end desc,
          school.id
offset $5::bigint
 limit $6::bigint;
