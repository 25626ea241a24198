-- The facts of partnerships that are made and corrected (lead-provider-api.md 9.1, 9.2) as common/sql/partnership_facts.sql and
-- partnership_update_facts.sql gather them: the text that is tested is the text that ships. On a freshly migrated, otherwise
-- empty database; run from the root of the checkout.
begin;
\ir world.sqlinc
\set statement `cat common/sql/partnership_facts.sql`
prepare partnership_facts as :statement
\set statement `cat common/sql/partnership_update_facts.sql`
prepare partnership_update_facts as :statement
select plan(45);

-- ---- more of the world: school 2 without partnerships, delivery partner 2 with LP-A in 2025 ----

insert into gias_schools (urn, name, type_name, in_england, section_41_approved, eligible, local_authority_code) values
  (100002, 'S2', 'Community school', true, false, true, 201);
insert into schools (id, urn, api_id) overriding system value values (2, 100002, 'ffffffff-0000-4000-8000-000000000002');
insert into delivery_partners (id, name, api_id) overriding system value values
  (2, 'DP-2', 'dddddddd-0000-4000-8000-000000000002'), (3, 'DP-3', 'dddddddd-0000-4000-8000-000000000003');
insert into delivery_partnerships (id, provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
  overriding system value values (2, 12025, 1, 2025, 2);
update schools set api_id = 'ffffffff-0000-4000-8000-000000000001' where id = 1;
update school_partnerships set api_id = format('bbbbbbbb-0000-4000-8000-%s', lpad(id::text, 12, '0'))::uuid;

create type pg_temp.answer as (id uuid, facts text, digest text, person_key text);
create function pg_temp.of_school(n integer) returns uuid language sql as $$ select format('ffffffff-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;
create function pg_temp.of_partner(n integer) returns uuid language sql as $$ select format('dddddddd-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;
create function pg_temp.of_partnership(n integer) returns uuid language sql as $$ select format('bbbbbbbb-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;
create function pg_temp.asked(school uuid, partner uuid, cohort integer default 2025, provider bigint default 1)
  returns pg_temp.answer language plpgsql as $$
declare answer pg_temp.answer;
begin
  execute format('execute partnership_facts (%L, %L, %L, %L, %L)', array[gen_random_uuid()], array[provider], array[cohort],
    array[school], array[partner]) into strict answer;
  return answer;
end $$;
create function pg_temp.facts(school uuid, partner uuid, cohort integer default 2025, provider bigint default 1)
  returns jsonb language sql as $$ select (pg_temp.asked(school, partner, cohort, provider)).facts::jsonb $$;
create function pg_temp.corrected(partnership uuid, partner uuid, provider bigint default 1)
  returns pg_temp.answer language plpgsql as $$
declare answer pg_temp.answer;
begin
  execute format('execute partnership_update_facts (%L, %L, %L, %L)', array[gen_random_uuid()], array[provider], array[partnership],
    array[partner]) into strict answer;
  return answer;
end $$;

-- ---- what is named ----

select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2)), '{"lead_provider": {"id": 1, "name": "LP-A"},
    "contract_period": {"year": 2025, "started_on": "2025-06-01", "enabled": true},
    "school": {"id": 2, "api_id": "ffffffff-0000-4000-8000-000000000002", "urn": 100002, "eligible": true},
    "delivery_partner": {"id": 2, "api_id": "dddddddd-0000-4000-8000-000000000002"}, "delivery_partnership": {"id": 2},
    "existing": null, "school_year": null, "waiting": [], "lead_provider_ids": []}', 'all that there is');
select is((pg_temp.asked(pg_temp.of_school(2), pg_temp.of_partner(2))).person_key, 'school:2', 'the key of the school alone');
select is(pg_temp.facts(null, null, null) - 'lead_provider', '{"contract_period": null, "school": null, "delivery_partner": null,
    "delivery_partnership": null, "existing": null, "school_year": null, "waiting": [], "lead_provider_ids": []}', 'nothing is found of nothing');
select is((pg_temp.asked(null, null, null)).person_key, null, 'and nobody is locked');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2), 1999) -> 'contract_period', 'null', 'no such cohort');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2), 1999) -> 'delivery_partnership', 'null', 'and nobody works with anybody in it');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2), 2024) -> 'delivery_partnership', 'null', 'works with it in another cohort only');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2), provider => 2) -> 'delivery_partnership', 'null', 'works with another provider');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(9)) -> 'delivery_partner', 'null', 'no such delivery partner');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2), 2024) -> 'delivery_partner' ->> 'id', '2', 'one that works with it in another cohort is there');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2), provider => 2) -> 'delivery_partner', 'null', 'one that works with another provider only is not');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(3)) -> 'delivery_partner', 'null', 'nor one that works with nobody');

-- ---- eligible: marked, or by the register ----

update gias_schools set eligible = false where urn = 100002;
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2)) -> 'school' ->> 'eligible', 'false', 'neither');
update schools set marked_as_eligible = true where id = 2;
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2)) -> 'school' ->> 'eligible', 'true', 'marked');

-- ---- partnered already ----

select is(pg_temp.facts(pg_temp.of_school(1), pg_temp.of_partner(2)) -> 'existing', '{"id": 12025, "api_id": "bbbbbbbb-0000-4000-8000-000000012025"}',
  'the provider''s with the school in the cohort, whatever the delivery partner');
delete from school_partnerships where id = 12025;
select is(pg_temp.facts(pg_temp.of_school(1), pg_temp.of_partner(2)) -> 'existing', 'null', 'not another provider''s, nor of another cohort');
insert into school_year_status (contract_period_year, school_id, programme_choice) values (2025, 2, 'school_led'), (2024, 2, 'provider_led');
select is(pg_temp.facts(pg_temp.of_school(2), pg_temp.of_partner(2)) -> 'school_year', '{"programme_choice": "school_led"}', 'what the school has chosen in the cohort');

-- ---- who waits ----

create function pg_temp.waits(period_id bigint, person_id bigint, provider integer, year integer, at_school integer default 1)
  returns void language sql as $$
  update school_periods set school_id = at_school where id = person_id * 10;
  insert into training_periods (id, school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year,
      expression_of_interest_id, schedule_id) overriding system value
  select period_id, s.id, person_id, s.role, at_school, '2025-09-01', 'provider_led', year, provider * 10000 + year, year - 2020
  from school_periods s where s.id = person_id * 10
$$;
select pg_temp.person(1), pg_temp.person(2, 'mentor'), pg_temp.person(3), pg_temp.person(4), pg_temp.person(5), pg_temp.person(6);
select pg_temp.waits(11, 1, 1, 2025), pg_temp.waits(21, 2, 1, 2025), pg_temp.waits(31, 3, 2, 2025), pg_temp.waits(41, 4, 1, 2024), pg_temp.waits(51, 5, 1, 2025, 2);
select pg_temp.trains(61, 6, 2, '2025-09-01', null, 2025);
update teachers set trn = null, trnless = true where id = 2;
select is(pg_temp.facts(pg_temp.of_school(1), pg_temp.of_partner(2)) -> 'waiting', '[{"id": 11, "teacher_id": 1}, {"id": 21, "teacher_id": 2}]',
  'at the school, for the provider, in the cohort, without a partnership: ECTs and mentors');
select is((pg_temp.asked(pg_temp.of_school(1), pg_temp.of_partner(2))).person_key, 'school:1,teacher:2,trn:9999991', 'everybody is locked, by the key of each');
select is(pg_temp.facts(pg_temp.of_school(1), pg_temp.of_partner(2)) -> 'lead_provider_ids', '[]', 'nobody shows them yet');
insert into training_periods (id, school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme, contract_period_year,
    school_partnership_id, lead_provider_id, schedule_id) overriding system value
  values (12, 10, 1, 'ect', 1, '2024-09-02', '2025-07-31', 'provider_led', 2024, 22024, 2, 4);
select is(pg_temp.facts(pg_temp.of_school(1), pg_temp.of_partner(2)) -> 'lead_provider_ids', '[2]', 'but whoever trained one of them');
select is(pg_temp.facts(pg_temp.of_school(1), pg_temp.of_partner(3)) -> 'waiting', '[]', 'nobody is confirmed by what cannot be made');
select is((pg_temp.asked(pg_temp.of_school(1), pg_temp.of_partner(3))).person_key, 'school:1', 'nor locked');
create temp table before as select (pg_temp.asked(pg_temp.of_school(1), pg_temp.of_partner(2))).digest;
select is((pg_temp.asked(pg_temp.of_school(1), pg_temp.of_partner(2))).digest, (select digest from before), 'the same facts, the same digest');
select is((pg_temp.asked(pg_temp.of_school(1), pg_temp.of_partner(2))).digest,
  encode(sha256(convert_to((pg_temp.asked(pg_temp.of_school(1), pg_temp.of_partner(2))).facts, 'UTF8')), 'hex'), 'which is of the facts');
delete from training_periods where id = 21;
select isnt((pg_temp.asked(pg_temp.of_school(1), pg_temp.of_partner(2))).digest, (select digest from before), 'somebody waits no longer');
create temp table asked as select array_agg(id) as ids from (select gen_random_uuid() as id from generate_series(1, 3)) as made;
select results_eq(format('execute partnership_facts (%L, ''{1,2,1}'', ''{2025,2025,NULL}'', ''{%s,%s,NULL}'', ''{%s,NULL,%s}'')',
    (select ids from asked), pg_temp.of_school(2), pg_temp.of_school(9), pg_temp.of_partner(2), pg_temp.of_partner(2)),
  format('execute partnership_facts (%L, ''{1,2,1}'', ''{2025,2025,1999}'', ''{%s,%s,%s}'', ''{%s,%s,%s}'')',
    (select ids from asked), pg_temp.of_school(2), pg_temp.of_school(8), pg_temp.of_school(8), pg_temp.of_partner(2), pg_temp.of_partner(8), pg_temp.of_partner(2)),
  'a row for each submission');

-- ---- corrections ----

insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year, api_id)
  overriding system value values (50, 2, 12025, 1, 2025, pg_temp.of_partnership(50));
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).facts::jsonb, '{"lead_provider": {"id": 1, "name": "LP-A"},
    "partnership": {"id": 50, "api_id": "bbbbbbbb-0000-4000-8000-000000000050", "school_id": 2, "contract_period_year": 2025,
      "delivery_partnership_id": 12025, "delivery_partner_api_id": "dddddddd-0000-4000-8000-000000000001", "delivery_partner_name": "DP-1"},
    "delivery_partner": {"id": 2, "api_id": "dddddddd-0000-4000-8000-000000000002", "name": "DP-2"}, "delivery_partnership": {"id": 2},
    "same": null, "teacher_ids": [], "lead_provider_ids": [], "statement_ids": []}', 'the partnership, and what it is to be');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).person_key, 'school:2', 'its school is locked');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2), 2)).facts::jsonb -> 'partnership', 'null', 'another provider''s is not found');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2), 2)).facts::jsonb -> 'delivery_partner', 'null', 'nor anything beside it');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2), 2)).person_key, null, 'and nobody is locked');
select is((pg_temp.corrected(null, null)).facts::jsonb - 'lead_provider', (pg_temp.corrected(pg_temp.of_partnership(51), null)).facts::jsonb - 'lead_provider', 'nor what is no id');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(3))).facts::jsonb -> 'delivery_partnership', 'null', 'works with nobody');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(3))).facts::jsonb -> 'delivery_partner', 'null', 'and is as good as absent');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(1))).facts::jsonb -> 'same', '{"id": 50}', 'what it has already');
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year) overriding system value values (51, 2, 2, 1, 2025);
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).facts::jsonb -> 'same', '{"id": 51}', 'or another one has');
delete from school_partnerships where id = 51;

update training_periods set school_partnership_id = 50, lead_provider_id = 1 where id = 51;
select pg_temp.statement(101, 1, 2025, 2025, 11, '2025-10-31'), pg_temp.statement(102, 1, 2025, 2025, 12, '2025-11-30');
select pg_temp.declares(1, 51, 'started', '2025-09-20 09:00Z', 'eligible', 102), pg_temp.declares(2, 51, 'retained-1', '2025-12-20 09:00Z', 'eligible', 101),
  pg_temp.declares(3, 51, 'retained-2', '2026-02-20 09:00Z');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).facts::jsonb -> 'teacher_ids', '[5]', 'whose training is under it');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).person_key, 'school:2,trn:9999995', 'locked too');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).facts::jsonb -> 'lead_provider_ids', '[1]', 'whose lists show them');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).facts::jsonb -> 'statement_ids', '[101, 102]', 'on which their declarations are');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(1))).facts::jsonb -> 'teacher_ids', '[]', 'nobody where nothing will move');
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(1))).facts::jsonb -> 'statement_ids', '[]', 'and no statement');
drop table before;
create temp table before as select (pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).digest;
update declarations set payment_statement_id = 101 where id = 1;
select isnt((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).digest, (select digest from before), 'a declaration on another statement is another fact');
update teachers set trn = '7777777' where id = 5;
select is((pg_temp.corrected(pg_temp.of_partnership(50), pg_temp.of_partner(2))).person_key, 'school:2,trn:7777777', 'the key that they have now');
select * from finish();
rollback;
