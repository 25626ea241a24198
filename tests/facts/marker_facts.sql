-- The facts of becoming eligible later (declarations.md 5, 9.1, 9.2) as common/sql/marker_facts.sql gathers them, and the locks that
-- they name: the text that is tested is the text that ships. On a freshly migrated, otherwise empty database; run from the root.
begin;
\ir world.sqlinc
\set statement `cat common/sql/marker_facts.sql`
prepare marker_facts as :statement
select plan(33);

create type pg_temp.answer as (facts text, keys text[], classes integer[], numbers bigint[], shared boolean[]);
create function pg_temp.answer_to(person bigint, in_role participant_role default 'ect', as_of timestamptz default '2024-12-03 10:00Z')
  returns pg_temp.answer language plpgsql as $$
declare answer pg_temp.answer;
begin
  execute format('execute marker_facts (%L, %L, %L)', array[person], array[in_role], array[as_of]) into strict answer;
  return answer;
end $$;
create function pg_temp.facts_of(person bigint, in_role participant_role default 'ect', as_of timestamptz default '2024-12-03 10:00Z')
  returns jsonb language sql as $$ select (pg_temp.answer_to(person, in_role, as_of)).facts::jsonb $$;
create function pg_temp.induction(induction_id bigint, person bigint, starts date, ends date default null) returns void
  language sql as $$
  insert into appropriate_bodies (name, body_type) values ('AB', 'national') on conflict do nothing;
  insert into induction_periods (id, teacher_id, appropriate_body_id, started_on, finished_on, number_of_terms, training_programme,
      induction_programme) overriding system value
  select induction_id, person, id, starts, ends, case when ends is not null then 1 end, 'provider_led', 'fip' from appropriate_bodies
$$;

-- ---- the person ----

select pg_temp.person(1);
select is(pg_temp.facts_of(1) - 'training_record_id', '{"teacher_id": 1, "role": "ect", "first_became_eligible_for_training_at": null,
    "became_ineligible_for_funding_on": null, "became_ineligible_for_funding_reason": null, "has_induction_today": false,
    "has_school_period": true, "has_training_period": false, "declarations": [], "lead_provider_ids": []}', 'somebody at a school');
select is((pg_temp.facts_of(1) ->> 'training_record_id')::bigint, (select id from training_records where teacher_id = 1), 'the record of the role');
select is(pg_temp.facts_of(1, 'mentor') ->> 'training_record_id', null, 'and none of another');
select is(pg_temp.facts_of(1, 'mentor') ->> 'has_school_period', 'false', 'whose school periods are others too');
select is((pg_temp.answer_to(1)).keys, '{trn:9999991}', 'the key of the person');
select is((pg_temp.answer_to(1)).numbers, '{}', 'and no other lock');
update teachers set trn = null, trnless = true where id = 1;
select is((pg_temp.answer_to(1)).keys, '{teacher:1}', 'of somebody without TRN');
update training_records set first_became_eligible_for_training_at = '2024-09-10 09:00:00.000001Z' where teacher_id = 1;
select is(pg_temp.facts_of(1) ->> 'first_became_eligible_for_training_at', '2024-09-10T09:00:00.000001Z', 'the marker');
select pg_temp.person(2, 'mentor'), pg_temp.trains(21, 2, 1, '2025-09-01', null, 2025);
update training_records set became_ineligible_for_funding_on = '2021-04-19', became_ineligible_for_funding_reason = 'completed_during_early_roll_out'
  where teacher_id = 2;
select is(pg_temp.facts_of(2, 'mentor') - 'teacher_id' - 'training_record_id', '{"role": "mentor", "first_became_eligible_for_training_at": null,
    "became_ineligible_for_funding_on": "2021-04-19", "became_ineligible_for_funding_reason": "completed_during_early_roll_out",
    "has_induction_today": false, "has_school_period": true, "has_training_period": true, "declarations": [], "lead_provider_ids": [1]}', 'a mentor');

-- ---- induction: a period that contains London's today ----

select pg_temp.person(3), pg_temp.induction(1, 3, '2024-07-01', '2024-07-10');
select is(pg_temp.facts_of(3, as_of => at) ->> 'has_induction_today', expected, 'induction at ' || at)
  from (values ('2024-06-30 22:59:59Z'::timestamptz, 'false'), ('2024-06-30 23:00Z', 'true'), ('2024-07-10 22:59:59Z', 'true'),
    ('2024-07-10 23:00Z', 'false')) as days (at, expected);
select pg_temp.induction(2, 3, '2024-09-02');
select is(pg_temp.facts_of(3) ->> 'has_induction_today', 'true', 'an open one');

-- ---- what waits, and where it would go ----

select pg_temp.person(4), pg_temp.trains(41, 4, 1, '2024-09-02', '2025-01-31'), pg_temp.trains(42, 4, 2, '2025-02-01');
select pg_temp.statement(101, 1, 2024, 2024, 11, '2024-10-31'), pg_temp.statement(102, 1, 2024, 2025, 4, '2025-03-31'),
  pg_temp.statement(103, 1, 2024, 2025, 1, '2024-12-31'), pg_temp.statement(104, 1, 2024, 2024, 12, '2024-12-04', 'service'),
  pg_temp.statement(105, 2, 2024, 2025, 2, '2025-01-11'), pg_temp.statement(106, 1, 2025, 2025, 2, '2024-12-12');
select pg_temp.declares(1, 41, 'started', '2024-10-07 09:00Z'), pg_temp.declares(2, 41, 'retained-1', '2025-01-15 09:00Z', 'eligible', 103),
  pg_temp.declares(3, 41, 'retained-2', '2025-01-16 09:00Z', 'voided'), pg_temp.declares(4, 42, 'retained-3', '2025-02-15 09:00Z');
create function pg_temp.chosen(as_of timestamptz) returns jsonb language sql as $$
  select jsonb_object_agg(d ->> 'id', d -> 'statement_id') from jsonb_array_elements(pg_temp.facts_of(4, as_of => as_of) -> 'declarations') d $$;
select is(pg_temp.facts_of(4) -> 'declarations' -> 0, '{"id": 1, "api_id": "cccccccc-0000-4000-8000-000000000001", "statement_id": 103}', 'a declaration that waits');
select is(pg_temp.chosen('2024-12-03 10:00Z'), '{"1": 103, "4": 105}',
  'only what waits; each on the earliest output statement of its own provider and contract period that is not past');
select is(pg_temp.chosen('2024-12-31 23:59:59Z') -> '1', '103', 'a deadline today counts');
select is(pg_temp.chosen('2025-01-01 00:00Z') -> '1', '102', 'and tomorrow does not');
select is(pg_temp.chosen('2025-03-31 22:59:59Z') -> '1', '102', 'until the end of the day in London');
select is(pg_temp.chosen('2025-03-31 23:00Z'), '{"1": null, "4": null}', 'then there is none');
update statements set status = 'payable', marked_payable_at = '2025-01-01 00:00Z' where id = 103;
select is(pg_temp.chosen('2024-12-03 10:00Z') -> '1', '103', 'whatever its state');
select is(pg_temp.facts_of(4, 'mentor') -> 'declarations', '[]', 'nothing of another role');
update declarations set created_at = '2024-01-01' where id = 4;
select is(pg_temp.facts_of(4) -> 'declarations' -> 0 ->> 'id', '4', 'oldest first');

-- ---- locks ----

select is((pg_temp.answer_to(4)).classes, '{2,2,3,3}', 'statements and lists');
select is((pg_temp.answer_to(4)).numbers, '{103,105,1,2}', 'where they would go, and all who train the person');
select is((pg_temp.answer_to(4)).shared, '{t,t,t,t}', 'shared');
select is(pg_temp.facts_of(4) -> 'lead_provider_ids', '[1, 2]', 'the same in the facts');
select is((pg_temp.answer_to(4, as_of => '2025-04-01 10:00Z')).numbers, '{1,2}', 'without statements the lists alone');
select pg_temp.declares(5, 41, 'retained-4', '2025-01-17 09:00Z');
select is((pg_temp.answer_to(4)).numbers, '{103,105,1,2}', 'each once');
insert into training_records (teacher_id, role) values (4, 'mentor');
insert into school_periods (id, teacher_id, role, school_id, started_on) overriding system value values (49, 4, 'mentor', 1, '2024-09-01');
insert into lead_providers (id, name) overriding system value values (3, 'LP-C');
insert into provider_contract_periods (id, lead_provider_id, contract_period_year) overriding system value values (32024, 3, 2024);
insert into delivery_partnerships (id, provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
  overriding system value values (32024, 32024, 3, 2024, 1);
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
  overriding system value values (32024, 1, 32024, 3, 2024);
insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year,
    school_partnership_id, lead_provider_id, schedule_id) values (49, 4, 'mentor', 1, '2024-09-02', 'provider_led', 2024, 32024, 3, 4);
select is((pg_temp.answer_to(4)).numbers, '{103,105,1,2,3}', 'who trains the person in another role shows the participant too');

-- ---- a batch ----

select results_eq($$execute marker_facts ('{4,1,2}', '{mentor,ect,mentor}', array_fill('2024-12-03 10:00Z'::timestamptz, array[3]))$$,
  $$select (a).* from (select pg_temp.answer_to(p, r) as a from unnest('{4,1,2}'::bigint[], '{mentor,ect,mentor}'::participant_role[])
      with ordinality as q (p, r, n) order by n) as one_by_one$$, 'a row for each question, in their order');
select is_empty($$execute marker_facts ('{}', '{}', '{}')$$, 'nothing asked');
select is_empty($$execute marker_facts ('{99}', '{ect}', '{now}')$$, 'of nobody there are no facts');

select * from finish();
rollback;
