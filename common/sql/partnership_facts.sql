-- partnership_facts: everything that a rule or an effect of `partnership.create` looks at, for a batch, in one statement:
-- validation decides on it, and under the locks runs it again and compares digests (pipeline.md PL-30 and section 4, step 3).
-- Nothing personal is in the facts: they are kept with the outcome.
--
-- Parameters, element n of each array belongs to submission n:
--   $1 uuid[]     ids of the submissions, version 7
--   $2 bigint[]   lead providers that submit
--   $3 integer[]  the cohorts' years; null = none
--   $4 uuid[]     the schools' public ids; null = not a UUID
--   $5 uuid[]     the delivery partners' public ids; likewise
--
-- Rows: exactly one for each element of $1, in no particular order:
--   id          uuid
--   facts       text, a JSON object; its keys are explained below, one by one
--   digest      text, hexadecimal SHA-256 of facts
--   person_key  text, keys separated by commas: the school's and those of everyone whom the partnership confirms, locked by
--               the commit; null when there is no such school
--
-- Each fact is a look-up by an index in a subquery of its own, no partitioned table is read: so one plan serves all batches
-- (as declaration_facts has it).
--
-- To try it in psql:  \set q `cat common/sql/partnership_facts.sql`
--                     prepare partnership_facts as :q  execute partnership_facts (array['…'::uuid], …);
with asked as (
    select *
    from unnest($1::uuid[], $2::bigint[], $3::integer[], $4::uuid[], $5::uuid[])
        as a(id, lead_provider_id, cohort, school_id, delivery_partner_id)
),
answered as materialized (
    select a.id,
           case when s.id is not null then concat_ws(',', 'school:' || s.id, waiting.keys) end as person_key,
           json_build_object(
               'lead_provider', (
                   select json_build_object('id', lp.id, 'name', lp.name)
                   from lead_providers lp
                   where lp.id = a.lead_provider_id),

               -- P4 to P6
               'contract_period', case when c.year is not null then json_build_object(
                   'year', c.year,
                   'started_on', c.started_on,
                   'enabled', c.enabled) end,

               -- P7, P8
               'school', case when s.id is not null then json_build_object(
                   'id', s.id,
                   'api_id', s.api_id,
                   'urn', s.urn,
                   'eligible', s.marked_as_eligible or g.eligible) end,

               -- P9: one that works with nobody but others is as good as absent (3.12)
               'delivery_partner', case when d.id is not null then json_build_object(
                   'id', d.id,
                   'api_id', d.api_id) end,

               -- P10
               'delivery_partnership', case when w.id is not null then json_build_object('id', w.id) end,

               -- P11, whatever its delivery partner
               'existing', case when existing.id is not null then json_build_object(
                   'id', existing.id,
                   'api_id', existing.api_id) end,

               -- P12
               'school_year', (
                   select json_build_object('programme_choice', y.programme_choice)
                   from school_year_status y
                   where y.contract_period_year = c.year and y.school_id = s.id),

               -- what is confirmed: training at the school that names this provider and cohort and has no partnership yet
               'waiting', coalesce(waiting.periods, '[]'),

               -- whose lists show these people: locks of class 3
               'lead_provider_ids', coalesce((
                   select json_agg(distinct t.lead_provider_id order by t.lead_provider_id)
                   from training_periods t
                   where t.teacher_id = any (waiting.teacher_ids) and t.lead_provider_id is not null), '[]')
           )::text as facts
    from asked a
    left join contract_periods c on c.year = a.cohort
    left join schools s on s.api_id = a.school_id
    left join gias_schools g on g.urn = s.urn
    left join delivery_partners d
      on d.api_id = a.delivery_partner_id
     and exists (select
                 from delivery_partnerships known
                 where known.delivery_partner_id = d.id and known.lead_provider_id = a.lead_provider_id offset 0)
    left join delivery_partnerships w
      on w.delivery_partner_id = d.id and w.lead_provider_id = a.lead_provider_id and w.contract_period_year = c.year
    left join lateral (
        select p.id, p.api_id
        from school_partnerships p
        where p.school_id = s.id and p.lead_provider_id = a.lead_provider_id and p.contract_period_year = c.year
        order by p.created_at, p.id
        limit 1) existing on true
    left join lateral (
        select json_agg(json_build_object('id', t.id, 'teacher_id', t.teacher_id) order by t.id) as periods,
               array_agg(t.teacher_id) as teacher_ids,
               string_agg(distinct coalesce('trn:' || who.trn, 'teacher:' || who.id), ',') as keys
        -- looked up from the school (offset 0): who waits is few at a school, and many altogether
        from (select id from school_periods where school_id = s.id offset 0) place
        cross join lateral (select * from training_periods where school_period_id = place.id offset 0) t
        join provider_contract_periods asked_for on asked_for.id = t.expression_of_interest_id
        join teachers who on who.id = t.teacher_id
        where t.school_partnership_id is null
          and asked_for.lead_provider_id = a.lead_provider_id
          and asked_for.contract_period_year = c.year
          and w.id is not null
          and existing.id is null) waiting on true
)
select id, facts, encode(sha256(convert_to(facts, 'UTF8')), 'hex') as digest, person_key
from answered;
