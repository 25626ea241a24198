-- declaration_facts: everything that a rule or an effect of `declaration.create` looks at, for a batch, in one
-- statement: validation decides on it, and the committer runs it again under the locks and compares digests
-- (pipeline.md PL-30 and section 4, step 3). What is not in here may change between decision and commit unnoticed.
-- Nothing personal is in the facts: they are kept with the outcome.
--
-- Parameters, element n of each array belongs to submission n:
--   $1 uuid[]              ids of the submissions, version 7
--   $2 bigint[]            their accept_no; 0 in a dry run
--   $3 timestamptz[]       their as_of: now, and by its London date today
--   $4 bigint[]            lead providers that submit
--   $5 uuid[]              participant_id; null = not a UUID
--   $6 participant_role[]  role of course_identifier; null = not one of the two
--   $7 declaration_type[]  null = not one of the nine
--   $8 timestamptz[]       declaration_date; null = blank or malformed
--
-- Rows: exactly one for each element of $1, in no particular order:
--   id          uuid
--   facts       text, a JSON object; its keys are explained below, one by one
--   digest      text, hexadecimal SHA-256 of facts
--   person_key  text, 'trn:1234567', else 'teacher:12', of the person whose lock the commit takes (PL-4); null when
--               nobody was found. Not part of the facts, because a TRN is personal.
--
-- Reads lead_providers, teachers, training_records, training_periods, school_partnerships, delivery_partnerships,
-- delivery_partners, schedules, milestones, contract_periods, statements, declarations, mentorship_periods, schools,
-- school_funding_eligibilities. Each fact is a look-up by an index in a subquery of its own, so that the plan is nested
-- loops whatever statistics say. No partitioned table is among them: so one plan serves all batches, and planning, which
-- takes as long as reading the facts of 20 people, happens once for a session.
--
-- To try it in psql:  \set q `cat common/sql/declaration_facts.sql`
--                     prepare declaration_facts as :q  execute declaration_facts (array['…'::uuid], …);
with asked as (
    select a.*,
           (a.as_of at time zone 'Europe/London')::date as today,
           (a.declared_at at time zone 'Europe/London')::date as declared_on
    from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::uuid[], $6::participant_role[],
                $7::declaration_type[], $8::timestamptz[])
             as a(id, accept_no, as_of, lead_provider_id, participant_id, role, type, declared_at)
),
answered as materialized (
    select a.id,
           coalesce('trn:' || t.trn, 'teacher:' || t.id) as person_key,
           json_build_object(
               'accept_no', a.accept_no,

               'lead_provider', (
                   select json_build_object('id', lp.id, 'api_id', lp.api_id, 'name', lp.name)
                   from lead_providers lp
                   where lp.id = a.lead_provider_id),

               -- null: participant not recognised (row 2)
               'teacher', case when t.id is not null then json_build_object('id', t.id, 'api_id', t.api_id) end,

               -- whether this lead provider has a qualifying period with the teacher, by role (rows 5 and 19)
               'qualifies', json_build_object('ect', coalesce(trained.ect, false), 'mentor', coalesce(trained.mentor, false)),

               -- TP (3.2), with what is attached from it (4)
               'training_period', case when tp.id is not null then (
                   select json_build_object(
                       'id', tp.id,
                       'school_period_id', tp.school_period_id,
                       'school_id', tp.school_id,
                       'school_partnership_id', tp.school_partnership_id,
                       'delivery_partner_id', dp.id,
                       'delivery_partner_api_id', dp.api_id,
                       'schedule_id', tp.schedule_id,
                       'schedule_identifier', (select s.identifier from schedules s where s.id = tp.schedule_id),
                       'lead_provider_id', tp.lead_provider_id,
                       'contract_period_year', tp.contract_period_year,
                       'started_on', tp.started_on,
                       'finished_on', tp.finished_on,
                       'withdrawn_at', to_char(tp.withdrawn_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                       'deferred_at', to_char(tp.deferred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                   from school_partnerships sp
                   join delivery_partnerships dps on dps.id = sp.delivery_partnership_id
                   join delivery_partners dp on dp.id = dps.delivery_partner_id
                   where sp.id = tp.school_partnership_id) end,

               -- CP (3.2)
               'contract_period', case when cp.year is not null then json_build_object(
                   'year', cp.year,
                   'payments_frozen_at',
                       to_char(cp.payments_frozen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'mentor_funding_enabled', cp.mentor_funding_enabled,
                   'detailed_evidence_types_enabled', cp.detailed_evidence_types_enabled,
                   'uplift_fees_enabled', cp.uplift_fees_enabled) end,

               'milestone', (
                   select json_build_object('start_date', m.start_date, 'milestone_date', m.milestone_date)
                   from milestones m
                   where m.schedule_id = tp.schedule_id and m.declaration_type = a.type),

               -- active declarations of the teacher in this role, whoever made them (rows 8 and 18; 6.1). Row 8 asks
               -- when the one of the same type was decided (7.1); for the others nobody does.
               'existing', (
                   select coalesce(json_agg(json_build_object(
                              'id', d.id,
                              'api_id', d.api_id,
                              'training_period_id', d.training_period_id,
                              'lead_provider_id', d.lead_provider_id,
                              'type', d.declaration_type,
                              'date', to_char(d.declaration_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                              'evidence', d.evidence_type,
                              'decided_no', case when d.declaration_type = a.type then d.decided_no end)
                          order by d.declaration_type, d.id), '[]')
                   from declarations d
                   where d.teacher_id = t.id
                     and d.role = a.role
                     and d.payment_status in ('no_payment', 'eligible', 'payable', 'paid')
                     and d.clawback_status = 'no_clawback'),

               -- row 15: any lead provider's period that contains today, in a frozen contract period
               'frozen_ongoing_year', (
                   select p.contract_period_year
                   from training_periods p
                   join contract_periods c on c.year = p.contract_period_year
                   where p.teacher_id = t.id
                     and p.role = a.role
                     and p.period @> a.today
                     and c.payments_frozen_at <= a.as_of
                   order by p.started_on
                   limit 1),

               -- the marker of section 5
               'first_became_eligible_for_training_at',
                   to_char(tr.first_became_eligible_for_training_at at time zone 'UTC',
                           'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),

               -- statement (3.2): a deadline that falls today still counts
               'statement', (
                   select json_build_object('id', s.id, 'api_id', s.api_id, 'deadline_date', s.deadline_date,
                                            'status', s.status)
                   from statements s
                   where s.lead_provider_id = tp.lead_provider_id
                     and s.contract_period_year = tp.contract_period_year
                     and s.fee_type = 'output'
                     and s.status = 'open'
                     and s.deadline_date >= a.today
                   order by s.deadline_date, s.year, s.month, s.id
                   limit 1),

               -- section 4, only where they can be copied
               'uplifts', (
                   select json_build_object('pupil_premium', e.pupil_premium_uplift, 'sparsity', e.sparsity_uplift)
                   from schools s
                   join school_funding_eligibilities e on e.gias_school_urn = s.urn
                   where s.id = tp.school_id
                     and e.contract_period_year = tp.contract_period_year
                     and a.type = 'started'
                     and cp.uplift_fees_enabled),

               -- section 4: the mentorship nearest to the declaration's day. least() passes over the null of an open
               -- one; between two at the same distance the earlier one.
               'mentorship', (
                   select json_build_object('id', mp.id, 'mentor_api_id', mentor.api_id)
                   from mentorship_periods mp
                   join teachers mentor on mentor.id = mp.mentor_teacher_id
                   where mp.ect_school_period_id = tp.school_period_id
                     and tp.role = 'ect'
                     and a.declared_on is not null
                   order by least(abs(a.declared_on - mp.started_on), abs(a.declared_on - mp.finished_on)),
                            mp.started_on, mp.id
                   limit 1),

               -- 6.1: what a mentor's `completed` would overwrite, and who sees it
               'mentor_completion', case when t.id is not null and a.role = 'mentor' and a.type = 'completed' then
                   json_build_object(
                       'became_ineligible_for_funding_on', tr.became_ineligible_for_funding_on,
                       'reason', tr.became_ineligible_for_funding_reason,
                       'lead_provider_ids', coalesce(trained.providers, '[]')) end,

               -- whose lists may show the declaration (lead-provider-api.md 7.1): locks of class 3, cache scopes
               'lead_provider_ids', coalesce(trained.providers_of_role, '[]')
           )::text as facts
    from asked a
    -- the old id of a merged person finds nobody, also where an empty shell keeps it (3.2)
    left join teachers t
        on t.api_id = a.participant_id and t.anonymisation_reason is distinct from 'teacher_record_merged'
    left join training_records tr on tr.teacher_id = t.id and tr.role = a.role
    left join lateral (
        select p.*
        from training_periods p
        where p.teacher_id = t.id and p.role = a.role and p.lead_provider_id = a.lead_provider_id
        order by p.started_on desc, p.id desc
        limit 1) tp on true
    left join contract_periods cp on cp.year = tp.contract_period_year
    -- with whom the teacher has a confirmed training period. An aggregate and not `exists`, which the planner would turn
    -- into a hash of everybody's periods of that role.
    left join lateral (
        select bool_or(p.role = 'ect' and p.lead_provider_id = a.lead_provider_id) as ect,
               bool_or(p.role = 'mentor' and p.lead_provider_id = a.lead_provider_id) as mentor,
               json_agg(distinct p.lead_provider_id order by p.lead_provider_id) as providers,
               json_agg(distinct p.lead_provider_id order by p.lead_provider_id)
                   filter (where p.role = a.role) as providers_of_role
        from training_periods p
        where p.teacher_id = t.id and p.lead_provider_id is not null) trained on true
)
select id, facts, encode(sha256(convert_to(facts, 'UTF8')), 'hex') as digest, person_key
from answered;
