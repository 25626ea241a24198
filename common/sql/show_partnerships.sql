-- show_partnerships: what a lead provider may see of partnerships (lead-provider-api.md section 9): its own. What it may not
-- see is not found.
--
--   $1 api_ids            uuid[]
--   $2 lead_provider_ids  bigint[]  who asks for each; the last one for the rest too
--   $3 todays             date[]    the day that it is for each, of London; likewise
--
-- Rows: one for each that is found, in their order: n, its number in $1, from 1; and what is shown, in microseconds where
-- it is an instant.
with asked as (
  select n, api_id, ($2::bigint[])[least(n, cardinality($2::bigint[]))] as lead_provider_id,
         ($3::date[])[least(n, cardinality($3::date[]))] as today
    from unnest($1::uuid[]) with ordinality as asked (api_id, n)
)
select asked.n,
       (extract(epoch from partnership.api_updated_at) * 1000000)::bigint as updated_us,
       (extract(epoch from partnership.created_at) * 1000000)::bigint as created_us,
       partnership.api_id,
       partnership.contract_period_year as cohort,
       school.urn,
       school.api_id as school_id,
       partner.api_id as delivery_partner_id,
       partner.name as delivery_partner_name,
       school.induction_tutor_name,
       coalesce(school.induction_tutor_email, gias.primary_contact_email, gias.secondary_contact_email) as induction_tutor_email,
       (select count(*)
          from training_periods as training
         where training.school_partnership_id = partnership.id
           and training.period @> asked.today) as participants_currently_training
  from asked
  join school_partnerships as partnership on partnership.api_id = asked.api_id
  join schools as school on school.id = partnership.school_id
  join gias_schools as gias on gias.urn = school.urn
  join delivery_partnerships as works on works.id = partnership.delivery_partnership_id
  join delivery_partners as partner on partner.id = works.delivery_partner_id
 where partnership.lead_provider_id = asked.lead_provider_id
 order by asked.n;
