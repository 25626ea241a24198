-- world_places: where the people of world.sql are, who mentors them, what they have declared.
\set ON_ERROR_STOP on
set session_replication_role = replica;
set synchronous_commit = off;
insert into school_periods (id, teacher_id, role, school_id, started_on) overriding system value
select n, n, role, school, '2024-09-01' from people;
insert into mentorship_periods (id, school_id, ect_school_period_id, ect_teacher_id, mentor_school_period_id, mentor_teacher_id,
                                started_on) overriding system value
select n, school, n, n, mentor, mentor, '2024-09-01' from people where mentor is not null;
insert into teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id, latest_ect_contract_period_year,
                                     latest_mentor_training_period_id, latest_mentor_contract_period_year,
                                     assigned_mentor_school_period_id, teacher_created_at)
select provider, n, case role when 'ect' then n end, case role when 'ect' then 2024 end,
       case role when 'mentor' then n end, case role when 'mentor' then 2024 end, mentor,
       timestamptz '2024-08-01' + n * interval '1 second'
  from people;
insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type,
                          declaration_date, payment_status, payment_statement_id, mentorship_period_id,
                          delivery_partner_when_created_id)
select n, n, role, provider, 2024, 'started', '2024-09-15 10:00Z', 'eligible', (provider - 1) * 12 + 1, n, provider
  from people where role = 'ect';
