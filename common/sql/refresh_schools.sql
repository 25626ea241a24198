-- refresh_schools: what follows from a change of training or partnerships at schools (data-model-operations.md 9,
-- lead-provider-api.md 3.13, 10), for a batch, in one statement: school_year_status and school_provider_year_status as they
-- are to be now, in every contract period; the instant of a school and contract period moves where in_partnership, the
-- programme chosen or any provider's expression of interest is another now. Run behind the domain rows, in their transaction,
-- under the schools' keys (pipeline.md section 3). What is as it was is not written.
--   $1 bigint[]       schools
--   $2 timestamptz[]  api_updated_at (PL-23); null: the database's clock now, moved by
--   $3 interval[]     so much
-- Rows: one for each row that was not as it is to be:
--   table_name   text
--   kept         text, JSON; null where the row is new
--   recomputed   text, JSON; null where there is none any more
with clock as materialized (
  select clock_timestamp() as now
),
asked as materialized (
  select i.school_id, max(coalesce(i.updated_at, clock.now + i.ahead)) as updated_at
  from clock, unnest($1::bigint[], $2::timestamptz[], $3::interval[]) as i (school_id, updated_at, ahead)
  group by i.school_id
),
year_difference as materialized (
  select kept, computed from school_year_status_differences($1::bigint[])
),
interest_difference as materialized (
  select kept, computed from school_provider_year_status_differences($1::bigint[])
),
removed as (
  delete from school_provider_year_status as status
  using interest_difference
  where (computed).school_id is null
    and status.lead_provider_id = (kept).lead_provider_id and status.contract_period_year = (kept).contract_period_year
    and status.school_id = (kept).school_id
),
interests as (
  insert into school_provider_year_status (lead_provider_id, contract_period_year, school_id, has_expression_of_interest,
    has_partnership)
  select (computed).lead_provider_id, (computed).contract_period_year, (computed).school_id,
         (computed).has_expression_of_interest, (computed).has_partnership
  from interest_difference
  where (computed).school_id is not null
  on conflict (lead_provider_id, contract_period_year, school_id) do update
    set has_expression_of_interest = excluded.has_expression_of_interest, has_partnership = excluded.has_partnership
),
years as (
  insert into school_year_status (contract_period_year, school_id, in_partnership, programme_choice, api_updated_at)
  select (computed).contract_period_year, (computed).school_id, (computed).in_partnership, (computed).programme_choice,
         asked.updated_at
  from year_difference
  join asked on asked.school_id = (computed).school_id
  on conflict (contract_period_year, school_id) do update
    set in_partnership = excluded.in_partnership, programme_choice = excluded.programme_choice,
        api_updated_at = excluded.api_updated_at
),
-- A row of a provider that comes or goes is his expression of interest; whether it is by interest or by partnership nobody
-- sees.
seen as (
  select distinct coalesce((kept).contract_period_year, (computed).contract_period_year) as contract_period_year,
         coalesce((kept).school_id, (computed).school_id) as school_id
  from interest_difference
  where (kept).school_id is null or (computed).school_id is null
  except
  select (computed).contract_period_year, (computed).school_id from year_difference
),
moved as (
  update school_year_status as status
  set api_updated_at = asked.updated_at
  from seen
  join asked on asked.school_id = seen.school_id
  where status.contract_period_year = seen.contract_period_year and status.school_id = seen.school_id
)
select 'school_year_status' as table_name, (to_jsonb(kept) - 'api_updated_at')::text as kept,
       (to_jsonb(computed) - 'api_updated_at')::text as recomputed
from year_difference
union all
select 'school_provider_year_status', to_jsonb(kept)::text, to_jsonb(computed)::text
from interest_difference
