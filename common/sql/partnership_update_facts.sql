-- partnership_update_facts: everything that a rule or an effect of `partnership.update` looks at, for a batch, in one
-- statement: validation decides on it, and under the locks runs it again and compares digests (pipeline.md PL-30 and section
-- 4, step 3). Nothing personal is in the facts: they are kept with the outcome.
--
-- Parameters, element n of each array belongs to submission n:
--   $1 uuid[]     ids of the submissions, version 7
--   $2 bigint[]   lead providers that submit
--   $3 uuid[]     the partnerships' public ids; null = not a UUID
--   $4 uuid[]     the delivery partners' public ids; likewise
--
-- Rows: exactly one for each element of $1, in no particular order:
--   id          uuid
--   facts       text, a JSON object; its keys are explained below, one by one
--   digest      text, hexadecimal SHA-256 of facts
--   person_key  text, keys separated by commas: the school's and those of everyone whose training is under the partnership,
--               locked by the commit; null when the lead provider has no such partnership
--
-- Each fact is a look-up by an index in a subquery of its own, no partitioned table is read: so one plan serves all batches
-- (as declaration_facts has it).
--
-- To try it in psql:  \set q `cat common/sql/partnership_update_facts.sql`
--                     prepare partnership_update_facts as :q  execute partnership_update_facts (array['…'::uuid], …);
with asked as (
    select *
    from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[])
        as a(id, lead_provider_id, partnership_id, delivery_partner_id)
),
answered as materialized (
    select a.id,
           case when p.id is not null then concat_ws(',', 'school:' || p.school_id, (
               select string_agg(distinct coalesce('trn:' || who.trn, 'teacher:' || who.id), ',')
               from teachers who
               where who.id = any (trained.teacher_ids))) end as person_key,
           json_build_object(
               'lead_provider', (
                   select json_build_object('id', lp.id, 'name', lp.name)
                   from lead_providers lp
                   where lp.id = a.lead_provider_id),

               -- null: not found (U0)
               'partnership', case when p.id is not null then (
                   select json_build_object(
                       'id', p.id,
                       'api_id', p.api_id,
                       'school_id', p.school_id,
                       'contract_period_year', p.contract_period_year,
                       'delivery_partnership_id', p.delivery_partnership_id,
                       'delivery_partner_api_id', now_with.api_id,
                       'delivery_partner_name', now_with.name)
                   from delivery_partnerships works
                   join delivery_partners now_with on now_with.id = works.delivery_partner_id
                   where works.id = p.delivery_partnership_id) end,

               -- U2: one that works with nobody but others is as good as absent (3.12)
               'delivery_partner', case when d.id is not null then json_build_object(
                   'id', d.id,
                   'api_id', d.api_id,
                   'name', d.name) end,

               -- U3
               'delivery_partnership', case when w.id is not null then json_build_object('id', w.id) end,

               -- U4, this very one included
               'same', case when same.id is not null then json_build_object('id', same.id) end,

               -- what moves: the people, the lists that show them (locks of class 3), and their declarations, which nobody
               -- changes without their statements' locks (class 2)
               'teacher_ids', coalesce(to_json(trained.teacher_ids), '[]'),
               'lead_provider_ids', coalesce((
                   select json_agg(distinct t.lead_provider_id order by t.lead_provider_id)
                   from training_periods t
                   where t.teacher_id = any (trained.teacher_ids) and t.lead_provider_id is not null), '[]'),
               'statement_ids', coalesce((
                   select json_agg(distinct statement.id order by statement.id)
                   from training_periods t
                   join declarations declared on declared.training_period_id = t.id
                   cross join lateral (values (declared.payment_statement_id), (declared.clawback_statement_id)) statement(id)
                   where t.school_partnership_id = p.id and statement.id is not null and trained.teacher_ids is not null), '[]')
           )::text as facts
    from asked a
    left join school_partnerships p on p.api_id = a.partnership_id and p.lead_provider_id = a.lead_provider_id
    left join delivery_partners d
      on d.api_id = a.delivery_partner_id and p.id is not null
     and exists (select
                 from delivery_partnerships known
                 where known.delivery_partner_id = d.id and known.lead_provider_id = a.lead_provider_id offset 0)
    left join delivery_partnerships w
      on w.delivery_partner_id = d.id and w.lead_provider_id = a.lead_provider_id
     and w.contract_period_year = p.contract_period_year
    left join school_partnerships same on same.school_id = p.school_id and same.delivery_partnership_id = w.id
    left join lateral (
        select array_agg(distinct t.teacher_id order by t.teacher_id) as teacher_ids
        from training_periods t
        where t.school_partnership_id = p.id and w.id is not null and same.id is null) trained on true
)
select id, facts, encode(sha256(convert_to(facts, 'UTF8')), 'hex') as digest, person_key
from answered;
