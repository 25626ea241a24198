-- The facts of a participant's actions (lead-provider-api.md 5) as common/sql/participant_facts.sql gathers them: the text
-- that is tested is the text that ships. On a freshly migrated, otherwise empty database; run from the root of the checkout.
begin;
\ir world.sqlinc
\set statement `cat common/sql/participant_facts.sql`
prepare participant_facts as :statement
select plan(61);

-- ---- asking: 3 February 2025, 10:00 ----

create type pg_temp.answer as (id uuid, facts text, digest text, person_key text);
create function pg_temp.participant(person_id bigint) returns uuid
  language sql as $$ select format('eeeeeeee-0000-4000-8000-%s', lpad(person_id::text, 12, '0'))::uuid $$;
create function pg_temp.answer_to(participant uuid, as_of timestamptz default '2025-02-03 10:00Z', provider bigint default 1,
    in_role participant_role default 'ect', schedule schedule_identifier default null, cohort integer default null)
  returns pg_temp.answer language plpgsql as $$
declare answer pg_temp.answer;
begin
  execute format('execute participant_facts (%L, %L, %L, %L, %L, %L, %L, %L)', array[gen_random_uuid()], array[as_of],
    array[provider], array[participant], array[in_role], array[schedule is not null or cohort is not null], array[schedule],
    array[cohort]) into strict answer;
  return answer;
end $$;
create function pg_temp.facts_of(person_id bigint, as_of timestamptz default '2025-02-03 10:00Z', provider bigint default 1,
    in_role participant_role default 'ect', schedule schedule_identifier default null, cohort integer default null)
  returns jsonb language sql as $$
  select (pg_temp.answer_to(pg_temp.participant(person_id), as_of, provider, in_role, schedule, cohort)).facts::jsonb $$;

-- ---- who it is, and whether this lead provider sees it (5.1) ----

select pg_temp.person(1);
select pg_temp.trains(11, 1, 1, '2024-09-02', '2025-01-31'), pg_temp.trains(12, 1, 2, '2025-02-01');

select is(pg_temp.facts_of(1) -> 'teacher', '{"id": 1, "api_id": "eeeeeeee-0000-4000-8000-000000000001"}', 'the person');
select is(pg_temp.facts_of(1) -> 'lead_provider', '{"id": 1, "name": "LP-A"}', 'who asks');
select is((pg_temp.answer_to(pg_temp.participant(1))).person_key, 'trn:9999991', 'the key of the person');
select is(pg_temp.facts_of(1) -> 'trains', '{"ect": true, "mentor": false}', 'in which roles it is theirs');
select is(pg_temp.facts_of(1, in_role => 'mentor') -> 'trains', '{"ect": true, "mentor": false}', 'whichever is asked for');
select is(pg_temp.facts_of(1, in_role => 'mentor') -> 'training', 'null', 'there is no training of the other');
select is(pg_temp.facts_of(1, in_role => null) -> 'training', 'null', 'nor of none');
select is(pg_temp.facts_of(1, in_role => null) -> 'teacher' ->> 'id', '1', 'but the person is seen');
select is(pg_temp.facts_of(1) -> 'lead_provider_ids', '[1, 2]', 'all who train, or trained, the person see it');
select is(pg_temp.facts_of(99) -> 'teacher', 'null', 'nobody');
select is((pg_temp.answer_to(null)).facts::jsonb, pg_temp.facts_of(99), 'nor is what is no id');
select is((pg_temp.answer_to(pg_temp.participant(99))).person_key, null, 'who has no key');
select pg_temp.person(2);
insert into training_periods (id, school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year,
  expression_of_interest_id, schedule_id) overriding system value values (21, 20, 2, 'ect', 1, '2024-09-02', 'provider_led', 2024, 12024, 4);
select is(pg_temp.facts_of(2), (pg_temp.facts_of(99)), 'who only asked for the lead provider is not seen: the facts of nobody');
select is((pg_temp.answer_to(pg_temp.participant(2))).person_key, 'trn:9999992', 'but the lock is taken');
create temp table asked as select array_agg(id) as ids from (select gen_random_uuid() as id from generate_series(1, 3)) as made;
create function pg_temp.trainings() returns table (id uuid, training text) language plpgsql as $$
declare answer pg_temp.answer;
begin
  for answer in execute format('execute participant_facts (%L, array_fill(timestamptz ''2025-02-03 10:00Z'', array[3]), ''{1,2,1}'', %L,
      ''{ect,ect,ect}'', ''{f,f,f}'', ''{NULL,NULL,NULL}'', ''{NULL,NULL,NULL}'')', (select ids from asked),
      array[pg_temp.participant(1), pg_temp.participant(1), null]) loop
    id := answer.id; training := answer.facts::jsonb -> 'training' ->> 'id'; return next;
  end loop;
end $$;
select set_eq('select id, training from pg_temp.trainings()',
  $$select t.id, t.training from asked, unnest(ids, '{11,12,NULL}'::text[]) as t (id, training)$$, 'a row for each submission');
update teachers set trn = null, trnless = true where id = 2;
select is((pg_temp.answer_to(pg_temp.participant(2))).person_key, 'teacher:2', 'the key of somebody without TRN');

-- ---- the latest training of the role with the lead provider ----

select pg_temp.person(3);
select pg_temp.trains(31, 3, 1, '2023-09-04', '2024-07-31'), pg_temp.trains(32, 3, 1, '2024-09-02', '2024-12-31'),
  pg_temp.trains(33, 3, 2, '2025-01-01');
select is(pg_temp.facts_of(3) -> 'training', '{"id": 32, "school_period_id": 30, "school_id": 1, "started_on": "2024-09-02",
    "finished_on": "2024-12-31", "withdrawn_at": null, "withdrawal_reason": null, "deferred_at": null, "deferral_reason": null,
    "contract_period_year": 2024, "is_frozen": false, "school_partnership_id": 12024, "expression_of_interest_id": null,
    "schedule_id": 4, "schedule_identifier": "ecf-standard-september", "school_finished_on": null,
    "became_ineligible_for_funding_on": null, "payments_frozen_year": null, "induction_finished_on": null,
    "trs_induction_completed_on": null}', 'the whole of it');
update training_periods set withdrawn_at = '2024-12-31 10:00:00.000001Z', withdrawal_reason = 'moved_school',
  deferred_at = '2024-12-30 10:00Z', deferral_reason = 'other', expression_of_interest_id = 22024 where id = 32;
update school_periods set finished_on = '2025-07-31' where id = 30;
update training_periods set finished_on = '2025-07-31' where id = 33;
update teachers set trs_induction_completed_date = '2025-01-10' where id = 3;
update training_records set became_ineligible_for_funding_on = '2025-01-09', payments_frozen_year = 2025 where teacher_id = 3;
insert into appropriate_bodies (id, name, body_type) overriding system value values (1, 'AB', 'national');
insert into induction_periods (teacher_id, appropriate_body_id, started_on, finished_on, induction_programme, training_programme, number_of_terms, outcome)
  values (3, 1, '2024-01-08', '2024-07-31', 'fip', 'provider_led', 2, null), (3, 1, '2024-09-02', '2025-01-10', 'fip', 'provider_led', 1, 'pass');
select is((pg_temp.facts_of(3) -> 'training') ->> 'withdrawn_at', '2024-12-31T10:00:00.000001Z', 'withdrawn');
select is((pg_temp.facts_of(3) -> 'training') ->> 'withdrawal_reason', 'moved_school', 'why');
select is((pg_temp.facts_of(3) -> 'training') ->> 'deferred_at', '2024-12-30T10:00:00.000000Z', 'deferred');
select is((pg_temp.facts_of(3) -> 'training') ->> 'deferral_reason', 'other', 'why');
select is((pg_temp.facts_of(3) -> 'training') ->> 'expression_of_interest_id', '22024', 'whom the school had asked for');
select is((pg_temp.facts_of(3) -> 'training') ->> 'school_finished_on', '2025-07-31', 'until when they are at the school');
select is((pg_temp.facts_of(3) -> 'training') ->> 'induction_finished_on', '2025-01-10', 'the induction with an outcome');
select is((pg_temp.facts_of(3) -> 'training') ->> 'trs_induction_completed_on', '2025-01-10', 'and by the Teaching Record System');
select is((pg_temp.facts_of(3) -> 'training') ->> 'became_ineligible_for_funding_on', '2025-01-09', 'of the role');
select is((pg_temp.facts_of(3) -> 'training') ->> 'payments_frozen_year', '2025', 'likewise');
select pg_temp.person(4, 'mentor');
select pg_temp.trains(41, 4, 1, '2024-09-02');
update teachers set trs_induction_completed_date = '2015-01-10' where id = 4;
insert into induction_periods (teacher_id, appropriate_body_id, started_on, finished_on, induction_programme, training_programme, number_of_terms, outcome)
  values (4, 1, '2014-09-02', '2015-01-10', 'fip', 'provider_led', 1, 'pass');
select is(pg_temp.facts_of(4, in_role => 'mentor') -> 'trains', '{"ect": false, "mentor": true}', 'a mentor');
select is(pg_temp.facts_of(4, in_role => 'mentor') -> 'training' ->> 'induction_finished_on', null, 'whose own induction does not count');
select is(pg_temp.facts_of(4, in_role => 'mentor') -> 'training' ->> 'trs_induction_completed_on', null, 'nor this');
update contract_periods set payments_frozen_at = '2025-02-03 10:00Z' where year = 2024;
select is(pg_temp.facts_of(1) -> 'training' ->> 'is_frozen', 'true', 'frozen from the instant on');
select is(pg_temp.facts_of(1, '2025-02-03 09:59:59.999999Z') -> 'training' ->> 'is_frozen', 'false', 'and not before');
update contract_periods set payments_frozen_at = null where year = 2024;

-- ---- other training of the role ----

select is(pg_temp.facts_of(1) -> 'others', '{"cover_today": true, "cover_from": "2025-02-03", "later_starts_on": "2025-02-01"}',
  'another one of the school period covers today, and began later');
select is(pg_temp.facts_of(1, '2025-01-31 23:59Z') -> 'others', '{"cover_today": false, "cover_from": "2025-02-01", "later_starts_on": "2025-02-01"}',
  'the day before it begins');
select is(pg_temp.facts_of(1, '2025-02-01 00:00Z') -> 'others' ->> 'cover_today', 'true', 'the day on which it begins');
select is(pg_temp.facts_of(1, provider => 2) -> 'others', '{"cover_today": false, "cover_from": null, "later_starts_on": null}',
  'what is over, and was before');
select is(pg_temp.facts_of(3, '2025-07-31 22:59Z') -> 'others' ->> 'cover_today', 'true', 'its last day, in London');
select is(pg_temp.facts_of(3, '2025-07-31 23:00Z') -> 'others' ->> 'cover_from', null, 'and the day after');
insert into gias_schools (urn, name, type_name, in_england, section_41_approved, local_authority_code) values (100002, 'S2', 'Community school', true, false, 201);
insert into schools (id, urn) overriding system value values (2, 100002);
update training_periods set finished_on = '2024-12-31' where id = 41;
insert into school_periods (id, teacher_id, role, school_id, started_on) overriding system value values (41, 4, 'mentor', 2, '2025-01-01');
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year) overriding system value values (2, 2, 22024, 2, 2024);
insert into training_periods (id, school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year,
  school_partnership_id, lead_provider_id, schedule_id) overriding system value values (42, 41, 4, 'mentor', 2, '2025-01-01', 'provider_led', 2024, 2, 2, 4);
select is(pg_temp.facts_of(4, in_role => 'mentor') -> 'others', '{"cover_today": false, "cover_from": "2025-02-03", "later_starts_on": "2025-01-01"}',
  'at another school: it covers today, but not in this school period');

-- ---- the target of a change of schedule (5.5) ----

insert into schedules (id, contract_period_year, identifier) overriding system value values (24, 2024, 'ecf-extended-april'), (25, 2025, 'ecf-extended-april');
insert into milestones (schedule_id, declaration_type, start_date, milestone_date) values (24, 'started', '2024-09-01', '2024-12-31'),
  (24, 'retained-1', '2025-01-01', null), (25, 'started', '2025-06-01', null);
select is(pg_temp.facts_of(1) -> 'target', 'null', 'the schedule stays');
select is(pg_temp.facts_of(1) -> 'declarations', '[]', 'and nothing of declarations is said');
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april') -> 'target', '{"year": 2024, "is_frozen": false, "schedule_id": 24,
    "school_partnership_id": 12024, "provider_contract_period_id": 12024}', 'no cohort: its own; the partnership stays');
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april', cohort => 2019) -> 'target' ->> 'year', '2024', 'an unknown one is none');
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april', cohort => 2025) -> 'target', '{"year": 2025, "is_frozen": false, "schedule_id": 25,
    "school_partnership_id": 12025, "provider_contract_period_id": 12025}', 'another one: its schedule, its partnership');
select is(pg_temp.facts_of(1, schedule => 'ecf-reduced-april') -> 'target' ->> 'schedule_id', null, 'a schedule that the cohort has not');
select is(pg_temp.facts_of(1, cohort => 2025) -> 'target' ->> 'schedule_id', null, 'none was named');
select is(pg_temp.facts_of(99, schedule => 'ecf-extended-april', cohort => 2025) -> 'target', '{"year": 2025, "is_frozen": false, "schedule_id": 25,
    "school_partnership_id": null, "provider_contract_period_id": null}', 'without training the cohort that was named');
select is(pg_temp.facts_of(99, schedule => 'ecf-extended-april') -> 'target', 'null', 'or none');
update contract_periods set payments_frozen_at = '2025-02-03 10:00Z' where year = 2025;
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april', cohort => 2025) -> 'target' ->> 'is_frozen', 'true', 'frozen');
update contract_periods set payments_frozen_at = null where year = 2025;

-- the same delivery partner, else the most recently created; at the same school, and the lead provider's own
insert into delivery_partners (id, name) overriding system value values (2, 'DP-2'), (3, 'DP-3');
insert into delivery_partnerships (id, provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id) overriding system value
  values (2, 12025, 1, 2025, 2), (3, 12025, 1, 2025, 3), (4, 22025, 2, 2025, 2);
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year, created_at) overriding system value
  values (52, 1, 2, 1, 2025, now() + interval '1 day'), (53, 1, 3, 1, 2025, now() + interval '2 days'),
         (54, 1, 4, 2, 2025, now() + interval '3 days'), (55, 2, 2, 1, 2025, now() + interval '4 days');
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april', cohort => 2025) -> 'target' ->> 'school_partnership_id', '12025', 'with the same delivery partner');
delete from school_partnerships where id = 12025;
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april', cohort => 2025) -> 'target' ->> 'school_partnership_id', '53', 'else the one made last');
insert into delivery_partnerships (id, provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id) overriding system value values (5, 12024, 1, 2024, 2);
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year, created_at) overriding system value values (56, 1, 5, 1, 2024, now() + interval '5 days');
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april') -> 'target' ->> 'school_partnership_id', '12024', 'the current one, whichever was made last');

-- ---- declarations of the training period, in the target schedule (5.5/C7) ----

select pg_temp.statement(101, 1, 2024, 2024, 11, '2024-10-31');
select pg_temp.declares(1, 11, 'started', '2024-10-07 09:00Z', 'voided', 101), pg_temp.declares(2, 11, 'retained-2', '2025-01-15 09:00Z');
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april') -> 'declarations', '[{"api_id": "cccccccc-0000-4000-8000-000000000001", "type": "started",
    "date": "2024-10-07T09:00:00.000000Z", "has_statement": true, "milestone_start_date": "2024-09-01", "milestone_date": "2024-12-31"},
   {"api_id": "cccccccc-0000-4000-8000-000000000002", "type": "retained-2", "date": "2025-01-15T09:00:00.000000Z", "has_statement": false,
    "milestone_start_date": null, "milestone_date": null}]', 'all of them, voided ones too; a type that the schedule has not');
select is(pg_temp.facts_of(1, schedule => 'ecf-extended-april', cohort => 2025) -> 'declarations' -> 0 ->> 'milestone_start_date', '2025-06-01', 'in the target cohort');
select is(pg_temp.facts_of(1, provider => 2, schedule => 'ecf-extended-april') -> 'declarations', '[]', 'not those of other training periods');

-- ---- the digest, the plan ----

select is((pg_temp.answer_to(pg_temp.participant(1))).digest, encode(sha256(convert_to((pg_temp.answer_to(pg_temp.participant(1))).facts, 'UTF8')), 'hex'),
  'digest = SHA-256 of the facts');
create temp table before as select (pg_temp.answer_to(pg_temp.participant(3), schedule => 'ecf-extended-april')).digest;
set local timezone = 'Asia/Tokyo';
set local datestyle = 'German';
select is((pg_temp.answer_to(pg_temp.participant(3), schedule => 'ecf-extended-april')).digest, (select digest from before), 'the same in another session');
select unalike((pg_temp.answer_to(pg_temp.participant(3))).facts, '%9999993%', 'no TRN in the facts');
select unalike((pg_temp.answer_to(pg_temp.participant(3))).facts, '%Surname%', 'no name of a person');

create function pg_temp.plan_lines() returns setof text language plpgsql as $$
begin
  return query execute 'explain (costs off) execute participant_facts (array_fill(gen_random_uuid(), array[200]),
    array_fill(now(), array[200]), array_fill(1, array[200]), array_fill(gen_random_uuid(), array[200]),
    array_fill(''ect''::participant_role, array[200]), array_fill(true, array[200]),
    array_fill(''ecf-extended-april''::schedule_identifier, array[200]), array_fill(2025, array[200]))';
end $$;
set local plan_cache_mode = force_custom_plan;
select is_empty($$select * from pg_temp.plan_lines() as line where line ~* 'seq scan|hash|merge (join|append)|materialize'$$,
  'index look-ups and nested loops only');
set local plan_cache_mode = force_generic_plan;
select is_empty($$select * from pg_temp.plan_lines() as line where line ~* 'seq scan|hash|merge (join|append)|materialize|append|submission'$$,
  'also in the plan that is kept for a session, which locks no partition (PL-36)');
select * from finish();
rollback;
