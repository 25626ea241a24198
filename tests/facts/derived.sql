-- What is derived of people and schools (lead-provider-api.md 6 and 10, data-model-operations.md 9) as the schema's functions
-- compute it, and as common/sql/refresh_*.sql keep it: the text that is tested is the text that ships. On a freshly migrated,
-- otherwise empty database; run from the root of the checkout.
begin;
\ir world.sqlinc
\set people `cat common/sql/refresh_people.sql`
\set schools `cat common/sql/refresh_schools.sql`
\set find_people `cat common/sql/find_people_differences.sql`
\set find_schools `cat common/sql/find_school_differences.sql`
prepare refresh_people as :people;
prepare refresh_schools as :schools;
prepare find_people as :find_people;
prepare find_schools as :find_schools;
select plan(71);

insert into appropriate_bodies (id, name, body_type) overriding system value values (1, 'Hub', 'teaching_school_hub');
insert into gias_schools (urn, name, type_name, in_england, section_41_approved, local_authority_code)
  select 100000 + n, 'S' || n, 'Community school', true, false, 201 from generate_series(2, 5) n;
insert into schools (id, urn) overriding system value select n, 100000 + n from generate_series(2, 5) n;
-- Partnerships of school n are (n - 1) * 100 000 more than those of school 1.
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
  overriding system value
  select (n - 1) * 100000 + d.id, n, d.id, lead_provider_id, contract_period_year from delivery_partnerships d, unnest(array[2, 4]) n;

create function pg_temp.stays(period_id bigint, person_id bigint, at_school bigint, starts date, ends date default null,
    in_role participant_role default 'ect') returns void
  language sql as $$
  insert into training_records (teacher_id, role) values (person_id, in_role) on conflict do nothing;
  insert into school_periods (id, teacher_id, role, school_id, started_on, finished_on) overriding system value
    values (period_id, person_id, in_role, at_school, starts, ends)
$$;
-- who: the provider whose partnership it is, asked: the provider of the interest; neither: school-led
create function pg_temp.learns(period_id bigint, place_id bigint, starts date, ends date default null, who integer default null,
    asked integer default null, year integer default 2024) returns void
  language sql as $$
  insert into training_periods (id, school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme,
      contract_period_year, school_partnership_id, lead_provider_id, expression_of_interest_id, schedule_id) overriding system value
  select period_id, s.id, s.teacher_id, s.role, s.school_id, starts, ends,
    (case when coalesce(who, asked) is null then 'school_led' else 'provider_led' end)::training_programme,
    case when coalesce(who, asked) is not null then year end,
    case when who is not null then (s.school_id - 1) * 100000 + who * 10000 + year end, who, asked * 10000 + year,
    case when coalesce(who, asked) is not null then year - 2020 end
  from school_periods s where s.id = place_id
$$;
create function pg_temp.status(person_id bigint, on_day date default '2025-02-03') returns setof teacher_provider_status
  language sql as $$ select * from teacher_provider_status_of(array[person_id], array[on_day]) order by lead_provider_id $$;
create function pg_temp.refresh_people(people bigint[], as_of timestamptz, api_updated_at timestamptz, participants boolean default false,
    mentors boolean default false) returns void
  language plpgsql as $$
begin
  execute format('execute refresh_people (%L, %L, %L, %L, %L, %L, %L)', people,
    array_fill((as_of at time zone 'Europe/London')::date, array[cardinality(people)]), array_fill(as_of, array[cardinality(people)]),
    array_fill(api_updated_at, array[cardinality(people)]), array_fill(interval '1 hour', array[cardinality(people)]),
    array_fill(participants, array[cardinality(people)]), array_fill(mentors, array[cardinality(people)]));
end $$;
create function pg_temp.refresh_schools(places bigint[], api_updated_at timestamptz) returns void
  language plpgsql as $$
begin
  execute format('execute refresh_schools (%L, %L, %L)', places, array_fill(api_updated_at, array[cardinality(places)]),
    array_fill(interval '0', array[cardinality(places)]));
end $$;

-- ---- the latest training of each role, with each provider (4) ----

select pg_temp.person(1);
select pg_temp.trains(11, 1, 1, '2024-09-01', '2024-10-31'), pg_temp.trains(12, 1, 1, '2025-01-01', null, 2025),
  pg_temp.trains(13, 1, 2, '2024-11-01', '2024-12-31');
select pg_temp.stays(19, 1, 1, '2020-09-01', '2021-08-31', 'mentor');
select pg_temp.learns(14, 19, '2020-09-01', '2020-12-31', 1);
select results_eq('select lead_provider_id, latest_ect_training_period_id, latest_ect_contract_period_year,
    latest_mentor_training_period_id, latest_mentor_contract_period_year, has_others from pg_temp.status(1)',
  $$values (1::bigint, 12::bigint, 2025, 14::bigint, 2024, true), (2, 13, 2024, null, null, true)$$,
  'by first day, for each provider and role, with its contract period');
update training_periods set school_partnership_id = null, lead_provider_id = null, expression_of_interest_id = 12025 where id = 12;
select is((select latest_ect_training_period_id from pg_temp.status(1) where lead_provider_id = 1), 11::bigint, 'interest alone is no training of a provider');
delete from training_periods where id = 13;
select results_eq('select lead_provider_id, has_others from pg_temp.status(1)', $$values (1::bigint, false)$$,
  'who trains nobody any more has no row, and the other one nobody beside him');
select is_empty('select * from pg_temp.status(99)', 'of nobody nothing');
select results_eq('select count(*) from teacher_provider_status_of(array[1, 1], array[date ''2025-01-01'', ''2025-02-01''])', 'select 1::bigint', 'named twice, counted once');

-- ---- who mentors (4) ----

select pg_temp.person(2), pg_temp.person(3, 'mentor'), pg_temp.person(4, 'mentor');
select pg_temp.trains(21, 2, 1, '2024-09-01');
insert into mentorship_periods (id, school_id, ect_school_period_id, ect_teacher_id, mentor_school_period_id, mentor_teacher_id, started_on,
    finished_on) overriding system value values
  (2, 1, 20, 2, 40, 4, '2025-06-01', null), (1, 1, 20, 2, 30, 3, '2024-09-01', '2025-02-03');
create function pg_temp.mentor(on_day date) returns bigint language sql as $$ select assigned_mentor_school_period_id from pg_temp.status(2, on_day) $$;
select is(pg_temp.mentor('2024-01-01'), 30::bigint, 'the earliest one that is to come');
select is(pg_temp.mentor('2025-02-03'), 30::bigint, 'current on its last day');
select is(pg_temp.mentor('2025-02-04'), 40::bigint, 'then the next one, though it has not begun');
update mentorship_periods set finished_on = '2025-06-30' where id = 2;
select is(pg_temp.mentor('2025-07-01'), null, 'past ones are none');
select pg_temp.stays(29, 2, 2, '2019-09-01', '2020-08-31');
select pg_temp.learns(22, 29, '2019-09-01', '2020-08-31', 2);
select is((select assigned_mentor_school_period_id from pg_temp.status(2, '2025-02-03') where lead_provider_id = 2), null,
  'of another school period than that of the provider''s latest training');

-- ---- transfers (6) ----

create function pg_temp.transfer(person_id bigint) returns bigint[]
  language sql as $$ select coalesce(array_agg(lead_provider_id order by lead_provider_id), '{}') from pg_temp.status(person_id) where involved_in_school_transfer $$;
insert into teachers (id, trn, trs_first_name, trs_last_name) overriding system value select n, (5550000 + n)::text, 'F', 'S' from generate_series(50, 70) n;

select pg_temp.stays(501, 50, 1, '2024-09-01', '2025-01-31'), pg_temp.stays(502, 50, 2, '2025-02-01');
select pg_temp.learns(501, 501, '2024-09-01', '2025-01-31', 1), pg_temp.learns(502, 502, '2025-02-01', null, 2);
select is(pg_temp.transfer(50), '{1,2}', 'to another school and provider: both are involved');
update training_periods set started_on = '2025-03-01' where id = 502;
select is(pg_temp.transfer(50), '{1,2}', 'whenever the training there begins');
select pg_temp.learns(503, 502, '2025-02-01', '2025-02-28');
select is(pg_temp.transfer(50), '{1}', 'J is the first training there: school-led has no provider');
delete from training_periods where id in (502, 503);
select is(pg_temp.transfer(50), '{1}', 'no J: it is a transfer all the same');
update training_periods set finished_on = '2024-12-31' where id = 501;
select is(pg_temp.transfer(50), '{1}', 'L may finish before P');
select pg_temp.learns(504, 501, '2025-01-01', '2025-01-31', 2);
select is(pg_temp.transfer(50), '{2}', 'L is the last training of P, no other');
delete from training_periods where id = 504;
update training_periods set finished_on = '2025-01-31' where id = 501;
select pg_temp.learns(505, 502, '2025-02-01', '2025-02-28', 2), pg_temp.learns(506, 502, '2025-03-01', null, 1);
select is(pg_temp.transfer(50), '{1,2}', 'J is the first training of N, no other');
update school_periods set finished_on = '2025-04-30' where id = 502;
update training_periods set finished_on = '2025-04-30' where id = 506;
select is(pg_temp.transfer(50), '{1,2}', 'and then he leaves N too, with nowhere to go');

select pg_temp.stays(511, 51, 1, '2024-09-01', '2025-01-31'), pg_temp.stays(512, 51, 1, '2025-02-01');
select pg_temp.learns(511, 511, '2024-09-01', '2025-01-31', 1), pg_temp.learns(512, 512, '2025-02-01', null, 2);
select is(pg_temp.transfer(51), '{}', 'the same school again is none');

select pg_temp.stays(521, 52, 1, '2024-09-01', '2025-01-31');
select pg_temp.learns(521, 521, '2024-09-01', '2025-01-31', 1);
select is(pg_temp.transfer(52), '{1}', 'to nowhere');
insert into induction_periods (teacher_id, appropriate_body_id, started_on, finished_on, induction_programme, training_programme, number_of_terms)
  values (52, 1, '2024-09-01', '2025-01-31', 'fip', 'provider_led', 1);
select is(pg_temp.transfer(52), '{1}', 'an induction without outcome is not complete');
update induction_periods set outcome = 'pass' where teacher_id = 52;
select is(pg_temp.transfer(52), '{}', 'with the induction complete it is none');
delete from induction_periods where teacher_id = 52;
update teachers set trs_induction_completed_date = '2025-01-31' where id = 52;
select is(pg_temp.transfer(52), '{}', 'as TRS tells it, too');
select pg_temp.stays(522, 52, 2, '2025-02-01');
select is(pg_temp.transfer(52), '{1}', 'which matters only where there is no next school');

select pg_temp.stays(531, 53, 1, '2024-09-01'), pg_temp.stays(541, 54, 1, '2024-09-01', '2025-01-31'), pg_temp.stays(551, 55, 1, '2024-09-01', '2025-01-31');
select pg_temp.learns(531, 531, '2024-09-01', '2025-01-31', 1), pg_temp.learns(541, 541, '2024-09-01', '2025-01-31'),
  pg_temp.learns(551, 551, '2024-09-01', '2025-01-31', null, 1);
select is(pg_temp.transfer(53), '{}', 'who stays is in none');
select is(pg_temp.transfer(54) || pg_temp.transfer(55), '{}', 'school-led and unconfirmed training involve nobody');
update school_periods set finished_on = '2025-06-30' where id = 531;
select is(pg_temp.transfer(53), '{1}', 'who will leave is');
update training_periods set finished_on = null where id = 531;
select is(pg_temp.transfer(53), '{}', 'L without a finish date is none');
update training_periods set finished_on = '2025-01-31' where id = 531;

-- Roles apart: the mentor's next school is no next school of the ECT.
select pg_temp.stays(561, 56, 1, '2023-09-01', '2024-08-31'), pg_temp.stays(562, 56, 2, '2024-09-01', null, 'mentor');
select pg_temp.learns(561, 561, '2023-09-01', '2024-08-31', 1), pg_temp.learns(562, 562, '2024-09-01', null, 2);
select is(pg_temp.transfer(56), '{1}', 'each role by itself');

-- What a transfer is, the list of transfers says once more: rows instead of yes or no.
select set_eq('select lead_provider_id, teacher_id from teacher_provider_status_of((select array_agg(id) from teachers), (select array_agg(date ''2025-02-03'') from teachers))
    where involved_in_school_transfer',
  'select p.id as lead_provider_id, t.id as teacher_id from teachers t, school_transfers(t.id) s, lateral (values (s.leaving_lead_provider_id), (s.joining_lead_provider_id)) p (id) where p.id is not null',
  'as the transfers that are shown have it');

-- ---- schools (10) ----

create function pg_temp.choice(at_school bigint, of_year integer) returns text
  language sql as $$ select programme_choice::text from school_year_status_of(array[at_school]) where contract_period_year = of_year $$;
create function pg_temp.interest(at_school bigint) returns text[]
  language sql as $$ select coalesce(array_agg(format('%s/%s%s%s', lead_provider_id, contract_period_year, case when has_expression_of_interest then ' interest' end,
      case when has_partnership then ' partnership' end) order by contract_period_year, lead_provider_id), '{}')
    from school_provider_year_status_of(array[at_school]) $$;
insert into teachers (id, trn, trs_first_name, trs_last_name) overriding system value select n, (5550000 + n)::text, 'F', 'S' from generate_series(80, 99) n;

select results_eq('select contract_period_year, in_partnership, programme_choice::text from school_year_status_of(array[5]) order by 1',
  $$values (2024, false, 'not_yet_known'), (2025, false, 'not_yet_known')$$, 'every contract period, whatever is there');
select results_eq('select contract_period_year, in_partnership from school_year_status_of(array[2]) order by 1', $$values (2024, true), (2025, true)$$,
  'a partnership of any provider');
delete from school_partnerships where id in (110000 + 2025, 120000 + 2025);
select is((select in_partnership from school_year_status_of(array[2]) where contract_period_year = 2025), false, 'in this contract period');

select pg_temp.stays(801, 80, 3, '2024-09-01', null, 'mentor');
select is(pg_temp.choice(3, 2024), 'not_yet_known', 'mentors who only mentor do not count');
select pg_temp.learns(801, 801, '2024-09-01', '2024-12-31', null, 1);
select is(array[pg_temp.choice(3, 2024), pg_temp.choice(3, 2025)], '{provider_led,not_yet_known}', 'a mentor''s training, be it asked for only, in its contract period');
delete from training_periods where id = 801;

select pg_temp.stays(811, 81, 3, '2024-09-01');
select pg_temp.learns(811, 811, '2024-09-01', '2025-05-31');
select is(array[pg_temp.choice(3, 2024), pg_temp.choice(3, 2025)], '{school_led,not_yet_known}', 'school-led by its first day, within the dates of the contract period');
update training_periods set finished_on = '2025-08-31' where id = 811;
select is(pg_temp.choice(3, 2025), 'not_yet_known', 'not by the days it lasts');
select pg_temp.learns(812, 811, '2025-09-01', null, null, 2, 2025);
select is(array[pg_temp.choice(3, 2024), pg_temp.choice(3, 2025)], '{provider_led,provider_led}', 'any provider-led training of the same school period decides, of whatever year');
select pg_temp.stays(821, 82, 4, '2024-09-01'), pg_temp.stays(822, 83, 4, '2024-09-01');
select pg_temp.learns(821, 821, '2024-09-01'), pg_temp.learns(822, 822, '2025-09-01', null, null, 1, 2025);
select is(array[pg_temp.choice(4, 2024), pg_temp.choice(4, 2025)], '{school_led,provider_led}', 'that of somebody else does not');
select is(pg_temp.interest(4), '{1/2025 interest}', 'interest: by an expression of it');
delete from training_periods where id = 822;
select is(pg_temp.interest(4), '{}', 'school-led training is nobody''s');
select is(pg_temp.interest(5), '{}', 'nor is a partnership with nobody training');
select pg_temp.stays(841, 84, 4, '2024-09-01', null, 'mentor');
select pg_temp.learns(841, 841, '2024-09-01', null, 2);
select is(pg_temp.interest(4), '{"2/2024 partnership"}', 'by partnership, where nobody was asked');
update training_periods set expression_of_interest_id = 22024 where id = 841;
select is(pg_temp.interest(4), '{"2/2024 interest partnership"}', 'by both');
update training_periods set expression_of_interest_id = 12024 where id = 841;
select is(pg_temp.interest(4), '{"1/2024 interest"}', 'who was asked counts, not who trains');

-- ---- what is kept ----

delete from teacher_provider_status;
select pg_temp.refresh_people(array[1, 2, 50, 52], '2025-02-03 10:00Z', '2025-02-03 10:00:01.5Z');
select is_empty($$select * from teacher_provider_status_differences(array[1, 2, 50, 52], array_fill(date '2025-02-03', array[4]))$$, 'refreshed, it is as computed');
select is((select count(*) from teacher_provider_status), 6::bigint, 'of those who were named only');
select is((select array_agg(id order by id) from teachers where api_updated_at = '2025-02-03 10:00:01.5Z'), '{2}', 'another mentor moves the participant, and nothing else does');
create temporary table before as select ctid::text as at, xmin::text as by, * from teacher_provider_status;
create temporary table before_people as select ctid::text as at, xmin::text as by, id from teachers;
select pg_temp.refresh_people(array[1, 2, 50, 52], '2025-02-03 11:00Z', '2025-02-03 11:00Z');
select set_eq('select ctid::text as at, xmin::text as by, * from teacher_provider_status', 'select * from before', 'where nothing is different nothing is written');
select set_eq('select ctid::text as at, xmin::text as by, id from teachers', 'select * from before_people', 'nor of the people');
select pg_temp.refresh_people(array[2], '2025-02-04 10:00Z', '2025-02-04 10:00Z');
select is((select assigned_mentor_school_period_id from teacher_provider_status where teacher_id = 2 and lead_provider_id = 1), 40::bigint, 'the mentor of that London day');
select pg_temp.refresh_people(array[2], '2025-06-30 23:30Z', '2025-07-01 10:00Z');
select is((select assigned_mentor_school_period_id from teacher_provider_status where teacher_id = 2 and lead_provider_id = 1), null, 'which began at 23:00 UTC');
select is((select api_updated_at from teachers where id = 2), '2025-07-01 10:00Z'::timestamptz, 'the instant that was given');
select pg_temp.refresh_people(array[52], '2025-02-05 10:00Z', '2025-02-05 10:00Z', participants => true);
select pg_temp.refresh_people(array[50], '2025-02-05 10:00Z', '2025-02-05 10:00Z', mentors => true);
select results_eq($$select id, api_updated_at = '2025-02-05 10:00Z', api_unfunded_mentor_updated_at = '2025-02-05 10:00Z', updated_at = '2025-02-05 10:00Z' from teachers where id in (50, 52) order by id$$,
  $$values (50::bigint, false, true, true), (52, true, false, true)$$, 'participants and unfunded mentors move as the writer says');
select pg_temp.refresh_people(array[52], now(), null, participants => true);
select ok((select api_updated_at > now() + interval '59 minutes' and api_updated_at <= clock_timestamp() + interval '1 hour' from teachers where id = 52),
  'without one: the clock''s, as far ahead as business time is');
delete from training_periods where id = 22;
select pg_temp.refresh_people(array[2], '2025-02-03 10:00Z', '2025-02-06 10:00Z');
select results_eq('select lead_provider_id, has_others from teacher_provider_status where teacher_id = 2', $$values (1::bigint, false)$$, 'a row goes with the training');
select pg_temp.trains(23, 2, 2, '2023-09-01', '2023-09-30');
select pg_temp.refresh_people(array[2], '2025-02-03 10:00Z', '2025-02-06 10:00Z');
select results_eq('select lead_provider_id, has_others from teacher_provider_status where teacher_id = 2 order by 1', $$values (1::bigint, true), (2, true)$$, 'and comes with it');

delete from school_year_status;
delete from school_provider_year_status;
select pg_temp.refresh_schools(array[4, 3, 5], '2025-02-03 10:00Z');
select is_empty('select * from school_year_status_differences(array[4, 3, 5])', 'schools: as computed');
select is_empty('select * from school_provider_year_status_differences(array[4, 3, 5])', 'and their providers');
select is((select count(*) from school_year_status), 6::bigint, 'every contract period of those that were named');
select pg_temp.refresh_schools(array[4, 3, 5], '2025-02-04 10:00Z');
select is((select array_agg(distinct api_updated_at) from school_year_status), array['2025-02-03 10:00Z'::timestamptz], 'nothing different, nothing moves');
update training_periods set expression_of_interest_id = 22024 where id = 841;
select pg_temp.refresh_schools(array[4], '2025-02-05 10:00Z');
select results_eq($$select school_id, contract_period_year from school_year_status where api_updated_at = '2025-02-05 10:00Z'$$, $$values (4::bigint, 2024)$$,
  'another provider''s interest moves the school in its contract period');
update training_periods set expression_of_interest_id = null where id = 841;
select pg_temp.refresh_schools(array[4], '2025-02-06 10:00Z');
select results_eq('select has_expression_of_interest, has_partnership from school_provider_year_status where school_id = 4', 'values (false, true)', 'by partnership now');
select is_empty($$select * from school_year_status where api_updated_at = '2025-02-06 10:00Z'$$, 'which nobody sees');
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year) overriding system value values (500000, 5, 12025, 1, 2025);
select pg_temp.refresh_schools(array[5, 5], '2025-02-07 10:00Z');
select results_eq($$select school_id, contract_period_year, in_partnership from school_year_status where api_updated_at = '2025-02-07 10:00Z'$$, 'values (5::bigint, 2025, true)', 'a partnership moves it');

-- ---- what is found ----

create temporary table found (last bigint, id bigint, table_name text, kept text, recomputed text);
create function pg_temp.find(what text, behind bigint, count integer) returns setof found language plpgsql as $$
begin
  return query execute case what when 'people' then format('execute find_people (%s, %s, %L)', behind, count, '2025-02-03') else format('execute find_schools (%s, %s)', behind, count) end;
end $$;
select results_eq($$select last, id from pg_temp.find('people', 0, 2)$$, $$values (2::bigint, null::bigint)$$, 'a slice in which nothing is wrong');
update teacher_provider_status set has_others = false, involved_in_school_transfer = true where teacher_id = 2 and lead_provider_id = 2;
delete from teacher_provider_status where teacher_id = 1;
select results_eq($$select last, id, kept is null from pg_temp.find('people', 0, 2) order by id$$, 'values (2::bigint, 1::bigint, true), (2, 2, false)', 'and one in which something is');
select results_eq($$select last, id from pg_temp.find('people', 1000000, 10)$$, 'values (null::bigint, null::bigint)', 'behind the last one there is none');
update school_year_status set in_partnership = false where school_id = 5 and contract_period_year = 2025;
delete from school_provider_year_status where school_id = 4;
select results_eq($$select last, id, table_name from pg_temp.find('schools', 2, 100) order by id$$,
  $$values (5::bigint, 4::bigint, 'school_provider_year_status'), (5, 5, 'school_year_status')$$, 'of schools too');

-- ---- the plan: look-ups by index from the ids, whatever their number (PL-36) ----

set local plan_cache_mode = force_generic_plan;
create function pg_temp.plan_lines(statement text) returns setof text language plpgsql as $$
begin
  return query execute 'explain (costs off) execute ' || statement;
end $$;
select is_empty($$select * from pg_temp.plan_lines('refresh_people (array_fill(1, array[200]), array_fill(date ''2025-01-01'', array[200]), array_fill(now(), array[200]),
    array_fill(now(), array[200]), array_fill(interval ''0'', array[200]), array_fill(false, array[200]), array_fill(false, array[200]))') as line
  where line ~* 'seq scan|hash join|merge join|submission'$$, 'people');
select is_empty($$select * from pg_temp.plan_lines('refresh_schools (array_fill(1, array[200]), array_fill(now(), array[200]), array_fill(interval ''0'', array[200]))') as line
  where line ~* 'seq scan|hash join|merge join|submission'$$, 'schools');
select * from finish();
rollback;
