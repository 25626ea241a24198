-- Who may do what (data-model-operations.md §13). Rights are given on parents; partitions have none of their own. Each kind
-- of submission brings the rights on the rows that it changes with it: here are those of declarations, statements and payment
-- runs. A later table grants in the migration that makes it.
-- Nobody may truncate. Nobody but the owner may update or delete events, eligibility_changes, submissions, stages, outcomes,
-- calculations, deliveries, attempts, usage events.

-- migrate:up
-- Foreign keys are checked with the rights of the tables' owner. That must not hang on its owning the database too: a
-- restored copy may belong to somebody else.
grant all on schema public to current_user;
revoke all on schema public from public;
grant usage on schema public to ecf2_intake, ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_notifications, ecf2_records,
  ecf2_query, ecf2_scheduler, ecf2_ctl;

-- ---- intake: makes submissions durable; finds their subjects (PL-4); last use of tokens (PL-17, DM-28)
grant select, insert on submissions, submission_batches, idempotency_keys, submission_outcomes to ecf2_intake;
grant insert, select (submission_id) on submission_private to ecf2_intake;
grant usage on sequence accept_no_seq to ecf2_intake;
grant select (id, api_id, trn) on teachers to ecf2_intake;
grant select (id, api_id, teacher_id, role) on training_records to ecf2_intake;
grant select (id, api_id, teacher_id, role, lead_provider_id, submission_id) on declarations to ecf2_intake;
grant select (id, teacher_id, role, school_id) on school_periods to ecf2_intake;
grant select (id, api_id, urn) on schools to ecf2_intake;
grant select (id, api_id, school_id, lead_provider_id) on school_partnerships to ecf2_intake;
grant select (id, api_id) on statements to ecf2_intake;
grant select (id, api_id, statement_id) on statement_adjustments to ecf2_intake;
grant select (id, api_id) on payment_runs to ecf2_intake;
grant select (id, last_used_at), update (last_used_at) on api_tokens to ecf2_intake;
-- Lines of a bulk request that are rejected at once are told to whoever asked for it (PL-54).
grant select (id, lead_provider_id, event_kinds, disabled_at) on webhook_endpoints to ecf2_intake;
grant insert on webhook_deliveries to ecf2_intake;
-- Notes of requests, with the name of whose token it was (metrics.md 6.3).
grant insert on usage_events to ecf2_intake;
grant select (id, name) on lead_providers to ecf2_intake;

-- ---- the deciding workers
grant select on contract_periods, schedules, milestones, dfe_sign_in_organisations, appropriate_bodies, appropriate_body_aliases,
    regions, lead_providers, delivery_partners, provider_contract_periods, delivery_partnerships, gias_schools, gias_school_links,
    school_funding_eligibilities, schools, school_partnerships, teachers, training_records, eligibility_changes, teacher_id_changes,
    school_periods, training_periods, mentorship_periods, induction_periods, induction_extensions, provider_bands, contracts,
    contract_band_terms, statements, statement_adjustments, statement_audit_notes, declarations, payment_runs, payment_run_items,
    statement_calculations, statement_calculation_lines, statement_calculation_declarations, teacher_provider_status,
    school_year_status, school_provider_year_status,
    submissions, submission_batches, submission_stages, submission_outcomes, submission_dead_letters, webhook_deliveries
  to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler;
grant select (id, email, name, role, deactivated_at) on users to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler;
grant select (id, lead_provider_id, user_id, event_kinds, disabled_at) on webhook_endpoints
  to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler;
grant select (created_at) on webhook_endpoints to ecf2_scheduler; -- who is told of a batch (PL-54)
grant insert on submission_outcomes, submission_stages, events, webhook_deliveries
  to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler;
grant insert on notifications to ecf2_validation, ecf2_eligibility, ecf2_payments;
-- "Returning" and "on conflict" look at what they insert.
grant select (id, idempotency_key) on notifications to ecf2_validation, ecf2_eligibility, ecf2_payments;
grant select (id, created_at) on events to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler, ecf2_records;
grant delete, select (submission_id) on submission_private
  to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler, ecf2_ctl;
grant usage on sequence accept_no_seq to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler, ecf2_ctl;
grant usage on sequence events_id_seq to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler, ecf2_records, ecf2_ctl;

-- ---- derived data: whoever commits refreshes what follows from what he writes; the scheduler, what follows from the calendar
grant insert, update, delete on teacher_provider_status, school_provider_year_status
  to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler;
grant insert, update on school_year_status to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler;
grant update (api_updated_at, api_unfunded_mentor_updated_at, updated_at) on teachers
  to ecf2_validation, ecf2_eligibility, ecf2_payments, ecf2_scheduler;

-- ---- validation: partnerships (create, update: lead-provider-api.md 9.1, 9.2)
grant insert, update (delivery_partnership_id, api_updated_at, updated_at) on school_partnerships to ecf2_validation;
grant update (school_partnership_id, lead_provider_id, updated_at) on training_periods to ecf2_validation;
-- ---- validation: what ends there: actions of participants (lead-provider-api.md 5)
grant insert, update (finished_on, contract_period_year, school_partnership_id, expression_of_interest_id, schedule_id,
    withdrawn_at, withdrawal_reason, deferred_at, deferral_reason, api_transfer_updated_at, updated_at) on training_periods
  to ecf2_validation;
grant update (payments_frozen_year, updated_at) on training_records to ecf2_validation;
grant update (api_updated_at, updated_at) on declarations to ecf2_validation;

-- ---- payments: declarations (create, void, mentor completion: declarations.md 6.1, 7.1), statements, runs
grant insert, update (payment_status, clawback_status, payment_statement_id, clawback_statement_id, voided_by_user_id,
    voided_by_user_at, api_updated_at, updated_at) on declarations to ecf2_payments;
grant update (status, marked_payable_at, marked_as_paid_at, paid_calculation_id, api_updated_at, updated_at) on statements
  to ecf2_payments;
grant update (became_ineligible_for_funding_on, became_ineligible_for_funding_reason, updated_at) on training_records
  to ecf2_payments;
grant insert on eligibility_changes to ecf2_payments;
grant insert, update (finished_on, api_transfer_updated_at, updated_at) on training_periods to ecf2_payments;
grant insert, update, delete on statement_adjustments to ecf2_payments;
grant insert, update on payment_runs, payment_run_items to ecf2_payments;
grant insert on statement_calculations, statement_calculation_lines, statement_calculation_declarations to ecf2_payments;
grant select on declaration_resources to ecf2_payments; -- who declares twice at once is shown the first one (7.1)

-- ---- scheduler: month-end (payments.md 3.4), sending again and burying (PL-42, PL-43), jobs, partitions
grant update (status, marked_payable_at, api_updated_at, updated_at) on statements to ecf2_scheduler;
grant update (payment_status, api_updated_at, updated_at) on declarations to ecf2_scheduler;
grant update (api_updated_at, updated_at) on school_partnerships to ecf2_scheduler;
grant insert, update (resolved_at, resolved_by_user_id, resolution) on submission_dead_letters to ecf2_scheduler;
grant select, insert, update on job_runs to ecf2_scheduler;
grant select on campaigns, notifications, notification_attempts, notification_receipts, webhook_attempts, import_runs, idempotency_keys
  to ecf2_scheduler;
grant execute on function ensure_partitions(timestamptz, timestamptz), drop_partitions_before(timestamptz)
  to ecf2_scheduler, ecf2_ctl;

-- ---- notifications: the outbox; what a webhook tells is what its owner's own GET would show
grant select, insert, update (personalisation) on notifications to ecf2_notifications;
grant select, insert on notification_attempts, notification_receipts, webhook_attempts to ecf2_notifications;
grant select on campaigns, webhook_deliveries, webhook_endpoints to ecf2_notifications;
grant update (disabled_at, updated_at) on webhook_endpoints to ecf2_notifications;
-- What becomes of an endpoint: that it fails, and, disabled, the event by which its owner is told.
grant select, insert on webhook_endpoint_states to ecf2_notifications;
grant insert, select (id, created_at) on events to ecf2_notifications;
grant usage on sequence events_id_seq to ecf2_notifications;
grant select on submissions, submission_batches, submission_stages, submission_outcomes, submission_dead_letters,
  payment_runs, payment_run_items, statements, statement_calculations, lead_providers, provider_contract_periods to ecf2_notifications;
grant select (id, email, name, role, deactivated_at) on users to ecf2_notifications;

-- ---- records: look-ups for registrations, refreshes of what the Teaching Record System says
grant select on submission_private, submissions, submission_stages, submission_outcomes, submission_dead_letters, teachers,
  training_records to ecf2_records;
grant insert on submission_stages, events to ecf2_records;
grant update (trs_first_name, trs_last_name, trs_induction_status, trs_induction_start_date, trs_induction_completed_date,
    trs_qts_awarded_on, trs_initial_teacher_training_end_date, trs_qts_status_description,
    trs_initial_teacher_training_provider_name, trs_response, trs_redirected_to, trs_data_last_refreshed_at,
    api_updated_at, api_unfunded_mentor_updated_at, updated_at) on teachers to ecf2_records;

-- ---- query reads everything but what was given for matching only and what opens doors; ecf2_ctl sets up and imports.
-- ecf2_ctl may change what the product may change at all; what happened it may only add to.
do $$
declare t record;
begin
  for t in
    select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname <> 'schema_migrations'
  loop
    if t.name not in ('submission_private', 'webhook_endpoints') then
      execute format('grant select on %I to ecf2_query', t.name);
    end if;
    if t.name in ('events', 'eligibility_changes', 'submission_outcomes', 'statement_calculations', 'statement_calculation_lines',
        'statement_calculation_declarations', 'notifications', 'notification_attempts', 'webhook_deliveries', 'webhook_attempts',
        'webhook_endpoint_states') then
      execute format('grant select, insert on %I to ecf2_ctl', t.name);
    elsif t.name in ('submissions', 'submission_stages', 'submission_batches', 'idempotency_keys', 'notification_receipts',
        'usage_events') then
      execute format('grant select on %I to ecf2_ctl', t.name);
    elsif t.name = 'submission_dead_letters' then
      grant select, update (resolved_at, resolved_by_user_id, resolution) on submission_dead_letters to ecf2_ctl;
    elsif t.name <> 'submission_private' then
      execute format('grant select, insert, update, delete on %I to ecf2_ctl', t.name);
    end if;
  end loop;
  -- The version of the schema is shown by the health check. The table is dbmate's; psql alone makes none.
  if to_regclass('public.schema_migrations') is not null then
    grant select on public.schema_migrations to ecf2_query, ecf2_ctl;
  end if;
end $$;
grant select on declaration_resources to ecf2_query;
grant select (id, lead_provider_id, user_id, url, event_kinds, disabled_at, created_at, updated_at) on webhook_endpoints
  to ecf2_query;
-- An import numbers its rows before it inserts them, so that files can refer to each other.
grant usage on all sequences in schema public to ecf2_ctl;
grant execute on function analyze_tables(text[]) to ecf2_ctl;

-- migrate:down
do $$
declare role text;
begin
  foreach role in array array['ecf2_intake', 'ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_notifications',
      'ecf2_records', 'ecf2_query', 'ecf2_scheduler', 'ecf2_ctl'] loop
    execute format('revoke all on all tables in schema public from %I', role);
    execute format('revoke all on all sequences in schema public from %I', role);
    execute format('revoke all on function ensure_partitions(timestamptz, timestamptz), drop_partitions_before(timestamptz) from %I',
      role);
    execute format('revoke all on function analyze_tables(text[]) from %I', role);
    execute format('revoke all on schema public from %I', role);
  end loop;
end $$;
grant usage on schema public to public;
