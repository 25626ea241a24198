-- world_training: who the people of world.sql are and how they train.
\set ON_ERROR_STOP on
set session_replication_role = replica;
set synchronous_commit = off;
insert into teachers (id, api_id, trn, trs_first_name, trs_last_name, created_at) overriding system value
select n, md5('person ' || n)::uuid, to_char(1000000 + n, 'FM0000000'), 'Given' || n % 997, 'Family' || n % 9973,
       timestamptz '2024-08-01' + n * interval '1 second' from people;
insert into training_records (id, teacher_id, role, first_became_eligible_for_training_at) overriding system value
select n, n, role, '2024-09-01' from people;
insert into training_periods (id, school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year,
                              school_partnership_id, lead_provider_id, schedule_id) overriding system value
select n, n, n, role, school, '2024-09-01', 'provider_led', 2024, school, provider, 1 from people;
