-- What each process may do, and what it may not. First the catalogue: all rights to write, line by line, so that a new one has
-- to be written here too. Then statements, run as the role.
begin;
\ir fixtures.sqlinc

create temporary table roles (role text, limited boolean, worker boolean);
insert into roles values ('ecf2_intake', true, true), ('ecf2_validation', true, true), ('ecf2_eligibility', true, true),
  ('ecf2_payments', true, true), ('ecf2_notifications', true, true), ('ecf2_records', true, true), ('ecf2_query', true, false),
  ('ecf2_scheduler', true, true), ('ecf2_ctl', false, false);

-- Rights to write of everybody but ecf2_ctl. A "*" is a right on the whole table, else the columns.
create temporary table may_write (role text, what text, of_table text, columns text);
insert into may_write values
('ecf2_intake', 'INSERT', 'submissions', '*'), ('ecf2_intake', 'INSERT', 'submission_batches', '*'),
('ecf2_intake', 'INSERT', 'idempotency_keys', '*'), ('ecf2_intake', 'INSERT', 'submission_private', '*'),
('ecf2_intake', 'INSERT', 'usage_events', '*'), ('ecf2_intake', 'INSERT', 'submission_outcomes', '*'), ('ecf2_intake', 'INSERT', 'webhook_deliveries', '*'), ('ecf2_intake', 'UPDATE', 'api_tokens', 'last_used_at'),
('ecf2_validation', 'INSERT', 'training_periods', '*'),
('ecf2_validation', 'UPDATE', 'training_periods', 'api_transfer_updated_at contract_period_year deferral_reason deferred_at expression_of_interest_id finished_on lead_provider_id schedule_id school_partnership_id updated_at withdrawal_reason withdrawn_at'),
('ecf2_validation', 'UPDATE', 'training_records', 'payments_frozen_year updated_at'),
('ecf2_validation', 'INSERT', 'school_partnerships', '*'),
('ecf2_validation', 'UPDATE', 'school_partnerships', 'api_updated_at delivery_partnership_id updated_at'),
('ecf2_validation', 'UPDATE', 'declarations', 'api_updated_at updated_at'),
('ecf2_payments', 'INSERT', 'declarations', '*'),
('ecf2_payments', 'UPDATE', 'declarations', 'api_updated_at clawback_statement_id clawback_status payment_statement_id payment_status updated_at voided_by_user_at voided_by_user_id'),
('ecf2_payments', 'UPDATE', 'statements', 'api_updated_at marked_as_paid_at marked_payable_at paid_calculation_id status updated_at'),
('ecf2_payments', 'UPDATE', 'training_records', 'became_ineligible_for_funding_on became_ineligible_for_funding_reason updated_at'),
('ecf2_payments', 'INSERT', 'eligibility_changes', '*'),
('ecf2_payments', 'INSERT', 'training_periods', '*'),
('ecf2_payments', 'UPDATE', 'training_periods', 'api_transfer_updated_at finished_on updated_at'),
('ecf2_payments', 'INSERT', 'statement_adjustments', '*'), ('ecf2_payments', 'UPDATE', 'statement_adjustments', '*'),
('ecf2_payments', 'DELETE', 'statement_adjustments', '*'),
('ecf2_payments', 'INSERT', 'payment_runs', '*'), ('ecf2_payments', 'UPDATE', 'payment_runs', '*'),
('ecf2_payments', 'INSERT', 'payment_run_items', '*'), ('ecf2_payments', 'UPDATE', 'payment_run_items', '*'),
('ecf2_payments', 'INSERT', 'statement_calculations', '*'), ('ecf2_payments', 'INSERT', 'statement_calculation_lines', '*'),
('ecf2_payments', 'INSERT', 'statement_calculation_declarations', '*'),
('ecf2_scheduler', 'UPDATE', 'statements', 'api_updated_at marked_payable_at status updated_at'),
('ecf2_scheduler', 'UPDATE', 'declarations', 'api_updated_at payment_status updated_at'),
('ecf2_scheduler', 'UPDATE', 'school_partnerships', 'api_updated_at updated_at'),
('ecf2_scheduler', 'INSERT', 'submission_dead_letters', '*'),
('ecf2_scheduler', 'UPDATE', 'submission_dead_letters', 'resolution resolved_at resolved_by_user_id'),
('ecf2_scheduler', 'INSERT', 'job_runs', '*'), ('ecf2_scheduler', 'UPDATE', 'job_runs', '*'),
('ecf2_notifications', 'INSERT', 'notifications', '*'), ('ecf2_notifications', 'UPDATE', 'notifications', 'personalisation'),
('ecf2_notifications', 'INSERT', 'notification_attempts', '*'), ('ecf2_notifications', 'INSERT', 'notification_receipts', '*'),
('ecf2_notifications', 'INSERT', 'webhook_attempts', '*'), ('ecf2_notifications', 'INSERT', 'webhook_endpoint_states', '*'),
('ecf2_notifications', 'INSERT', 'events', '*'),
('ecf2_notifications', 'UPDATE', 'webhook_endpoints', 'disabled_at updated_at'),
('ecf2_records', 'INSERT', 'submission_stages', '*'), ('ecf2_records', 'INSERT', 'events', '*'),
('ecf2_records', 'UPDATE', 'teachers', 'api_unfunded_mentor_updated_at api_updated_at trs_data_last_refreshed_at trs_first_name trs_induction_completed_date trs_induction_start_date trs_induction_status trs_initial_teacher_training_end_date trs_initial_teacher_training_provider_name trs_last_name trs_qts_awarded_on trs_qts_status_description trs_redirected_to trs_response updated_at');
insert into may_write select role, 'INSERT', of_table, '*'
  from unnest(array['ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_scheduler']) role,
    unnest(array['submission_outcomes', 'submission_stages', 'events', 'webhook_deliveries']) of_table;
-- Derived data (common/derived.h).
insert into may_write select role, what, of_table, '*'
  from unnest(array['ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_scheduler']) role,
    unnest(array['INSERT', 'UPDATE', 'DELETE']) what,
    unnest(array['teacher_provider_status', 'school_provider_year_status', 'school_year_status']) of_table
  where (what, of_table) <> ('DELETE', 'school_year_status');
insert into may_write select role, 'UPDATE', 'teachers', 'api_unfunded_mentor_updated_at api_updated_at updated_at'
  from unnest(array['ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_scheduler']) role;
insert into may_write select role, 'INSERT', 'notifications', '*'
  from unnest(array['ecf2_validation', 'ecf2_eligibility', 'ecf2_payments']) role;
insert into may_write select role, 'DELETE', 'submission_private', '*'
  from unnest(array['ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_scheduler']) role;

create temporary view granted as
  select g.rolname::text as role, a.privilege_type as what, c.relname::text as of_table, '*' as columns, c.relispartition
    from pg_class c, lateral aclexplode(c.relacl) a join pg_roles g on g.oid = a.grantee
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.grantee <> c.relowner
  union all
  select g.rolname, a.privilege_type, c.relname, string_agg(t.attname, ' ' order by t.attname), c.relispartition
    from pg_class c join pg_attribute t on t.attrelid = c.oid, lateral aclexplode(t.attacl) a join pg_roles g on g.oid = a.grantee
    where c.relnamespace = 'public'::regnamespace group by 1, 2, 3, 5;

-- Statements, by whom, and what comes of them.
create temporary table attempts (n integer generated always as identity, role text, outcome text, statement text);
insert into attempts (role, outcome, statement) values
('ecf2_intake', 'accepted', $$insert into submissions (id, accepted_at, kind, caller_type, mode, subject, as_of, trace_id, request_digest, payload) select other_id(), accepted_at, kind, caller_type, mode, subject, as_of, trace_id, request_digest, payload from submissions on conflict do nothing returning accept_no$$),
('ecf2_intake', 'accepted', $$insert into submission_private (submission_id, data) values (other_id(), '{}') on conflict do nothing$$),
('ecf2_intake', 'accepted', $$insert into submission_outcomes (accepted_at, submission_id, result, http_status) select accepted_at, other_id(), 'rejected', 400 from submissions$$),
('ecf2_intake', 'accepted', $$select t.id, r.id, d.teacher_id from teachers t join training_records r on r.teacher_id = t.id join declarations d on d.teacher_id = t.id where t.trn = '1000001' or t.api_id is null$$),
('ecf2_intake', 'accepted', $$update api_tokens set last_used_at = now() where id = 1$$),
('ecf2_intake', 'denied', $$update api_tokens set revoked_at = null where id = 1$$),
('ecf2_intake', 'denied', $$select token_digest from api_tokens$$),
('ecf2_intake', 'denied', $$select secret_encrypted from webhook_endpoints$$),
('ecf2_intake', 'denied', $$select trs_last_name from teachers$$),
('ecf2_intake', 'denied', $$select data from submission_private$$),
('ecf2_intake', 'denied', $$update submissions set subject = 'x'$$),
('ecf2_intake', 'denied', $$delete from idempotency_keys$$),
('ecf2_intake', 'accepted', $$insert into usage_events (event_type, occurred_at, event_id, request_uuid, data) select 'persist_api_request', now(), other_id(), other_id(), jsonb_build_object('name', name) from lead_providers where id = 1 on conflict do nothing$$),
('ecf2_intake', 'denied', $$select data from usage_events$$),
('ecf2_intake', 'denied', $$update usage_events set data = '{}'$$),
('ecf2_intake', 'denied', $$delete from usage_events$$),
('ecf2_intake', 'denied', $$select vat_registered from lead_providers$$),
('ecf2_query', 'accepted', $$select data from usage_events$$),
('ecf2_query', 'denied', $$insert into usage_events select * from usage_events$$),
('ecf2_scheduler', 'denied', $$delete from usage_events$$),
('ecf2_scheduler', 'denied', $$drop table usage_requests$$),
('ecf2_ctl', 'accepted', $$select data from usage_events$$),
('ecf2_ctl', 'denied', $$delete from usage_events$$),
('ecf2_ctl', 'denied', $$insert into usage_events select * from usage_events$$),
('ecf2_intake', 'denied', $$insert into events (event_type, heading, happened_at, author_type) values ('x', 'x', now(), 'system')$$),
('ecf2_intake', 'denied', $$insert into declarations (training_period_id) values (1)$$),
('ecf2_intake', 'denied', $$select ensure_partitions(now(), now())$$),
('ecf2_validation', 'accepted', $$select * from teachers join training_periods on teacher_id = teachers.id join declarations using (teacher_id)$$),
('ecf2_validation', 'accepted', $$insert into submission_outcomes (accepted_at, submission_id, result, http_status) select accepted_at, other_id(), 'rejected', 422 from submissions on conflict do nothing returning submission_id$$),
('ecf2_validation', 'accepted', $$insert into events (event_type, heading, happened_at, author_type) values ('x', 'x', now(), 'system') returning id$$),
('ecf2_validation', 'accepted', $$insert into notifications (id, key, idempotency_key, priority, recipient_role, template_version) values (other_id(), 'k', 'N-01:1', 1, 'ect', '1') on conflict (idempotency_key) do nothing returning id$$),
('ecf2_validation', 'accepted', $$insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id) select other_id(), uuid_v7_time(other_id()), w.id, 'submission.decided', s.id from webhook_endpoints w, submissions s where w.lead_provider_id = s.caller_id and w.disabled_at is null and 'submission.decided' = any (event_kinds)$$),
('ecf2_validation', 'accepted', $$insert into submission_stages (accepted_at, submission_id, stage, attempt, worker, duration_us) select accepted_at, id, 'validation', 2, 'w', 1 from submissions$$),
('ecf2_validation', 'accepted', $$delete from submission_private where submission_id in (select id from submissions)$$),
('ecf2_validation', 'denied', $$select data from submission_private$$),
('ecf2_validation', 'denied', $$insert into submissions select * from submissions$$),
('ecf2_validation', 'denied', $$update declarations set payment_status = 'voided' where id = 3$$),
('ecf2_validation', 'accepted', $$update teachers set api_updated_at = now()$$),
('ecf2_validation', 'accepted', $$update training_records set payments_frozen_year = null$$),
('ecf2_validation', 'denied', $$update training_records set became_ineligible_for_funding_on = now()$$),
('ecf2_validation', 'denied', $$update training_periods set started_on = now()$$),
('ecf2_validation', 'denied', $$delete from training_periods$$),
('ecf2_validation', 'denied', $$update teachers set trn = '7654321' where id = 1$$),
('ecf2_validation', 'denied', $$delete from school_year_status$$),
('ecf2_validation', 'denied', $$update submission_outcomes set http_status = 201$$),
('ecf2_validation', 'denied', $$delete from events$$),
('ecf2_validation', 'denied', $$select secret_encrypted from webhook_endpoints$$),
('ecf2_validation', 'denied', $$select otp_secret_encrypted from users$$),
('ecf2_validation', 'denied', $$select personalisation from notifications$$),
('ecf2_validation', 'denied', $$select token_hint from api_tokens$$),
('ecf2_eligibility', 'accepted', $$select first_became_eligible_for_training_at from training_records$$),
('ecf2_eligibility', 'accepted', $$insert into submission_outcomes (accepted_at, submission_id, result, http_status) select accepted_at, other_id(), 'succeeded', 200 from submissions$$),
('ecf2_eligibility', 'denied', $$select data from submission_private$$),
('ecf2_eligibility', 'denied', $$insert into declarations (training_period_id) values (1)$$),
('ecf2_eligibility', 'denied', $$update statements set status = 'payable', marked_payable_at = now() where id = 1$$),
('ecf2_payments', 'accepted', $$insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, declaration_date, payment_status, payment_statement_id, delivery_partner_when_created_id) values (1, 1, 'ect', 1, 2024, 'retained-4', now(), 'eligible', 1, 1) returning id, api_id$$),
('ecf2_payments', 'accepted', $$update declarations set payment_status = 'voided', voided_by_user_id = 1, voided_by_user_at = now(), updated_at = now() where id = 3$$),
('ecf2_payments', 'accepted', $$update training_periods set finished_on = '2025-08-31' where id = 2$$),
('ecf2_payments', 'accepted', $$update training_records set became_ineligible_for_funding_on = '2025-08-31', became_ineligible_for_funding_reason = 'completed_declaration_received' where id = 2$$),
('ecf2_payments', 'accepted', $$insert into eligibility_changes (teacher_id, role, aspect, eligible, effective_on, reason, cause_kind, recorded_by) values (2, 'mentor', 'funding', false, '2025-08-31', 'x', 'declaration', 'w')$$),
('ecf2_payments', 'accepted', $$insert into teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id, latest_ect_contract_period_year) values (1, 1, 1, 2024) on conflict (lead_provider_id, teacher_id) do update set latest_ect_training_period_id = excluded.latest_ect_training_period_id$$),
('ecf2_payments', 'accepted', $$update statements set status = 'paid', marked_as_paid_at = now(), paid_calculation_id = 4 where id = 2$$),
('ecf2_payments', 'accepted', $$insert into statement_calculation_lines (calculation_id, line_no, line_kind, quantity, unit_amount, amount) values (4, 1, 'vat', 1, 1, 1)$$),
('ecf2_payments', 'accepted', $$select * from declaration_resources$$),
('ecf2_payments', 'denied', $$update declarations set declaration_type = 'retained-4' where id = 3$$),
('ecf2_payments', 'denied', $$update declarations set teacher_id = 2 where id = 3$$),
('ecf2_payments', 'denied', $$delete from declarations$$),
('ecf2_payments', 'denied', $$update statements set deadline_date = '2030-01-01' where id = 1$$),
('ecf2_payments', 'denied', $$update training_records set first_became_eligible_for_training_at = now() where id = 2$$),
('ecf2_payments', 'denied', $$update training_periods set started_on = '2024-10-01' where id = 2$$),
('ecf2_payments', 'denied', $$update teachers set trn = '7654321' where id = 1$$),
('ecf2_payments', 'denied', $$update eligibility_changes set eligible = false$$),
('ecf2_payments', 'denied', $$update statement_calculations set total = 1$$),
('ecf2_payments', 'denied', $$delete from events$$),
('ecf2_scheduler', 'accepted', $$with s as (update statements set status = 'payable', marked_payable_at = '2025-04-01' where id = 1 returning id) update declarations set payment_status = 'payable', api_updated_at = clock_timestamp() from s where payment_statement_id = s.id and payment_status = 'eligible'$$),
('ecf2_scheduler', 'accepted', $$insert into submission_dead_letters (submission_id, stage, attempts, reason) values (other_id(), 'payments', 5, 'worker died')$$),
('ecf2_scheduler', 'accepted', $$insert into job_runs (job) values ('month_end') on conflict (job) do update set last_started_at = now()$$),
('ecf2_scheduler', 'accepted', $$select ensure_partitions(now(), now() + interval '9 weeks'), drop_partitions_before(now())$$),
('ecf2_scheduler', 'accepted', $$insert into submission_outcomes (accepted_at, submission_id, result, http_status) select accepted_at, other_id(), 'failed', 500 from submissions$$),
('ecf2_scheduler', 'accepted', $$select * from teacher_provider_status_differences(array[1, 2], array[date '2025-01-01', date '2025-01-01'])$$),
('ecf2_scheduler', 'accepted', $$update school_partnerships set api_updated_at = clock_timestamp()$$),
('ecf2_scheduler', 'denied', $$update school_partnerships set school_id = 1$$),
('ecf2_scheduler', 'denied', $$create table mine (n integer)$$),
('ecf2_scheduler', 'denied', $$insert into submissions select * from submissions$$),
('ecf2_scheduler', 'denied', $$insert into declarations (training_period_id) values (1)$$),
('ecf2_scheduler', 'denied', $$update declarations set payment_statement_id = 1 where id = 3$$),
('ecf2_scheduler', 'denied', $$update statements set paid_calculation_id = null where id = 3$$),
('ecf2_scheduler', 'denied', $$delete from submissions$$),
('ecf2_scheduler', 'denied', $$select data from submission_private$$),
('ecf2_notifications', 'accepted', $$insert into notification_attempts (notification_id, n, phase, worker, started_at) select id, 2, 'started', 'w', now() from notifications$$),
('ecf2_notifications', 'accepted', $$update notifications set personalisation = '{}'$$),
('ecf2_notifications', 'accepted', $$select secret_encrypted, body from webhook_endpoints, webhook_deliveries d join submission_outcomes o on (o.submission_id, o.accepted_at) = (d.submission_id, uuid_v7_time(d.submission_id))$$),
('ecf2_notifications', 'accepted', $$insert into webhook_endpoint_states (webhook_endpoint_id, state) values (1, 'failing')$$),
('ecf2_notifications', 'accepted', $$insert into events (event_type, heading, happened_at, author_type) values ('x', 'x', now(), 'system') returning id$$),
('ecf2_notifications', 'denied', $$update webhook_endpoint_states set state = 'working'$$),
('ecf2_notifications', 'denied', $$insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind) select other_id(), uuid_v7_time(other_id()), 1, 'webhook.test'$$),
('ecf2_notifications', 'denied', $$select personalisation, heading from notifications, events$$),
('ecf2_notifications', 'denied', $$update notifications set recipient_email = 'x@example.org'$$),
('ecf2_notifications', 'denied', $$delete from notification_attempts$$),
('ecf2_notifications', 'denied', $$update webhook_endpoints set url = 'https://elsewhere.example'$$),
('ecf2_notifications', 'denied', $$select trn from teachers$$),
('ecf2_notifications', 'denied', $$select * from declarations$$),
('ecf2_records', 'accepted', $$select data from submission_private$$),
('ecf2_records', 'accepted', $$update teachers set trs_last_name = 'New', api_updated_at = clock_timestamp() where id = 1$$),
('ecf2_records', 'accepted', $$insert into events (event_type, heading, happened_at, author_type) values ('x', 'x', now(), 'system') returning id$$),
('ecf2_records', 'denied', $$update teachers set trn = '7654321' where id = 1$$),
('ecf2_records', 'denied', $$update teachers set corrected_name = 'x' where id = 1$$),
('ecf2_records', 'denied', $$delete from submission_private$$),
('ecf2_records', 'denied', $$insert into submission_outcomes (accepted_at, submission_id, result, http_status) select accepted_at, other_id(), 'failed', 500 from submissions$$),
('ecf2_query', 'accepted', $$select token_digest from api_tokens$$),
('ecf2_query', 'accepted', $$select pg_advisory_lock(3, 1), pg_advisory_unlock(3, 1) from declarations$$),
('ecf2_query', 'accepted', $$select url, event_kinds from webhook_endpoints$$),
('ecf2_query', 'denied', $$select secret_encrypted from webhook_endpoints$$),
('ecf2_query', 'denied', $$select * from submission_private$$),
('ecf2_query', 'denied', $$update api_tokens set last_used_at = now()$$),
('ecf2_query', 'denied', $$insert into events (event_type, heading, happened_at, author_type) values ('x', 'x', now(), 'system')$$),
('ecf2_query', 'denied', $$select nextval('accept_no_seq')$$),
('ecf2_ctl', 'accepted', $$insert into api_tokens (kind, lead_provider_id, token_digest, token_hint, description) values ('lead_provider', 1, decode(repeat('09', 32), 'hex'), 'wxyz', 'd') returning id$$),
('ecf2_ctl', 'accepted', $$delete from declarations where id = 5; update teachers set trn = '7654321' where id = 1; insert into contract_periods (year, started_on, finished_on) values (2026, '2026-06-01', '2027-05-31')$$),
('ecf2_ctl', 'accepted', $$update submission_dead_letters set resolved_at = clock_timestamp(), resolution = 'retried'$$),
('ecf2_ctl', 'accepted', $$insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id) select other_id(), uuid_v7_time(other_id()), w.id, 'submission.decided', s.id from webhook_endpoints w, submissions s where w.lead_provider_id = s.caller_id and w.disabled_at is null and 'submission.decided' = any (event_kinds)$$),
('ecf2_ctl', 'accepted', $$insert into statement_calculations (statement_id, version, kind, input_digest, calculator_version, inputs, breakdown, output_payment, mentor_output_payment, service_fee, uplift_payment, clawbacks, mentor_clawbacks, adjustments_total, subtotal, vat, total, total_exact, payment_run_id) values (1, 2, 'provisional', decode(repeat('02', 32), 'hex'), 'ecf1', '{}', '{}', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)$$),
('ecf2_ctl', 'accepted', $$select ensure_partitions(now(), now())$$),
('ecf2_ctl', 'accepted', $$create temporary table staged (n integer)$$),
('ecf2_ctl', 'accepted', $$insert into induction_periods (teacher_id, appropriate_body_id, started_on, finished_on, number_of_terms, training_programme, induction_programme) values (2, 1, '2001-01-01', '2001-01-02', 1, 'provider_led', 'fip') returning id$$),
('ecf2_ctl', 'accepted', $$update training_records set first_became_eligible_for_training_at = now() where id = 2 and first_became_eligible_for_training_at is null$$),
('ecf2_ctl', 'accepted', $$with s as (update statements set status = 'paid', marked_as_paid_at = now(), paid_calculation_id = 4 where id = 2 returning id) update declarations set payment_status = 'paid', api_updated_at = clock_timestamp() from s where payment_statement_id = s.id and payment_status = 'payable'$$),
('ecf2_ctl', 'denied', $$update events set heading = 'x'$$),
('ecf2_ctl', 'denied', $$delete from eligibility_changes$$),
('ecf2_ctl', 'denied', $$update submission_outcomes set http_status = 201$$),
('ecf2_ctl', 'denied', $$update webhook_deliveries set due_at = now()$$),
('ecf2_ctl', 'denied', $$insert into submission_stages (accepted_at, submission_id, stage, attempt, worker, duration_us) select accepted_at, id, 'validation', 2, 'w', 1 from submissions$$),
('ecf2_ctl', 'denied', $$delete from submissions$$),
('ecf2_ctl', 'denied', $$select data from submission_private$$),
('ecf2_ctl', 'denied', $$truncate teachers cascade$$),
('ecf2_ctl', 'denied', $$create table mine (n integer)$$);

create function pg_temp.other_id(n integer default 2) returns uuid
  language sql security definer as $$ select (left(id::text, 35) || to_hex(n))::uuid from public.submissions where right(id::text, 1) = '1' limit 1 $$;
-- The roles have to reach what this test calls.
do $$ begin execute format('grant usage on schema %I to public', (select nspname from pg_namespace where oid = pg_my_temp_schema())); end $$;
update attempts set statement = regexp_replace(statement, '\mother_id\(', 'pg_temp.other_id(', 'g');

select plan(9 * 4 + 15 + (select count(*)::integer from attempts));

select ok(r.rolcanlogin and not (r.rolsuper or r.rolcreatedb or r.rolcreaterole or r.rolreplication or r.rolbypassrls),
    roles.role || ' logs in and is nothing else')
  from roles left join pg_roles r on r.rolname = roles.role;
select is((select count(*)::int from pg_class c where c.relowner = r.oid) + (select count(*)::int from pg_proc p where p.proowner = r.oid), 0,
    roles.role || ' owns nothing')
  from roles join pg_roles r on r.rolname = roles.role;
create temporary view settings as
  select r.rolname::text as role, split_part(c, '=', 1) as name, split_part(c, '=', 2) as value
    from pg_db_role_setting s join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) c
    where s.setdatabase = (select oid from pg_database where datname = current_database());
select set_eq(format($$select name || '=' || value from settings where role = %L and name !~ '^(enable_|plan_)'$$, role),
    case when limited then array['search_path=public', 'jit=off', 'idle_in_transaction_session_timeout=5s', 'statement_timeout=10s',
      'lock_timeout=2s', 'client_connection_check_interval=1s', 'tcp_keepalives_idle=5', 'tcp_keepalives_interval=1',
      'tcp_keepalives_count=5'] else array['search_path=public', 'jit=off'] end
      || case role when 'ecf2_scheduler' then array['idle_session_timeout=10s'] when 'ecf2_notifications' then array['idle_session_timeout=30s'] else '{}' end,
    role || ': limits (PL-22)')
  from roles;
select set_eq(format($$select name || '=' || value from settings where role = %L and name ~ '^(enable_|plan_)'$$, role),
    case when worker then array['enable_seqscan=off', 'enable_bitmapscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off', 'plan_cache_mode=force_generic_plan'] else '{}'::text[] end,
    role || ': plans (PL-36)')
  from roles;

select set_eq($$select role, what, of_table, columns from granted where what <> 'SELECT' and role <> 'ecf2_ctl'$$,
  $$select role, what, of_table, columns from may_write$$, 'the rights to write are these, no more and no fewer');
select is_empty($$select role, what, of_table from granted where what in ('TRUNCATE', 'REFERENCES', 'TRIGGER')$$, 'nobody truncates');
select is_empty($$select role, what, of_table from granted where relispartition$$, 'partitions are reached through their parents only');
select is_empty($$select role, what, of_table from granted where what in ('UPDATE', 'DELETE') and of_table in ('events',
    'eligibility_changes', 'submissions', 'submission_stages', 'submission_outcomes', 'idempotency_keys', 'statement_calculations',
    'statement_calculation_lines', 'statement_calculation_declarations', 'notification_attempts', 'notification_receipts',
    'webhook_deliveries', 'webhook_attempts', 'webhook_endpoint_states', 'usage_events')$$, 'what happened is only added to (DM-22, E4, §13)');
select is_empty($$select role, what, of_table from granted where role not like 'ecf2\_%'$$, 'nobody else has rights');
select set_eq($$select role from roles where has_column_privilege(role, 'api_tokens', 'token_digest', 'select')$$,
  array['ecf2_query', 'ecf2_ctl'], 'digests of tokens: who authenticates, who makes them');
select set_eq($$select role from roles where has_column_privilege(role, 'submission_private', 'data', 'select')$$,
  array['ecf2_records'], 'dates of birth: who matches them');
select set_eq($$select role from roles where has_column_privilege(role, 'webhook_endpoints', 'secret_encrypted', 'select')$$,
  array['ecf2_notifications', 'ecf2_ctl'], 'secrets of webhooks: who signs, who sets them up');
select set_eq($$select role from roles where has_column_privilege(role, 'users', 'otp_secret_encrypted', 'select')$$,
  array['ecf2_query', 'ecf2_ctl'], 'one-time codes: who authenticates, who makes users');
select set_eq($$select role from roles where has_sequence_privilege(role, 'accept_no_seq', 'usage')$$,
  array['ecf2_intake', 'ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_scheduler', 'ecf2_ctl'],
  'numbers of acceptance and decision');
select set_eq($$select role from roles where has_function_privilege(role, 'analyze_tables(text[])', 'execute')$$,
  array['ecf2_ctl'], 'statistics of what was imported');
select is_empty($$select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname !~ '^__t'
    and case c.relkind when 'S' then not has_sequence_privilege('ecf2_ctl', c.oid, 'usage') end$$,
  'an import numbers rows of every table');
select set_eq($$select role from roles where has_function_privilege(role, 'ensure_partitions(timestamptz, timestamptz)', 'execute')
    and has_function_privilege(role, 'drop_partitions_before(timestamptz)', 'execute')$$,
  array['ecf2_scheduler', 'ecf2_ctl'], 'partitions');
select is_empty($$select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and not c.relispartition and c.relname not in ('submission_private', 'webhook_endpoints')
    and not has_table_privilege('ecf2_query', c.oid, 'select')$$, 'query reads every table but two (a new table has to grant)');

select ok(exists (select from aclexplode((select nspacl from pg_namespace where nspname = 'public')) a
    where a.grantee = (select relowner from pg_class where oid = 'teachers'::regclass) and a.privilege_type = 'USAGE'),
  'foreign keys are checked as the tables'' owner: it has the schema in its own name');

select is(pg_temp.outcome_of(statement, role), outcome, format('%s, %s: %s', role, outcome, left(statement, 90)))
  from attempts order by n;

select * from finish();
rollback;
