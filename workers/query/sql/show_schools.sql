-- show_schools: what a lead provider may see of schools in a cohort (lead-provider-api.md section 10): of those that are
-- eligible now, or have a partnership of anybody in it. What it may not see is not found.
--
--   $1 api_ids            uuid[]
--   $2 lead_provider_ids  bigint[]   who asks for each; the last one for the rest too
--   $3 cohorts            integer[]  likewise
--
-- Rows: one for each that is found, in their order: n, its number in $1, from 1; and what is shown, in microseconds where
-- it is an instant. The tutor is told to whom somebody there trains with, or has asked for.
with asked as (
  select n, api_id, ($2::bigint[])[least(n, cardinality($2::bigint[]))] as lead_provider_id,
         ($3::integer[])[least(n, cardinality($3::integer[]))] as cohort
    from unnest($1::uuid[]) with ordinality as asked (api_id, n)
)
select asked.n,
       (extract(epoch from status.api_updated_at) * 1000000)::bigint as updated_us,
       (extract(epoch from school.created_at) * 1000000)::bigint as created_us,
       school.api_id,
       gias.name,
       school.urn,
       status.contract_period_year as cohort,
       status.in_partnership,
       status.programme_choice,
       interest.school_id is not null as expression_of_interest,
       case when interest.school_id is not null then school.induction_tutor_name end as induction_tutor_name,
       case when interest.school_id is not null
            then coalesce(school.induction_tutor_email, gias.primary_contact_email, gias.secondary_contact_email)
       end as induction_tutor_email
  from asked
  join schools as school on school.api_id = asked.api_id
  join gias_schools as gias on gias.urn = school.urn
  join school_year_status as status on status.contract_period_year = asked.cohort and status.school_id = school.id
  left join school_provider_year_status as interest
    on interest.lead_provider_id = asked.lead_provider_id
   and interest.contract_period_year = asked.cohort
   and interest.school_id = school.id
 where asked.lead_provider_id is not null
   and (status.in_partnership or school.marked_as_eligible or gias.eligible)
 order by asked.n;
