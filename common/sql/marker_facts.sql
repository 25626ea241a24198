-- marker_facts: everything that decides whether somebody first becomes eligible for training in a role, and what follows
-- (declarations.md 5, 9.1, 9.2), for a batch, in one statement. Run before the locks, for what to lock; and after them and
-- behind the write that may have made the person eligible, to decide on (pipeline.md section 3; common/marker_step.h).
--
-- Parameters, element n of each array belongs to question n:
--   $1 bigint[]            teachers
--   $2 participant_role[]  roles
--   $3 timestamptz[]       as_of: by its London date today
--
-- Rows: one for each question, in their order:
--   facts    text, a JSON object; declarations: what waits at `no_payment`, each with the earliest output statement of its
--            provider and contract period whose deadline has not passed (whatever its status; null = none), oldest first
--   keys, classes, numbers, shared  arrays, parameters of take_locks: the person, exclusive; shared the statements, and the
--            lists of every lead provider that trains the person in any role, since the participant moves too
select json_build_object(
           'teacher_id', t.id,
           'role', a.role,
           'training_record_id', record.id,
           'first_became_eligible_for_training_at',
               to_char(record.first_became_eligible_for_training_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'became_ineligible_for_funding_on', record.became_ineligible_for_funding_on,
           'became_ineligible_for_funding_reason', record.became_ineligible_for_funding_reason,
           'has_induction_today', exists (
               select from induction_periods i where i.teacher_id = t.id and i.period @> a.today),
           'has_school_period', exists (
               select from school_periods s where s.teacher_id = t.id and s.role = a.role),
           'has_training_period', exists (
               select from training_periods p where p.teacher_id = t.id and p.role = a.role),
           'declarations', waiting.declarations,
           'lead_provider_ids', coalesce(to_json(trained.providers), '[]')
       )::text as facts,
       array[coalesce('trn:' || t.trn, 'teacher:' || t.id)] as keys,
       coalesce(locks.classes, '{}') as classes,
       coalesce(locks.numbers, '{}') as numbers,
       coalesce(locks.shared, '{}') as shared
from (select q.*, (q.as_of at time zone 'Europe/London')::date as today
      from unnest($1::bigint[], $2::participant_role[], $3::timestamptz[]) with ordinality
             as q (teacher_id, role, as_of, n)) as a
join teachers t on t.id = a.teacher_id
left join training_records record on record.teacher_id = t.id and record.role = a.role
cross join lateral (
    select coalesce(json_agg(json_build_object('id', d.id, 'api_id', d.api_id, 'statement_id', s.id)
                             order by d.created_at, d.id), '[]') as declarations,
           array_agg(distinct s.id) filter (where s.id is not null) as statements
    from declarations d
    left join lateral (
        select s.id
        from statements s
        where s.lead_provider_id = d.lead_provider_id
          and s.contract_period_year = d.contract_period_year
          and s.fee_type = 'output'
          and s.deadline_date >= a.today
        order by s.deadline_date, s.year, s.month, s.id
        limit 1) s on true
    where d.teacher_id = t.id and d.role = a.role and d.payment_status = 'no_payment') as waiting
cross join lateral (
    select array_agg(distinct p.lead_provider_id) as providers
    from training_periods p
    where p.teacher_id = t.id and p.lead_provider_id is not null) as trained
cross join lateral (
    select array_agg(lock.class order by lock.class, lock.number) as classes,
           array_agg(lock.number order by lock.class, lock.number) as numbers,
           array_agg(true) as shared
    from (select 2 as class, unnest(waiting.statements) as number
          union all
          select 3, unnest(trained.providers)) as lock) as locks
order by a.n;
