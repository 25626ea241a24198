-- The facts of a void (declarations.md 6, 6.1) as common/sql/void_facts.sql gathers them: the text that is tested is the
-- text that ships. On a freshly migrated, otherwise empty database; run from the root of the checkout.
begin;
\ir world.sqlinc
\set statement `cat common/sql/void_facts.sql`
prepare void_facts as :statement
select plan(45);

-- ---- asking ----

create type pg_temp.answer as (id uuid, facts text, digest text, person_key text);
create function pg_temp.answer_to(declaration uuid, as_of timestamptz default '2025-02-03 10:00Z', provider bigint default 1)
  returns pg_temp.answer language plpgsql as $$
declare answer pg_temp.answer;
begin
  execute format('execute void_facts (%L, %L, %L, %L)', array[gen_random_uuid()], array[as_of], array[provider],
    array[declaration]) into strict answer;
  return answer;
end $$;
create function pg_temp.facts_of(declaration_id bigint, as_of timestamptz default '2025-02-03 10:00Z', provider bigint default 1)
  returns jsonb language sql as $$ select (pg_temp.answer_to(pg_temp.id_of(declaration_id), as_of, provider)).facts::jsonb $$;

-- ---- whose it is ----

select pg_temp.person(1);
select pg_temp.trains(11, 1, 1, '2024-09-02', '2025-01-31'), pg_temp.trains(12, 1, 2, '2025-02-01');
select pg_temp.declares(1, 11, 'started', '2024-10-07 09:00:00.000001Z');

select is(pg_temp.facts_of(1) -> 'declaration', '{"id": 1, "api_id": "cccccccc-0000-4000-8000-000000000001", "training_period_id": 11,
    "teacher_id": 1, "participant_api_id": "eeeeeeee-0000-4000-8000-000000000001", "role": "ect", "contract_period_year": 2024,
    "type": "started", "date": "2024-10-07T09:00:00.000001Z", "evidence": null, "payment_status": "no_payment",
    "clawback_status": "no_clawback", "pupil_premium_uplift": false, "sparsity_uplift": false,
    "delivery_partner_api_id": "dddddddd-0000-4000-8000-000000000001", "has_mentor": false, "mentor_api_id": null,
    "created_at": "2024-10-20T09:00:00.000000Z"}', 'the whole declaration');
select is(pg_temp.facts_of(1) -> 'lead_provider', '{"id": 1, "name": "LP-A"}', 'who asks');
select is((pg_temp.answer_to(pg_temp.id_of(1))).person_key, 'trn:9999991', 'the key of its person');
select is(pg_temp.facts_of(1) -> 'lead_provider_ids', '[1, 2]', 'all who train the person in the role may see it');
select is(pg_temp.facts_of(1) -> 'participant_lead_provider_ids', '[]', 'the participant is not changed');
select is(pg_temp.facts_of(1, provider => 2) -> 'declaration', 'null', 'another provider''s is not found, though it is seen');
select is((pg_temp.answer_to(pg_temp.id_of(1), provider => 2)).person_key, null, 'and its person has no key');
select is(pg_temp.facts_of(1, provider => 2) -> 'lead_provider_ids', '[]', 'nobody is told');
select is(pg_temp.facts_of(99) -> 'declaration', 'null', 'what does not exist is not found');
select is((pg_temp.answer_to(null)).facts::jsonb - 'lead_provider', (pg_temp.facts_of(99)) - 'lead_provider', 'nor what is no id');
create temp table asked as select array_agg(id) as ids from (select gen_random_uuid() as id from generate_series(1, 3)) as made;
select results_eq(format('execute void_facts (%L, array_fill(now(), array[3]), ''{1,2,1}'', ''{%s,%s,NULL}'')',
    (select ids from asked), pg_temp.id_of(1), pg_temp.id_of(1)),
  format('execute void_facts (%L, array_fill(now(), array[3]), ''{1,2,1}'', ''{%s,%s,%s}'')',
    (select ids from asked), pg_temp.id_of(1), pg_temp.id_of(99), pg_temp.id_of(99)), 'a row for each submission');
update teachers set trn = null, trnless = true where id = 1;
select is((pg_temp.answer_to(pg_temp.id_of(1))).person_key, 'teacher:1', 'the key of somebody without TRN');

select pg_temp.person(50, 'mentor');
insert into mentorship_periods (id, school_id, ect_school_period_id, ect_teacher_id, mentor_school_period_id, mentor_teacher_id, started_on)
  overriding system value values (1, 1, 10, 1, 500, 50, '2024-09-02');
update declarations set mentorship_period_id = 1 where id = 1;
select is((pg_temp.facts_of(1) -> 'declaration') ->> 'mentor_api_id', 'eeeeeeee-0000-4000-8000-000000000050', 'the mentor stored with it');
select is((pg_temp.facts_of(1) -> 'declaration') ->> 'has_mentor', 'true', 'and that there is one');

-- ---- statements ----

select is(pg_temp.facts_of(1) -> 'payment_statement', 'null', 'none is attached');
select is(pg_temp.facts_of(1) -> 'clawback_statement', 'null', 'nothing to take back');
select pg_temp.statement(101, 1, 2024, 2024, 11, '2024-10-31', 'output', 'payable'), pg_temp.statement(102, 1, 2024, 2025, 8, '2025-07-31'),
  pg_temp.statement(103, 1, 2024, 2025, 4, '2025-03-31'), pg_temp.statement(104, 1, 2024, 2025, 3, '2025-02-28', 'service'),
  pg_temp.statement(105, 2, 2024, 2025, 2, '2025-02-11'), pg_temp.statement(106, 1, 2025, 2025, 2, '2025-02-12');
select pg_temp.declares(2, 11, 'retained-1', '2025-01-15 09:00Z', 'paid', 101);
select is((pg_temp.facts_of(2) -> 'payment_statement') - 'api_id', '{"id": 101, "status": "payable"}', 'the one that it is on, and its state');
select is(pg_temp.facts_of(2) -> 'payment_statement' ->> 'api_id', (select api_id::text from statements where id = 101), 'and public id');
select is((pg_temp.facts_of(2) -> 'clawback_statement') - 'api_id', '{"id": 103, "status": "open", "deadline_date": "2025-03-31"}',
  'earliest output statement of provider and contract period: not past, service, another''s or another year''s');
select is(pg_temp.facts_of(2) -> 'clawback_statement' ->> 'api_id', (select api_id::text from statements where id = 103), 'its public id');
select is(pg_temp.facts_of(2, '2025-03-31 22:59:59.999999Z') -> 'clawback_statement' ->> 'id', '103', 'a deadline today counts until the end of the day in London');
select is(pg_temp.facts_of(2, '2025-03-31 23:00Z') -> 'clawback_statement' ->> 'id', '102', 'and not a microsecond longer');
select is(pg_temp.facts_of(2, '2025-08-01 10:00Z') -> 'clawback_statement', 'null', 'after the last deadline there is none');
create temp table before as select (pg_temp.answer_to(pg_temp.id_of(2))).digest;
update statements set status = 'payable', marked_payable_at = '2025-04-01 00:00Z' where id = 103;
select is(pg_temp.facts_of(2) -> 'clawback_statement' ->> 'id', '103', 'whatever its state');
select isnt((pg_temp.answer_to(pg_temp.id_of(2))).digest, (select digest from before), 'which is part of the facts');
select is(pg_temp.facts_of(1) -> 'clawback_statement', 'null', 'of what is not paid nobody asks');

-- ---- 6.1 ----

select pg_temp.person(3, 'mentor');
select pg_temp.trains(31, 3, 1, '2025-09-01', '2026-04-20', 2025), pg_temp.trains(32, 3, 2, '2024-09-01', '2025-07-31', 2024);
select pg_temp.declares(31, 31, 'completed', '2026-04-20 09:00Z'), pg_temp.declares(32, 32, 'started', '2024-10-07 09:00Z');
update training_records set became_ineligible_for_funding_on = '2026-04-20',
  became_ineligible_for_funding_reason = 'completed_declaration_received' where teacher_id = 3;
select is(pg_temp.facts_of(31) -> 'completion', '{"became_ineligible_for_funding_on": "2026-04-20",
    "reason": "completed_declaration_received", "latest_completed": null, "other_training_starts_on": null}',
  'the record; the declaration itself is no other one, and training that was before is in nobody''s way');
select is(pg_temp.facts_of(31) -> 'latest_training', '{"id": 31, "school_period_id": 30, "moved_school_id": null, "started_on": "2025-09-01",
    "finished_on": "2026-04-20", "school_finished_on": null, "schedule_identifier": "ecf-standard-september"}', 'LT');
select is(pg_temp.facts_of(31) -> 'participant_lead_provider_ids', '[1, 2]', 'and all who see the participant');
select is(pg_temp.facts_of(32, provider => 2) -> 'completion', 'null', 'of a started nobody asks');
select is(pg_temp.facts_of(32, provider => 2) -> 'latest_training', 'null', 'nor for the training');
select is(pg_temp.facts_of(2) -> 'completion', 'null', 'nor of an ECT');
select pg_temp.trains(33, 3, 1, '2026-09-01', null, 2025);
select is(pg_temp.facts_of(31) -> 'latest_training' ->> 'id', '33', 'the latest-started of the provider, whatever the declaration is of');
delete from training_periods where id = 33;
select pg_temp.trains(34, 3, 2, '2026-05-01', '2026-05-31', 2025);
select is(pg_temp.facts_of(31) -> 'latest_training' ->> 'id', '31', 'another provider''s is none');
select is(pg_temp.facts_of(31) -> 'completion' ->> 'other_training_starts_on', '2026-05-01', 'but in the way');
select pg_temp.trains(35, 3, 2, '2026-06-01', null, 2025);
select is(pg_temp.facts_of(31) -> 'completion' ->> 'other_training_starts_on', '2026-05-01', 'the first of them');
delete from training_periods where id = 34;
select is(pg_temp.facts_of(31) -> 'completion' ->> 'other_training_starts_on', '2026-06-01', 'open ones too');
update school_periods set finished_on = '2027-08-31' where id = 30;
select is(pg_temp.facts_of(31) -> 'latest_training' ->> 'school_finished_on', '2027-08-31', 'until when the school period goes');
drop index declarations_one_live_per_person_role_type;
select pg_temp.declares(33, 35, 'completed', '2026-07-01 09:00Z'), pg_temp.declares(34, 35, 'completed', '2026-06-02 09:00Z'),
  pg_temp.declares(35, 35, 'completed', '2026-08-01 09:00Z', 'voided');
select is(pg_temp.facts_of(31) -> 'completion' ->> 'latest_completed', '2026-07-01T09:00:00.000000Z', 'D: the latest of the others that are active, by anybody');

-- ---- the digest, the plan ----

select is((pg_temp.answer_to(pg_temp.id_of(2))).digest,
  encode(sha256(convert_to((pg_temp.answer_to(pg_temp.id_of(2))).facts, 'UTF8')), 'hex'), 'digest = SHA-256 of the facts');
truncate before;
insert into before select (pg_temp.answer_to(pg_temp.id_of(2))).digest;
set local timezone = 'Asia/Tokyo';
set local datestyle = 'German';
select is((pg_temp.answer_to(pg_temp.id_of(2))).digest, (select digest from before), 'the same in another session');
select unalike((pg_temp.answer_to(pg_temp.id_of(31))).facts, '%9999993%', 'no TRN in the facts');
select unalike((pg_temp.answer_to(pg_temp.id_of(31))).facts, '%Surname%', 'no name of a person');

create function pg_temp.plan_lines() returns setof text language plpgsql as $$
begin
  return query execute 'explain (costs off) execute void_facts (array_fill(gen_random_uuid(), array[200]),
    array_fill(now(), array[200]), array_fill(1, array[200]), array_fill(gen_random_uuid(), array[200]))';
end $$;
set local plan_cache_mode = force_custom_plan;
select is_empty($$select * from pg_temp.plan_lines() as line where line ~* 'seq scan|hash|merge (join|append)|materialize'$$,
  'index look-ups and nested loops only');
set local plan_cache_mode = force_generic_plan;
select is_empty($$select * from pg_temp.plan_lines() as line where line ~* 'seq scan|hash|merge (join|append)|materialize|append|submission'$$,
  'also in the plan that is kept for a session, which locks no partition (PL-36)');
select * from finish();
rollback;
