-- The facts of a declaration (declarations.md 3.2, 4, 6.1) as common/sql/declaration_facts.sql gathers them: the text that
-- is tested is the text that ships. On a freshly migrated, otherwise empty database; run from the root of the checkout.
begin;
set client_min_messages = warning;
set local search_path = public, pg_temp;
set local timezone = 'America/New_York'; -- facts must not depend on the session's
set local jit = off; -- and, as the roles of the workers have it:
set local enable_seqscan = off;
set local enable_bitmapscan = off;
set local enable_hashjoin = off;
set local enable_mergejoin = off;
\set statement `cat common/sql/declaration_facts.sql`
prepare declaration_facts as :statement
select plan(106);

-- ---- a world: lead providers 1 and 2, contract periods 2021 (frozen), 2022 (frozen in June 2025), 2024, 2025 ----

insert into contract_periods (year, started_on, finished_on, enabled, payments_frozen_at, mentor_funding_enabled,
    detailed_evidence_types_enabled, uplift_fees_enabled) values
  (2021, '2021-06-01', '2022-05-31', false, '2024-06-18 00:00 Europe/London', false, false, true),
  (2022, '2022-06-01', '2023-05-31', false, '2025-06-16 00:00 Europe/London', false, false, true),
  (2024, '2024-06-01', '2025-05-31', true, null, false, false, true),
  (2025, '2025-06-01', '2026-05-31', true, null, true, true, false);
insert into schedules (id, contract_period_year, identifier) overriding system value values
  (1, 2021, 'ecf-standard-september'), (2, 2022, 'ecf-standard-september'), (4, 2024, 'ecf-standard-september'),
  (5, 2025, 'ecf-standard-september');
insert into milestones (schedule_id, declaration_type, start_date, milestone_date) values
  (4, 'started', '2024-06-01', '2024-12-31'), (4, 'retained-1', '2025-01-01', '2025-03-31'), (5, 'started', '2025-06-01', null),
  (5, 'completed', '2025-06-01', null);
insert into lead_providers (id, name, api_id) overriding system value values
  (1, 'LP-A', 'aaaaaaaa-0000-4000-8000-000000000001'), (2, 'LP-B', 'aaaaaaaa-0000-4000-8000-000000000002');
insert into delivery_partners (id, name, api_id) overriding system value values
  (1, 'DP-1', 'dddddddd-0000-4000-8000-000000000001'), (2, 'DP-2', 'dddddddd-0000-4000-8000-000000000002');
insert into provider_contract_periods (id, lead_provider_id, contract_period_year) overriding system value
  select l * 10000 + year, l, year from generate_series(1, 2) l, contract_periods;
insert into delivery_partnerships (id, provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
  overriding system value
  select id, id, lead_provider_id, contract_period_year, lead_provider_id from provider_contract_periods;
insert into gias_schools (urn, name, type_name, in_england, section_41_approved, local_authority_code) values
  (100001, 'S1', 'Community school', true, false, 201), (100002, 'S2', 'Community school', true, false, 201);
insert into schools (id, urn) overriding system value values (1, 100001), (2, 100002);
insert into school_funding_eligibilities (gias_school_urn, contract_period_year, pupil_premium_uplift, sparsity_uplift) values
  (100001, 2024, true, false), (100001, 2025, true, true), (100002, 2024, false, true);
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
  overriding system value select id, 1, id, lead_provider_id, contract_period_year from delivery_partnerships;
insert into contracts (id, provider_contract_period_id, lead_provider_id, contract_period_year, contract_type,
    recruitment_target, uplift_fee_per_declaration, setup_fee, mentor_recruitment_target, mentor_fee_per_declaration)
  overriding system value
  select id, id, lead_provider_id, contract_period_year, case when contract_period_year < 2025 then 'ecf' else 'ittecf_ectp' end::contract_type,
    1, 0, 0, case when contract_period_year >= 2025 then 1 end, case when contract_period_year >= 2025 then 1 end
  from provider_contract_periods;

-- ---- making things, asking ----

create function pg_temp.person(person_id bigint, roles text default 'ect', marker timestamptz default null) returns void
  language sql as $$
  insert into teachers (id, api_id, trn, trs_first_name, trs_last_name) overriding system value
    values (person_id, format('eeeeeeee-0000-4000-8000-%s', lpad(person_id::text, 12, '0'))::uuid, lpad(person_id::text, 7, '9'),
      'Firstname', 'Surname');
  insert into training_records (teacher_id, role, first_became_eligible_for_training_at)
    select person_id, r::participant_role, marker from unnest(string_to_array(roles, ' ')) r;
  insert into school_periods (id, teacher_id, role, school_id, started_on) overriding system value
    select person_id * 10 + n, person_id, r::participant_role, 1, '2021-09-01'
    from unnest(string_to_array(roles, ' ')) with ordinality as r(r, n);
$$;
-- who: lead provider, confirmed; null = school-led; negative = expression of interest only
create function pg_temp.trains(period_id bigint, person_id bigint, who integer, starts date, ends date default null,
    year integer default 2024, in_role text default 'ect') returns void
  language sql as $$
  insert into training_periods (id, school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme,
      contract_period_year, school_partnership_id, lead_provider_id, expression_of_interest_id, schedule_id)
    overriding system value
  select period_id, s.id, person_id, s.role, 1, starts, ends,
    case when who is null then 'school_led' else 'provider_led' end::training_programme,
    case when who is not null then year end, case when who > 0 then who * 10000 + year end, case when who > 0 then who end,
    case when who < 0 then -who * 10000 + year end, case when who is not null then year - 2020 end
  from school_periods s where s.teacher_id = person_id and s.role = in_role::participant_role
$$;
create function pg_temp.statement(statement_id bigint, provider integer, year integer, of_year integer, of_month integer,
    deadline date, fee fee_type default 'output', in_status statement_status default 'open') returns void
  language sql as $$
  insert into statements (id, contract_id, lead_provider_id, contract_period_year, year, month, fee_type, status, deadline_date,
      payment_date) overriding system value
    values (statement_id, provider * 10000 + year, provider, year, of_year, of_month, fee, in_status, deadline, deadline + 25)
$$;
create function pg_temp.v7(instant timestamptz, tail text default '000000000001') returns uuid
  language sql as $$
  with ms as (select lpad(to_hex(floor(extract(epoch from instant) * 1000)::bigint), 12, '0') as hex)
  select (left(hex, 8) || '-' || right(hex, 4) || '-7000-8000-' || tail)::uuid from ms
$$;
create function pg_temp.api_id(person_id bigint) returns uuid
  language sql as $$ select api_id from teachers where id = person_id $$;

create type pg_temp.answer as (id uuid, facts text, digest text, person_key text);
create function pg_temp.answer_to(person uuid, in_role text default 'ect', of_type text default 'started',
    declared_at timestamptz default '2025-01-15 09:00Z', as_of timestamptz default '2025-02-01 10:00Z', provider bigint default 1,
    accept_no bigint default 100, id uuid default pg_temp.v7(now())) returns pg_temp.answer
  language plpgsql as $$
declare answer pg_temp.answer;
begin
  execute format('execute declaration_facts (%L, %L, %L, %L, %L, %L, %L, %L)', array[id], array[accept_no],
    array[as_of], array[provider], array[person], array[in_role], array[of_type], array[declared_at]) into strict answer;
  return answer;
end $$;
create function pg_temp.facts_of(person_id bigint, in_role text default 'ect', of_type text default 'started',
    declared_at timestamptz default '2025-01-15 09:00Z', as_of timestamptz default '2025-02-01 10:00Z', provider bigint default 1)
  returns jsonb language sql as $$
  select (pg_temp.answer_to(pg_temp.api_id(person_id), in_role, of_type, declared_at, as_of, provider)).facts::jsonb
$$;
-- The training period chosen; null = none.
create function pg_temp.chosen(person_id bigint, in_role text default 'ect', provider bigint default 1) returns bigint
  language sql as $$
  select (pg_temp.facts_of(person_id, in_role => in_role, provider => provider) -> 'training_period' ->> 'id')::bigint
$$;

-- ---- one row for each id; who is found ----

select results_eq(
  format('execute declaration_facts (%L, ''{1,2,3,4}'', array_fill(now(), array[4]), ''{1,1,2,99}'', ''{NULL,%s,%s,NULL}'',
      ''{ect,NULL,mentor,ect}'', ''{NULL,NULL,started,completed}'', array_fill(null::timestamptz, array[4]))',
    array[pg_temp.v7(now(), '000000000001'), pg_temp.v7(now(), '000000000002'), pg_temp.v7(now(), '000000000003'),
      pg_temp.v7(now(), '000000000004')], gen_random_uuid(), gen_random_uuid()),
  'execute declaration_facts (array[''' || pg_temp.v7(now(), '000000000001') || ''', ''' || pg_temp.v7(now(), '000000000002')
    || ''', ''' || pg_temp.v7(now(), '000000000003') || ''', ''' || pg_temp.v7(now(), '000000000004')
    || ''']::uuid[], ''{1,2,3,4}'', array_fill(now(), array[4]), ''{1,1,2,99}'', ''{NULL,NULL,NULL,NULL}'',
      ''{ect,NULL,mentor,ect}'', ''{NULL,NULL,started,completed}'', array_fill(null::timestamptz, array[4]))',
  'a row for each submission, also where nothing is found; not a UUID and unknown are the same');

select pg_temp.person(1, 'ect', '2024-09-10 08:00:00.123456Z');
select pg_temp.trains(11, 1, 1, '2024-09-02');
select is(pg_temp.facts_of(1) -> 'teacher', '{"id": 1, "api_id": "eeeeeeee-0000-4000-8000-000000000001"}', 'the teacher is found');
select is((pg_temp.answer_to(upper('eeeeeeee-0000-4000-8000-000000000001')::uuid)).facts::jsonb -> 'teacher' ->> 'id', '1',
  'letters of the id in either case');
select is((pg_temp.answer_to(null)).facts::jsonb -> 'teacher', 'null', 'no UUID: nobody');
select is((pg_temp.answer_to(null)).person_key, null, 'nobody has no key');
select is((pg_temp.answer_to(pg_temp.api_id(1))).person_key, 'trn:9999991', 'the key of a person is the TRN');
select pg_temp.person(2);
update teachers set trn = null, trnless = true where id = 2;
select is((pg_temp.answer_to(pg_temp.api_id(2))).person_key, 'teacher:2', 'or, without one, the id');
update teachers set anonymised_at = now(), anonymisation_reason = 'registered_in_error' where id = 2;
select is(pg_temp.facts_of(2) -> 'teacher' ->> 'id', '2', 'somebody registered in error is still found');
update teachers set anonymisation_reason = 'teacher_record_merged' where id = 2;
select is(pg_temp.facts_of(2) -> 'teacher', 'null', 'the shell of a merged person is not');
select is(pg_temp.facts_of(1) -> 'lead_provider',
  '{"id": 1, "api_id": "aaaaaaaa-0000-4000-8000-000000000001", "name": "LP-A"}', 'the lead provider');
select is(pg_temp.facts_of(1) -> 'accept_no', '100', 'the submission''s number');
select is(pg_temp.facts_of(1) ->> 'first_became_eligible_for_training_at', '2024-09-10T08:00:00.123456Z', 'the marker, in UTC');
select is(pg_temp.facts_of(1, in_role => 'mentor') ->> 'first_became_eligible_for_training_at', null, 'is that of the role');

-- ---- TP: latest started_on among the lead provider's confirmed ones ----

select is(pg_temp.facts_of(1) -> 'training_period', '{"id": 11, "school_period_id": 11, "school_id": 1,
    "school_partnership_id": 12024, "delivery_partner_id": 1, "delivery_partner_api_id": "dddddddd-0000-4000-8000-000000000001",
    "schedule_id": 4, "schedule_identifier": "ecf-standard-september", "lead_provider_id": 1, "contract_period_year": 2024,
    "started_on": "2024-09-02", "finished_on": null, "withdrawn_at": null, "deferred_at": null}', 'the whole training period');
select is(pg_temp.facts_of(1) -> 'contract_period', '{"year": 2024, "payments_frozen_at": null, "mentor_funding_enabled": false,
    "detailed_evidence_types_enabled": false, "uplift_fees_enabled": true}', 'and its contract period');
select is(pg_temp.facts_of(1, of_type => 'started') -> 'milestone',
  '{"start_date": "2024-06-01", "milestone_date": "2024-12-31"}', 'the schedule''s milestone of the type');
select is(pg_temp.facts_of(1, of_type => 'retained-2') -> 'milestone', 'null', 'none where the schedule has none');
select is(pg_temp.facts_of(1, of_type => null) -> 'milestone', 'null', 'none without a type');

select pg_temp.person(3);
select pg_temp.trains(31, 3, 1, '2024-09-01', '2024-12-31');
select pg_temp.trains(32, 3, 1, '2025-01-01', '2025-01-31');
select is(pg_temp.chosen(3), 32::bigint, 'finished periods count, the latest start wins');
select pg_temp.trains(33, 3, 1, '2026-01-01', null, 2025);
select is(pg_temp.chosen(3), 33::bigint, 'a future period counts too');
select is(pg_temp.facts_of(3) -> 'contract_period' ->> 'year', '2025', 'with its own contract period');

select pg_temp.person(4);
select pg_temp.trains(41, 4, 1, '2024-09-01', '2024-12-31');
select pg_temp.trains(42, 4, 2, '2025-01-01');
select is(pg_temp.chosen(4), 41::bigint, 'another provider''s later period is not this one''s');
select is(pg_temp.chosen(4, provider => 2), 42::bigint, 'and each has its own');
select is(pg_temp.facts_of(4) -> 'lead_provider_ids', '[1, 2]', 'both may see the declaration');

select pg_temp.person(5);
select pg_temp.trains(51, 5, -1, '2024-09-01');
select is(pg_temp.chosen(5), null, 'an expression of interest does not qualify');
select is(pg_temp.facts_of(5) -> 'qualifies', '{"ect": false, "mentor": false}', 'in no role');
select is(pg_temp.facts_of(5) -> 'lead_provider_ids', '[]', 'and shows nothing to anybody');
select pg_temp.person(6);
select pg_temp.trains(61, 6, null, '2024-09-01');
select is(pg_temp.chosen(6), null, 'nor does school-led training');
select is(pg_temp.facts_of(6) -> 'qualifies', '{"ect": false, "mentor": false}', 'in no role');
select pg_temp.person(7);
select pg_temp.trains(71, 7, 1, '2024-09-01', '2024-12-31');
select pg_temp.trains(72, 7, -1, '2025-01-01');
select is(pg_temp.chosen(7), 71::bigint, 'a later expression of interest does not hide a confirmed period');

select pg_temp.person(8, 'ect mentor', '2024-09-10 08:00Z');
select pg_temp.trains(81, 8, 1, '2024-09-01', null, 2024, 'mentor');
select is(pg_temp.chosen(8), null, 'a mentor''s period is none of an ECT');
select is(pg_temp.facts_of(8) -> 'qualifies', '{"ect": false, "mentor": true}', 'but qualifies in the other role');
select is(pg_temp.chosen(8, in_role => 'mentor'), 81::bigint, 'and is found in its own');
select is(pg_temp.chosen(8, in_role => null), null, 'no role, no period');
select is(pg_temp.facts_of(8, in_role => null) -> 'qualifies', '{"ect": false, "mentor": true}', 'though it is known who is trained');
select is(pg_temp.facts_of(8, in_role => 'mentor', provider => 2) -> 'qualifies', '{"ect": false, "mentor": false}',
  'by this provider only');
select is(pg_temp.facts_of(8) -> 'lead_provider_ids', '[]', 'providers are listed by role');
select pg_temp.trains(82, 8, 2, '2024-09-01');
select is(pg_temp.facts_of(8, in_role => 'ect') -> 'qualifies', '{"ect": false, "mentor": true}', 'another provider''s does not qualify');
select is(pg_temp.facts_of(8, in_role => 'mentor') -> 'lead_provider_ids', '[1]', 'the other role''s provider is not in the list');

update training_periods set finished_on = '2025-03-01', withdrawn_at = '2025-02-10 10:00:00.5Z', withdrawal_reason = 'other',
  deferred_at = '2025-02-09 10:00Z', deferral_reason = 'other' where id = 11;
select is(pg_temp.facts_of(1) -> 'training_period' ->> 'withdrawn_at', '2025-02-10T10:00:00.500000Z', 'withdrawal to the microsecond');
select is(pg_temp.facts_of(1) -> 'training_period' ->> 'deferred_at', '2025-02-09T10:00:00.000000Z', 'deferral likewise');

-- the partnership's delivery partner as it is now
insert into delivery_partnerships (id, provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
  overriding system value values (99, 12024, 1, 2024, 2);
update school_partnerships set delivery_partnership_id = 99 where id = 12024;
select is(pg_temp.facts_of(1) -> 'training_period' ->> 'delivery_partner_id', '2', 'the partnership''s delivery partner now');

-- ---- statement ----

select is(pg_temp.facts_of(1) -> 'statement', 'null', 'no statement');
select pg_temp.statement(101, 1, 2024, 2025, 8, '2025-07-31'), pg_temp.statement(102, 1, 2024, 2025, 4, '2025-03-31'),
  pg_temp.statement(103, 1, 2024, 2025, 3, '2025-02-28', 'service'),
  pg_temp.statement(104, 1, 2024, 2025, 2, '2025-02-10', 'output', 'payable'),
  pg_temp.statement(105, 2, 2024, 2025, 2, '2025-02-11'), pg_temp.statement(106, 1, 2025, 2025, 2, '2025-02-12'),
  pg_temp.statement(107, 1, 2024, 2025, 1, '2025-01-31');
select is(pg_temp.facts_of(1) -> 'statement' ->> 'id', '102',
  'earliest open output statement of provider and contract period: not past, service, payable, another''s or another year''s');
select is((pg_temp.facts_of(1) -> 'statement') - 'api_id',
  '{"id": 102, "status": "open", "deadline_date": "2025-03-31"}', 'with its state');
select is(pg_temp.facts_of(1) -> 'statement' ->> 'api_id', (select api_id::text from statements where id = 102), 'and public id');
select is(pg_temp.facts_of(1, as_of => '2025-03-31 22:59:59.999999Z') -> 'statement' ->> 'id', '102', 'a deadline today counts until the end of the day in London');
select is(pg_temp.facts_of(1, as_of => '2025-03-31 23:00Z') -> 'statement' ->> 'id', '101', 'and not a microsecond longer');
select is(pg_temp.facts_of(1, as_of => '2025-01-31 23:59:59.999999Z') -> 'statement' ->> 'id', '107', 'in winter likewise');
select is(pg_temp.facts_of(1, as_of => '2025-02-01 00:00Z') -> 'statement' ->> 'id', '102', 'until midnight');
select is(pg_temp.facts_of(1, as_of => '2025-08-01 00:00Z') -> 'statement', 'null', 'after the last deadline there is none');
select is(pg_temp.facts_of(4, provider => 2) -> 'statement' ->> 'id', '105', 'another provider has its own');
select is(pg_temp.facts_of(5) -> 'statement', 'null', 'no training period, no statement');
select pg_temp.statement(110, 1, 2024, 2026, 4, '2026-03-31'), pg_temp.statement(111, 1, 2024, 2026, 3, '2026-03-31'),
  pg_temp.statement(112, 1, 2024, 2025, 12, '2026-03-31');
select is(pg_temp.facts_of(1, as_of => '2026-01-01 00:00Z') -> 'statement' ->> 'id', '112', 'equal deadlines: the earlier year, then month');
delete from statements where id = 112;
select is(pg_temp.facts_of(1, as_of => '2026-01-01 00:00Z') -> 'statement' ->> 'id', '111', 'equal years: the earlier month');

-- ---- existing declarations ----

create function pg_temp.declares(declaration_id bigint, period_id bigint, of_type declaration_type, declared_at timestamptz,
    payment payment_status default 'no_payment', clawback clawback_status default 'no_clawback', submission uuid default null)
  returns void language sql as $$
  insert into declarations (id, training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type,
      declaration_date, payment_status, clawback_status, payment_statement_id, clawback_statement_id,
      delivery_partner_when_created_id, evidence_type, submission_id) overriding system value
  select declaration_id, p.id, p.teacher_id, p.role, p.lead_provider_id, p.contract_period_year, of_type, declared_at, payment, clawback,
    case when payment not in ('no_payment', 'voided') then s.id end, case when clawback <> 'no_clawback' then s.id end, 1,
    'other', submission
  from training_periods p, lateral (select max(s.id) as id from statements s
    where s.lead_provider_id = p.lead_provider_id and s.contract_period_year = p.contract_period_year) s
  where p.id = period_id
$$;
create function pg_temp.existing(person_id bigint, in_role text default 'ect', of_type text default 'started') returns text
  language sql as $$
  select string_agg(d ->> 'id', ' ' order by n)
  from jsonb_array_elements(pg_temp.facts_of(person_id, in_role, of_type) -> 'existing') with ordinality as e(d, n)
$$;
select is(pg_temp.existing(4), null, 'nothing declared');
select pg_temp.declares(1, 41, 'started', '2024-10-07 09:00:00.000001Z', 'paid'), pg_temp.declares(2, 42, 'retained-1', '2025-01-10 09:00Z'),
  pg_temp.declares(3, 42, 'retained-2', '2025-02-10 09:00Z', 'eligible'), pg_temp.declares(4, 42, 'retained-3', '2025-02-11 09:00Z', 'payable'),
  pg_temp.declares(5, 41, 'retained-4', '2025-02-12 09:00Z', 'voided'), pg_temp.declares(6, 41, 'completed', '2025-02-13 09:00Z', 'paid', 'awaiting_clawback'),
  pg_temp.declares(7, 41, 'extended-1', '2025-02-13 09:00Z', 'paid', 'clawed_back');
select is(pg_temp.existing(4), '1 2 3 4', 'active ones of every provider, in the order of types; not voided or clawed back');
select is(pg_temp.existing(4, in_role => 'mentor'), null, 'not those of the other role');
select is(pg_temp.existing(3), null, 'not another person''s');
select is((pg_temp.facts_of(4) -> 'existing' -> 0) - 'api_id', '{"id": 1, "training_period_id": 41, "lead_provider_id": 1,
    "type": "started", "date": "2024-10-07T09:00:00.000001Z", "evidence": "other", "decided_no": null}', 'what is told of each');

-- decided_no: of the outcome that made the one of the same type
select pg_temp.person(9);
select pg_temp.trains(91, 9, 1, '2024-09-01');
select pg_temp.declares(20, 91, 'started', '2024-10-07 09:00Z'), pg_temp.declares(21, 91, 'retained-1', '2025-01-10 09:00Z');
select is(pg_temp.facts_of(9, of_type => 'started') -> 'existing' -> 0 ->> 'decided_no', null, 'imported: no number');
update declarations set decided_no = 100 + id where teacher_id = 9;
select is(pg_temp.facts_of(9, of_type => 'started') -> 'existing' -> 0 ->> 'decided_no', '120', 'when the one of this type was decided');
select is(pg_temp.facts_of(9, of_type => 'started') -> 'existing' -> 1 ->> 'decided_no', null, 'of another type nobody asks');
select is(pg_temp.facts_of(9, of_type => 'retained-1') -> 'existing' -> 1 ->> 'decided_no', '121', 'unless that is submitted');

-- ---- row 15: the ongoing period is frozen ----

select pg_temp.person(12);
select pg_temp.trains(121, 12, 1, '2024-06-18', '2024-08-31', 2024);
select pg_temp.trains(122, 12, 2, '2024-09-01', '2025-06-30', 2022);
create function pg_temp.frozen(at_instant timestamptz, in_role text default 'ect', person_id bigint default 12) returns integer
  language sql as $$ select (pg_temp.facts_of(person_id, in_role, as_of => at_instant) ->> 'frozen_ongoing_year')::integer $$;
select is(pg_temp.frozen('2025-06-15 22:59:59.999999Z'), null, 'not before payments are frozen');
select is(pg_temp.frozen('2025-06-15 23:00Z'), 2022, 'from that very instant, another provider''s period too');
select is(pg_temp.facts_of(12, as_of => '2025-06-20 10:00Z') -> 'training_period' ->> 'contract_period_year', '2024',
  'whatever the contract period of the declaration');
select is(pg_temp.frozen('2025-06-30 22:59:59.999999Z'), 2022, 'a period that finishes today still contains today');
select is(pg_temp.frozen('2025-06-30 23:00Z'), null, 'and tomorrow no longer');
select is(pg_temp.frozen('2025-06-20 10:00Z', 'mentor'), null, 'not that of the other role');
select pg_temp.person(13);
select pg_temp.trains(131, 13, 1, '2024-07-02', null, 2021);
select is(pg_temp.frozen('2024-07-01 22:59:59.999999Z', person_id => 13), null, 'not before the period starts');
select is(pg_temp.frozen('2024-07-01 23:00Z', person_id => 13), 2021, 'from its first moment in London');
select pg_temp.person(14);
select pg_temp.trains(141, 14, -2, '2024-07-01', null, 2021);
select is(pg_temp.frozen('2024-07-02 10:00Z', person_id => 14), 2021, 'an expression of interest names a contract period too');
select pg_temp.person(15);
select pg_temp.trains(151, 15, null, '2024-07-01');
select is(pg_temp.frozen('2024-07-02 10:00Z', person_id => 15), null, 'school-led training does not');

-- ---- uplifts ----

select is(pg_temp.facts_of(1) -> 'uplifts', '{"sparsity": false, "pupil_premium": true}', 'of the school for the contract period');
select is(pg_temp.facts_of(1, of_type => 'retained-1') -> 'uplifts', 'null', 'for started only');
select is(pg_temp.facts_of(8, in_role => 'mentor') -> 'uplifts', '{"sparsity": false, "pupil_premium": true}', 'for mentors too');
select is(pg_temp.facts_of(3) -> 'uplifts', 'null', 'only where the contract period pays them');
delete from schools where id = 2;
update schools set urn = 100002 where id = 1;
select is(pg_temp.facts_of(1) -> 'uplifts', '{"sparsity": true, "pupil_premium": false}', 'by the school''s URN of today');
delete from school_funding_eligibilities;
select is(pg_temp.facts_of(1) -> 'uplifts', 'null', 'no record, none');

-- ---- mentorship: the nearest of the training period's school period ----

select pg_temp.person(50, 'mentor'), pg_temp.person(51, 'mentor'), pg_temp.person(52, 'mentor'), pg_temp.person(16, 'ect');
select pg_temp.trains(161, 16, 1, '2024-09-01');
insert into mentorship_periods (id, school_id, ect_school_period_id, ect_teacher_id, mentor_school_period_id, mentor_teacher_id,
    started_on, finished_on) overriding system value values
  (1, 1, 161, 16, 501, 50, '2024-09-10', '2024-12-31'), (2, 1, 161, 16, 511, 51, '2025-02-10', '2025-02-10'),
  (3, 1, 161, 16, 521, 52, '2025-03-01', null);
create function pg_temp.mentorship_at(declared_at timestamptz, person_id bigint default 16, in_role text default 'ect') returns text
  language sql as $$ select pg_temp.facts_of(person_id, in_role, declared_at => declared_at) -> 'mentorship' ->> 'id' $$;
select is(pg_temp.facts_of(16, declared_at => '2024-10-07 09:00Z') -> 'mentorship',
  '{"id": 1, "mentor_api_id": "eeeeeeee-0000-4000-8000-000000000050"}', 'the covering one, with the mentor''s id');
select is(pg_temp.mentorship_at('2020-01-01 00:00Z'), '1', 'before all of them the first');
select is(pg_temp.mentorship_at('2024-11-15 09:00Z'), '1', 'a covering one wins however far its edges are');
select is(pg_temp.mentorship_at('2025-01-20 12:00Z'), '1', '20 days after one, 21 before the next: the nearer edge');
select is(pg_temp.mentorship_at('2025-01-21 12:00Z'), '2', '21 days after one, 20 before the next');
select is(pg_temp.mentorship_at('2025-01-20 23:59:59.999999Z'), '1', 'by days of London, in winter those of UTC');
update mentorship_periods set started_on = '2025-02-11', finished_on = '2025-02-11' where id = 2;
select is(pg_temp.mentorship_at('2025-01-21 12:00Z'), '1', 'as far from both: the earlier one');
select is(pg_temp.mentorship_at('2025-02-20 12:00Z'), '2', 'an open one has one edge: 9 days each, the earlier one');
select is(pg_temp.mentorship_at('2025-02-21 12:00Z'), '3', 'and a day nearer it wins');
select is(pg_temp.mentorship_at('2030-01-01 12:00Z'), '3', 'for ever');
update mentorship_periods set finished_on = '2025-06-30' where id = 3;
insert into mentorship_periods (id, school_id, ect_school_period_id, ect_teacher_id, mentor_school_period_id, mentor_teacher_id,
    started_on) overriding system value values (4, 1, 161, 16, 501, 50, '2025-07-01');
select is(pg_temp.mentorship_at('2025-06-30 22:59:59.999999Z'), '3', 'the last moment of a day in summer');
select is(pg_temp.mentorship_at('2025-06-30 23:00Z'), '4', 'and the first of the next');
select is(pg_temp.mentorship_at(null), null, 'no date, none');
select is(pg_temp.mentorship_at('2025-01-15 09:00Z', 1), null, 'nobody mentors that school period');
select is(pg_temp.mentorship_at('2025-01-15 09:00Z', 8, 'mentor'), null, 'mentors are not mentored');

-- ---- 6.1 ----

update training_records set became_ineligible_for_funding_on = '2021-04-19',
  became_ineligible_for_funding_reason = 'completed_during_early_roll_out' where teacher_id = 8 and role = 'mentor';
select is(pg_temp.facts_of(8, in_role => 'mentor', of_type => 'completed') -> 'mentor_completion',
  '{"became_ineligible_for_funding_on": "2021-04-19", "reason": "completed_during_early_roll_out", "lead_provider_ids": [1, 2]}',
  'what a mentor''s completion overwrites, and everybody who trains the person in any role');
select is(pg_temp.facts_of(8, in_role => 'mentor') -> 'mentor_completion', 'null', 'only for completed');
select is(pg_temp.facts_of(8, of_type => 'completed') -> 'mentor_completion', 'null', 'only for mentors');

-- ---- the digest, the plan ----

select is((pg_temp.answer_to(pg_temp.api_id(1))).digest,
  encode(sha256(convert_to((pg_temp.answer_to(pg_temp.api_id(1))).facts, 'UTF8')), 'hex'), 'digest = SHA-256 of the facts');
create temp table before as select * from pg_temp.answer_to(pg_temp.api_id(1)) as answer;
set local timezone = 'Asia/Tokyo';
set local datestyle = 'German';
select is((pg_temp.answer_to(pg_temp.api_id(1))).digest, (select digest from before), 'the same in another session');
update statements set status = 'payable', marked_payable_at = '2025-04-01 00:00Z' where id = 102;
select isnt((pg_temp.answer_to(pg_temp.api_id(1))).digest, (select digest from before), 'another when the statement moves');
select unalike((pg_temp.answer_to(pg_temp.api_id(1))).facts, '%9999991%', 'no TRN in the facts');
select unalike((pg_temp.answer_to(pg_temp.api_id(1))).facts, '%Surname%', 'no name of a person');

create function pg_temp.plan_lines() returns setof text language plpgsql as $$
begin
  return query execute 'explain (costs off) execute declaration_facts (array_fill(gen_random_uuid(), array[200]),
    array_fill(1, array[200]), array_fill(now(), array[200]), array_fill(1, array[200]), array_fill(gen_random_uuid(), array[200]),
    array_fill(''ect''::participant_role, array[200]), array_fill(''started''::declaration_type, array[200]),
    array_fill(now(), array[200]))';
end $$;
set local plan_cache_mode = force_custom_plan;
select is_empty($$select * from pg_temp.plan_lines() as line where line ~* 'seq scan|hash|merge (join|append)|materialize'$$,
  'index look-ups and nested loops only');
set local plan_cache_mode = force_generic_plan;
select is_empty($$select * from pg_temp.plan_lines() as line where line ~* 'seq scan|hash|merge (join|append)|materialize'$$,
  'also in the plan that is kept for a session');
select is_empty($$select * from pg_temp.plan_lines() as line where line ~* 'append|submission'$$,
  'which locks no partition (PL-36): the statement reads no partitioned table');
select * from finish();
rollback;
