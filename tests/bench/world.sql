-- world: invented people for the benchmarks, made inside the database because 1 000 000 of them must be there in minutes
-- (`ecf2ctl sandbox` makes a richer world, row by row through the importer's checks; what a declaration touches is the
-- same here). This file, then world_training.sql and world_places.sql beside each other, for two processors.
-- psql variables: people (a multiple of 10), token_digests (an array of ten keyed hashes).
--
-- Two schools of five have ten people, six early career teachers and four who mentor them, and train with one of ten lead
-- providers; the others have nobody. Person n has id n, and so have their training record, school period, training period and mentorship. Every
-- teacher has declared `started` already. What is declared in a run lands on the first of twelve open statements.
\set ON_ERROR_STOP on
set session_replication_role = replica; -- no foreign key is looked up row by row: the numbers below agree by construction
set synchronous_commit = off;
set work_mem = '256MB';
begin;

insert into contract_periods (year, started_on, finished_on, enabled) values (2024, '2024-06-01', '2025-05-31', true);
insert into schedules (id, contract_period_year, identifier) overriding system value values (1, 2024, 'ecf-standard-september'), (2, 2024, 'ecf-standard-january');
insert into milestones (schedule_id, declaration_type, start_date)
select 1, type, '2024-06-01' from unnest(enum_range(null::declaration_type)) as type;

insert into lead_providers (id, name) overriding system value
select n, 'Lead Provider ' || n from generate_series(1, 10) as n;
insert into api_tokens (kind, lead_provider_id, token_digest, token_hint, description)
select 'lead_provider', n, (:'token_digests'::bytea[])[n], 'test', 'benchmark' from generate_series(1, 10) as n;
insert into provider_contract_periods (id, lead_provider_id, contract_period_year) overriding system value
select n, n, 2024 from generate_series(1, 10) as n;
insert into contracts (id, provider_contract_period_id, lead_provider_id, contract_period_year, contract_type, recruitment_target,
                       uplift_fee_per_declaration, setup_fee) overriding system value
select n, n, n, 2024, 'ecf', :people / 10, 100, 0 from generate_series(1, 10) as n;
insert into statements (id, contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
overriding system value
select (n - 1) * 12 + m, n, n, 2024, extract(year from first.day), extract(month from first.day), 'output', first.day, first.day + 25
  from generate_series(1, 10) as n, generate_series(1, 12) as m,
       lateral (select (date_trunc('month', now()) + m * interval '1 month')::date as day) as first;
insert into delivery_partners (id, name) overriding system value
select n, 'Delivery Partner ' || n from generate_series(1, 10) as n;
insert into delivery_partnerships (id, provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
overriding system value
select n, n, n, 2024, n from generate_series(1, 10) as n;

insert into webhook_endpoints (id, lead_provider_id, url, secret_encrypted, event_kinds) overriding system value
select n, n, 'https://provider-' || n || '.example/hooks', '\x00', '{submission.decided}' from generate_series(1, 10) as n;

insert into gias_schools (urn, name, type_name, in_england, section_41_approved, eligible, local_authority_code)
select 100000 + n, 'School ' || n, 'Academy converter', true, false, true, 202 from generate_series(1, :people / 4) as n;
insert into schools (id, urn) overriding system value
select n, 100000 + n from generate_series(1, :people / 4) as n;
insert into school_funding_eligibilities (gias_school_urn, contract_period_year, pupil_premium_uplift, sparsity_uplift)
select 100000 + n, 2024, n % 3 = 0, n % 7 = 0 from generate_series(1, :people / 4) as n;
insert into school_partnerships (id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year) overriding system value
select n, n, n % 10 + 1, n % 10 + 1, 2024 from generate_series(1, :people / 10) as n;
-- What is derived of schools (of people: world_places.sql); everybody trains with his school's provider.
insert into school_year_status (contract_period_year, school_id, in_partnership, programme_choice)
select 2024, n, true, 'provider_led' from generate_series(1, :people / 10) as n;
insert into school_provider_year_status (lead_provider_id, contract_period_year, school_id, has_partnership)
select n % 10 + 1, 2024, n, true from generate_series(1, :people / 10) as n;
-- The nightly refresh does not compare all of it while something is measured.
insert into job_runs (job, last_due_at) values ('derived_refreshed', now() + interval '2 days');

create unlogged table people as
select n, (n - 1) / 10 + 1 as school, ((n - 1) / 10 + 1) % 10 + 1 as provider,
       (case when (n - 1) % 10 < 6 then 'ect' else 'mentor' end)::participant_role as role,
       case when (n - 1) % 10 < 6 then (n - 1) / 10 * 10 + 7 + (n - 1) % 4 end as mentor
  from generate_series(1, :people) as n;

-- New rows get numbers behind these.
select setval(pg_get_serial_sequence(name, 'id'), greatest(:people, 1000) + 1)
  from unnest(array['lead_providers', 'provider_contract_periods', 'contracts', 'statements', 'delivery_partners',
                    'delivery_partnerships', 'schedules', 'schools', 'school_partnerships', 'teachers', 'training_records',
                    'school_periods', 'training_periods', 'mentorship_periods']) as name;
commit;
