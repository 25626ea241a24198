-- void_facts: everything that a rule or an effect of `declaration.void` looks at, for a batch, in one statement:
-- validation decides on it, and the committer runs it again under the locks and compares digests (pipeline.md PL-30 and
-- section 4, step 3). Nothing personal is in the facts: they are kept with the outcome.
--
-- Parameters, element n of each array belongs to submission n:
--   $1 uuid[]         ids of the submissions, version 7
--   $2 timestamptz[]  their as_of: by its London date today
--   $3 bigint[]       lead providers that submit
--   $4 uuid[]         the declarations' public ids; null = not a UUID
--
-- Rows: exactly one for each element of $1, in no particular order:
--   id          uuid
--   facts       text, a JSON object; its keys are explained below, one by one
--   digest      text, hexadecimal SHA-256 of facts
--   person_key  text, as in declaration_facts; null when the lead provider has no such declaration
--
-- A declaration is the lead provider's whose training period it is of; what it merely sees of another is not found
-- (declarations.md 6). Each fact is a look-up by an index in a subquery of its own, no partitioned table is read: so one
-- plan serves all batches (as declaration_facts has it).
--
-- To try it in psql:  \set q `cat common/sql/void_facts.sql`
--                     prepare void_facts as :q  execute void_facts (array['…'::uuid], …);
with asked as (
    select a.*, (a.as_of at time zone 'Europe/London')::date as today
    from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::uuid[]) as a(id, as_of, lead_provider_id, declaration_id)
),
answered as materialized (
    select a.id,
           coalesce('trn:' || t.trn, 'teacher:' || t.id) as person_key,
           json_build_object(
               'lead_provider', (
                   select json_build_object('id', lp.id, 'name', lp.name)
                   from lead_providers lp
                   where lp.id = a.lead_provider_id),

               -- null: not found (7.3/V1). All that decides, and all that the answer shows of it.
               'declaration', case when d.id is not null then (
                   select json_build_object(
                       'id', d.id,
                       'api_id', d.api_id,
                       'training_period_id', d.training_period_id,
                       'teacher_id', d.teacher_id,
                       'participant_api_id', t.api_id,
                       'role', d.role,
                       'contract_period_year', d.contract_period_year,
                       'type', d.declaration_type,
                       'date', to_char(d.declaration_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                       'evidence', d.evidence_type,
                       'payment_status', d.payment_status,
                       'clawback_status', d.clawback_status,
                       'pupil_premium_uplift', d.pupil_premium_uplift,
                       'sparsity_uplift', d.sparsity_uplift,
                       'delivery_partner_api_id', dp.api_id,
                       'has_mentor', d.mentorship_period_id is not null,
                       'mentor_api_id', (
                           select mentor.api_id
                           from mentorship_periods mp
                           join teachers mentor on mentor.id = mp.mentor_teacher_id
                           where mp.id = d.mentorship_period_id),
                       'created_at', to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                   from delivery_partners dp
                   where dp.id = d.delivery_partner_when_created_id) end,

               'payment_statement', (
                   select json_build_object('id', s.id, 'api_id', s.api_id, 'status', s.status)
                   from statements s
                   where s.id = d.payment_statement_id),

               -- section 6: where a paid one would be taken back; whatever the status, a deadline that falls today counts
               'clawback_statement', (
                   select json_build_object('id', s.id, 'api_id', s.api_id, 'deadline_date', s.deadline_date,
                                            'status', s.status)
                   from statements s
                   where s.lead_provider_id = d.lead_provider_id
                     and s.contract_period_year = d.contract_period_year
                     and s.fee_type = 'output'
                     and s.deadline_date >= a.today
                     and d.payment_status = 'paid'
                   order by s.deadline_date, s.year, s.month, s.id
                   limit 1),

               -- 6.1: the training record as it is, D without this declaration, and what could overlap a new period
               'completion', case when is_completion then json_build_object(
                   'became_ineligible_for_funding_on', tr.became_ineligible_for_funding_on,
                   'reason', tr.became_ineligible_for_funding_reason,
                   'latest_completed', (
                       select to_char(max(other.declaration_date) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                       from declarations other
                       where other.teacher_id = d.teacher_id
                         and other.role = 'mentor'
                         and other.declaration_type = 'completed'
                         and other.payment_status in ('no_payment', 'eligible', 'payable', 'paid')
                         and other.clawback_status = 'no_clawback'
                         and other.id <> d.id),
                   'other_training_starts_on', (
                       select min(p.started_on)
                       from training_periods p
                       where p.teacher_id = d.teacher_id
                         and p.role = 'mentor'
                         and p.id <> lt.id
                         and (p.finished_on is null or p.finished_on > lt.finished_on))) end,

               -- 6.1: LT. A period like it without its interest changes nothing that is kept of the school, unless LT was asked
               -- of another provider: only then is the school moved (lead-provider-api.md 10)
               'latest_training', case when lt.id is not null then (
                   select json_build_object(
                       'id', lt.id,
                       'school_period_id', lt.school_period_id,
                       'moved_school_id', (
                           select lt.school_id
                           from provider_contract_periods interest
                           where interest.id = lt.expression_of_interest_id
                             and interest.lead_provider_id <> lt.lead_provider_id),
                       'started_on', lt.started_on,
                       'finished_on', lt.finished_on,
                       'school_finished_on', sp.finished_on,
                       'schedule_identifier', (select s.identifier from schedules s where s.id = lt.schedule_id))
                   from school_periods sp
                   where sp.id = lt.school_period_id) end,

               -- whose lists may show the declaration, and the participant whom a completion changes: locks of class 3
               'lead_provider_ids', coalesce(trained.providers_of_role, '[]'),
               'participant_lead_provider_ids', case when is_completion then coalesce(trained.providers, '[]') else '[]' end
           )::text as facts
    from asked a
    left join declarations d on d.api_id = a.declaration_id and d.lead_provider_id = a.lead_provider_id
    left join teachers t on t.id = d.teacher_id
    cross join lateral (select d.role = 'mentor' and d.declaration_type = 'completed' as is_completion) of_mentor
    left join training_records tr on tr.teacher_id = d.teacher_id and tr.role = d.role
    left join lateral (
        select p.*
        from training_periods p
        where p.teacher_id = d.teacher_id and p.role = 'mentor' and p.lead_provider_id = d.lead_provider_id
          and is_completion
        order by p.started_on desc, p.id desc
        limit 1) lt on true
    left join lateral (
        select json_agg(distinct p.lead_provider_id order by p.lead_provider_id) as providers,
               json_agg(distinct p.lead_provider_id order by p.lead_provider_id)
                   filter (where p.role = d.role) as providers_of_role
        from training_periods p
        where p.teacher_id = d.teacher_id and p.lead_provider_id is not null) trained on true
)
select id, facts, encode(sha256(convert_to(facts, 'UTF8')), 'hex') as digest, person_key
from answered;
