-- What must be possible although so much is forbidden: closing and opening in one statement, closing a tree in any order,
-- moving one to another school or person with the constraints deferred (DM-9, DM-18, PL-34).
begin;
\ir fixtures.sqlinc
select plan(18);

select is(pg_temp.outcome_of($$
    with closed as (update school_periods set finished_on = '2025-10-31' where id = 1 returning teacher_id),
      opened as (insert into school_periods (teacher_id, role, school_id, started_on)
        select teacher_id, 'ect', 2, '2025-11-01' from closed)
    select$$), 'accepted', 'one statement closes a school period and opens the next');
select is(pg_temp.outcome_of($$
    with closed as (update training_periods set finished_on = '2025-05-31' where id = 2 returning *)
    insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme,
        contract_period_year, school_partnership_id, lead_provider_id, schedule_id)
      select school_period_id, teacher_id, role, school_id, '2025-06-01', 'provider_led', 2025, 3, 1, 2 from closed$$),
  'accepted', 'one statement closes a training period and opens one of the next contract period');
select is(pg_temp.outcome_of($$
    update school_periods set finished_on = '2025-06-30' where id = 1;
    update training_periods set finished_on = '2025-06-30' where id = 1;
    update mentorship_periods set finished_on = '2025-06-30' where id = 1$$), 'accepted', 'the parent is closed before its children');
select is(pg_temp.outcome_of($$
    update mentorship_periods set finished_on = '2025-06-30' where id = 1;
    update school_periods set finished_on = '2025-06-30' where id = 1;
    update training_periods set finished_on = '2025-06-30' where id = 1$$), 'accepted', 'and in another order');
select is(pg_temp.outcome_of($$
    update school_periods set finished_on = '2025-06-30' where id = 1;
    update training_periods set finished_on = '2025-06-30' where id = 1$$), 'school_periods_hold_their_children',
  'a forgotten mentorship is found at commit');
select is(pg_temp.outcome_of($$
    update training_periods set finished_on = null where id = 1;
    update training_periods set finished_on = '2025-08-31' where id = 1;
    update training_periods set started_on = '2020-01-01' where id = 3;
    delete from training_periods where id = 3$$), 'accepted', 'what was wrong on the way does not matter, nor what is gone');

-- A closed school replaced by its successor, school 3: everything moves with the school periods.
insert into schools (id, urn) overriding system value values (3, 100003);
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
  overriding system value values (13, 3, 1, 1, 2024);
select is(pg_temp.outcome_of($$update school_periods set school_id = 3 where id in (1, 2)$$), 'training_periods_school_partnership_fkey',
  'a training period does not keep a partnership of another school');
select is(pg_temp.outcome_of($$
    set constraints all deferred;
    update school_periods set school_id = 3 where id in (1, 2);
    update training_periods set school_partnership_id = 13 where school_id = 3$$), 'accepted', 'deferred, the tree moves to another school');
set constraints all deferred;
update school_periods set school_id = 3 where id in (1, 2);
update training_periods set school_partnership_id = 13 where school_id = 3;
set constraints all immediate;
select is((select count(*)::int from training_periods where school_id = 3), 2, 'training periods followed');
select is((select school_id from mentorship_periods), 3::bigint, 'the mentorship followed');
set constraints all deferred;

-- Teacher 1 turns out to be teacher 9.
insert into teachers (id, trn) overriding system value values (9, '1000009');
select is(pg_temp.outcome_of($$update training_records set teacher_id = 9 where id = 1$$), 'school_periods_training_record_fkey',
  'a role does not leave its periods behind');
set constraints all deferred;
update training_records set teacher_id = 9 where id = 1;
update school_periods set teacher_id = 9 where teacher_id = 1;
set constraints all immediate;
select is((select count(*)::int from training_periods where teacher_id = 9), 1, 'merged: the training period followed');
select is((select ect_teacher_id from mentorship_periods), 9::bigint, 'merged: the mentorship followed');
select is((select count(*)::int from declarations where teacher_id = 9), 5, 'merged: the declarations followed');
select is((select teacher_id from eligibility_changes), 9::bigint, 'merged: the history followed, without a right to update it');

select is((select period from school_periods where id = 3), daterange('2024-09-01', '2025-09-01'), 'a period includes its last day (DM-4)');
select ok((select upper_inf(period) from school_periods where id = 1), 'an open period has no end');
select is(closed_period('2025-01-02', '2025-01-01'), 'empty'::daterange, 'days in the wrong order are left to the check');

select * from finish();
rollback;
