-- participant_facts: everything that a rule or an effect of `participant.withdraw`, `.defer`, `.resume` and
-- `.change_schedule` looks at, for a batch, in one statement: validation decides on it, and runs it again under the locks
-- and compares digests (pipeline.md PL-30 and section 4, step 3). Nothing personal is in the facts: they are kept with the
-- outcome.
--
-- Parameters, element n of each array belongs to submission n:
--   $1 uuid[]                 ids of the submissions, version 7
--   $2 timestamptz[]          their as_of: now, and by its London date today
--   $3 bigint[]               lead providers that submit
--   $4 uuid[]                 participant ids; null = not a UUID
--   $5 participant_role[]     role of course_identifier; null = not one of the two
--   $6 boolean[]              whether the schedule is to be changed: only then are target and declarations looked up
--   $7 schedule_identifier[]  to this one; null = not one of the twelve
--   $8 integer[]              in this contract period; null = none was named
--
-- Rows: exactly one for each element of $1, in no particular order:
--   id          uuid
--   facts       text, a JSON object; its keys are explained below, one by one
--   digest      text, hexadecimal SHA-256 of facts
--   person_key  text, as in declaration_facts; null where nobody has the id
--
-- Each fact is a look-up by an index in a subquery of its own, no partitioned table is read: so one plan serves all batches
-- (as declaration_facts has it).
--
-- To try it in psql:  \set q `cat common/sql/participant_facts.sql`
--                     prepare participant_facts as :q  execute participant_facts (array['…'::uuid], …);
with asked as (
    select a.*, (a.as_of at time zone 'Europe/London')::date as today
    from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::uuid[], $5::participant_role[], $6::boolean[],
                $7::schedule_identifier[], $8::integer[])
             as a(id, as_of, lead_provider_id, participant_id, role, changes_schedule, schedule_identifier, cohort)
),
answered as materialized (
    select a.id,
           coalesce('trn:' || t.trn, 'teacher:' || t.id) as person_key,
           json_build_object(
               'lead_provider', (
                   select json_build_object('id', lp.id, 'name', lp.name)
                   from lead_providers lp
                   where lp.id = a.lead_provider_id),

               -- null: not visible to this lead provider (5.1/A1)
               'teacher', case when trained.ect or trained.mentor then json_build_object('id', t.id, 'api_id', t.api_id) end,

               -- whether this lead provider has, or had, a confirmed training period with the teacher, by role (A3)
               'trains', json_build_object('ect', coalesce(trained.ect, false), 'mentor', coalesce(trained.mentor, false)),

               -- the latest one of the role; null: there is none
               'training', case when tp.id is not null then json_build_object(
                   'id', tp.id,
                   'school_period_id', tp.school_period_id,
                   'school_id', tp.school_id,
                   'started_on', tp.started_on,
                   'finished_on', tp.finished_on,
                   'withdrawn_at', to_char(tp.withdrawn_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'withdrawal_reason', tp.withdrawal_reason,
                   'deferred_at', to_char(tp.deferred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'deferral_reason', tp.deferral_reason,
                   'contract_period_year', tp.contract_period_year,
                   'is_frozen', (select coalesce(cp.payments_frozen_at <= a.as_of, false)
                                 from contract_periods cp where cp.year = tp.contract_period_year),
                   'school_partnership_id', tp.school_partnership_id,
                   'expression_of_interest_id', tp.expression_of_interest_id,
                   'schedule_id', tp.schedule_id,
                   'schedule_identifier', (select s.identifier from schedules s where s.id = tp.schedule_id),
                   'school_finished_on', sp.finished_on,
                   -- the role's: 4.2, 5.5/C10
                   'became_ineligible_for_funding_on', tr.became_ineligible_for_funding_on,
                   'payments_frozen_year', tr.payments_frozen_year,
                   'induction_finished_on', (
                       select max(i.finished_on)
                       from induction_periods i
                       where i.teacher_id = tp.teacher_id and tp.role = 'ect' and i.outcome is not null),
                   'trs_induction_completed_on', case when tp.role = 'ect' then t.trs_induction_completed_date end) end,

               -- other training periods of the role, with anybody or school-led
               'others', case when tp.id is not null then json_build_object(
                   -- one of the same school period covers today (5.4/R2)
                   'cover_today', exists (
                       select from training_periods o
                       where o.teacher_id = tp.teacher_id and o.role = tp.role and o.id <> tp.id
                         and o.school_period_id = tp.school_period_id
                         and o.started_on <= a.today and (o.finished_on is null or o.finished_on >= a.today)),
                   -- the first day from today on that one covers, at whatever school
                   'cover_from', (
                       select min(greatest(o.started_on, a.today))
                       from training_periods o
                       where o.teacher_id = tp.teacher_id and o.role = tp.role and o.id <> tp.id
                         and (o.finished_on is null or o.finished_on >= a.today)),
                   -- the first that starts after it (5.5/C13)
                   'later_starts_on', (
                       select min(o.started_on)
                       from training_periods o
                       where o.teacher_id = tp.teacher_id and o.role = tp.role and o.started_on > tp.started_on)) end,

               -- 5.5: null: the schedule stays, or no contract period was named and there is no training
               'target', case when target.year is not null then json_build_object(
                   'year', target.year,
                   'is_frozen', coalesce(target.payments_frozen_at <= a.as_of, false),
                   'schedule_id', goal.id,
                   'school_partnership_id', partnership.id,
                   'provider_contract_period_id', partnership.provider_contract_period_id) end,

               -- 5.5/C7: all of the training period, whatever their state, each with its window in the target schedule
               'declarations', coalesce((
                   select json_agg(json_build_object(
                              'api_id', d.api_id,
                              'type', d.declaration_type,
                              'date', to_char(d.declaration_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                              'has_statement', d.payment_statement_id is not null or d.clawback_statement_id is not null,
                              'milestone_start_date', m.start_date,
                              'milestone_date', m.milestone_date)
                          order by d.declaration_type, d.id)
                   from declarations d
                   left join lateral (
                       select w.start_date, w.milestone_date
                       from milestones w
                       where w.schedule_id = goal.id and w.declaration_type = d.declaration_type
                       limit 1) m on true
                   where d.training_period_id = tp.id and a.changes_schedule), '[]'),

               -- whose lists show the participant: locks of class 3
               'lead_provider_ids', case when trained.ect or trained.mentor then trained.providers else '[]' end
           )::text as facts
    from asked a
    left join teachers t on t.api_id = a.participant_id
    left join lateral (
        select bool_or(p.role = 'ect' and p.lead_provider_id = a.lead_provider_id) as ect,
               bool_or(p.role = 'mentor' and p.lead_provider_id = a.lead_provider_id) as mentor,
               json_agg(distinct p.lead_provider_id order by p.lead_provider_id) as providers
        from training_periods p
        where p.teacher_id = t.id and p.lead_provider_id is not null) trained on true
    left join lateral (
        select p.*
        from training_periods p
        where p.teacher_id = t.id and p.role = a.role and p.lead_provider_id = a.lead_provider_id
        order by p.started_on desc, p.id desc
        limit 1) tp on true
    left join school_periods sp on sp.id = tp.school_period_id
    left join training_records tr on tr.teacher_id = tp.teacher_id and tr.role = tp.role
    left join lateral (
        select cp.year, cp.payments_frozen_at
        from contract_periods cp
        where a.changes_schedule
          and cp.year = coalesce((select named.year from contract_periods named where named.year = a.cohort),
                                 tp.contract_period_year)) target on true
    left join schedules goal on goal.contract_period_year = target.year and goal.identifier = a.schedule_identifier
    left join lateral (
        select candidate.id, together.provider_contract_period_id
        from school_partnerships candidate
        join delivery_partnerships together on together.id = candidate.delivery_partnership_id
        where candidate.school_id = tp.school_id and candidate.lead_provider_id = a.lead_provider_id
          and candidate.contract_period_year = target.year
          and (target.year <> tp.contract_period_year or candidate.id = tp.school_partnership_id)
        order by (together.delivery_partner_id = (
                     select same.delivery_partner_id
                     from school_partnerships current
                     join delivery_partnerships same on same.id = current.delivery_partnership_id
                     where current.id = tp.school_partnership_id)) desc,
                 candidate.created_at desc, candidate.id desc
        limit 1) partnership on true
)
select id, facts, encode(sha256(convert_to(facts, 'UTF8')), 'hex') as digest, person_key
from answered;
