-- The outbox: mail and webhooks (data-model-operations.md §7, notifications.md §6). State is never a column that is
-- written over: attempts and receipts are added, and what is in hand is held by session advisory locks (PL, class 5).

-- migrate:up
create table campaigns (
  id bigint generated always as identity primary key,
  key text not null,
  scheduled_on date not null,
  status text not null default 'queued',
  estimated integer,
  created_by_user_id bigint references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint campaigns_status_known check (status in ('queued', 'sending', 'sent', 'cancelled')),
  constraint campaigns_estimated_not_negative check (estimated >= 0)
);
create unique index campaigns_one_a_day on campaigns (scheduled_on) where status <> 'cancelled';
create index campaigns_created_by_user_id_idx on campaigns (created_by_user_id);

create table notifications (
  id uuid primary key,
  key text not null,
  idempotency_key text not null,
  priority integer not null,
  recipient_email citext,
  recipient_role text not null,
  personalisation jsonb not null default '{}',
  template_version text not null,
  campaign_id bigint references campaigns,
  school_id bigint references schools on delete set null,
  teacher_id bigint references teachers on delete set null,
  induction_period_id bigint references induction_periods on delete set null,
  training_period_id bigint references training_periods on delete set null,
  user_id bigint references users on delete set null,
  external_user_id bigint references external_users on delete set null,
  lead_provider_id bigint references lead_providers on delete set null,
  created_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  trace_id text,
  constraint notifications_idempotency_key_key unique (idempotency_key),
  constraint notifications_priority_not_negative check (priority >= 0),
  constraint notifications_recipient_role_known check (recipient_role in ('ect', 'mentor', 'induction_tutor', 'school_contact',
    'dfe_user', 'tra', 'provider_contact', 'appropriate_body', 'delivery_partner', 'operator')),
  constraint notifications_expire_after_due check (expires_at > due_at)
);
create index notifications_due_idx on notifications (priority, due_at, id);
create index notifications_campaign_id_idx on notifications (campaign_id) where campaign_id is not null;
create index notifications_school_id_idx on notifications (school_id, id desc) where school_id is not null;
create index notifications_teacher_id_idx on notifications (teacher_id, id desc) where teacher_id is not null;
create index notifications_induction_period_id_idx on notifications (induction_period_id) where induction_period_id is not null;
create index notifications_training_period_id_idx on notifications (training_period_id) where training_period_id is not null;
create index notifications_user_id_idx on notifications (user_id) where user_id is not null;
create index notifications_external_user_id_idx on notifications (external_user_id) where external_user_id is not null;
create index notifications_lead_provider_id_idx on notifications (lead_provider_id) where lead_provider_id is not null;
comment on table notifications is
  'NT-31, NT-32: one row a message, written with its cause; nothing but emptying personalisation changes it (NT-45, NT-47)';
comment on column notifications.idempotency_key is 'unique for ever: a repeated cause is one message';
comment on column notifications.recipient_email is 'null: waits, or ends as suppressed (NT-34)';
comment on column notifications.external_user_id is 'besides NT-32: people without DfE Sign-in are another table than users';

create table notification_attempts (
  notification_id uuid not null references notifications on delete cascade,
  n integer not null,
  phase text not null,
  worker text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  outcome text,
  reason text,
  counted boolean not null default true,
  final boolean not null default false,
  ambiguous boolean not null default false,
  code integer,
  provider_message_id text,
  template_version text,
  error text,
  primary key (notification_id, n, phase),
  constraint notification_attempts_n_positive check (n > 0),
  constraint notification_attempts_phase_known check (phase in ('started', 'finished')),
  constraint notification_attempts_outcome_known check (outcome in ('accepted', 'permanent', 'configuration', 'throttled',
    'transient', 'ambiguous', 'suppressed', 'expired', 'cancelled', 'requeued')),
  constraint notification_attempts_outcome_when_finished
    check ((phase = 'finished') = (outcome is not null) and (phase = 'finished') = (finished_at is not null)),
  constraint notification_attempts_final_when_finished check (not final or phase = 'finished'),
  constraint notification_attempts_finished_after_start check (finished_at >= started_at)
);
create index notification_attempts_final_idx on notification_attempts (notification_id, n) where final;
comment on table notification_attempts is
  'NT-33: two rows an attempt, started (committed before sending) and finished. A row without sending (suppressed, expired, cancelled, requeued) is a finished one alone';
comment on column notification_attempts.final is 'no more work: accepted, dead, suppressed, expired or cancelled. A later row "requeued" is not final, so the newest row decides';
comment on column notification_attempts.counted is 'NT-40: false where the attempt costs nothing (configuration, throttled)';

create table notification_receipts (
  id bigint generated always as identity primary key,
  notification_id uuid not null references notifications on delete cascade,
  status text not null,
  provider_message_id text,
  provider_created_at timestamptz,
  provider_sent_at timestamptz,
  provider_completed_at timestamptz,
  received_at timestamptz not null default clock_timestamp(),
  constraint notification_receipts_notification_status_key unique (notification_id, status)
);

create table webhook_endpoints (
  id bigint generated always as identity primary key,
  lead_provider_id bigint references lead_providers,
  user_id bigint references users,
  url text not null,
  secret_encrypted bytea not null,
  previous_secret_encrypted bytea,
  previous_secret_until timestamptz,
  event_kinds text[] not null,
  disabled_at timestamptz,
  removed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhook_endpoints_removed_is_disabled check (removed_at is null or disabled_at is not null),
  constraint webhook_endpoints_one_owner check (num_nonnulls(lead_provider_id, user_id) = 1),
  constraint webhook_endpoints_url_http check (url ~ '^https?://'),
  constraint webhook_endpoints_previous_secret_until
    check ((previous_secret_encrypted is null) = (previous_secret_until is null)),
  constraint webhook_endpoints_event_kinds_known check (cardinality(event_kinds) > 0 and
    event_kinds <@ array['submission.decided', 'batch.finished', 'payment_run.finished'])
);
create index webhook_endpoints_lead_provider_id_idx on webhook_endpoints (lead_provider_id) where disabled_at is null;
create index webhook_endpoints_user_id_idx on webhook_endpoints (user_id);
comment on column webhook_endpoints.secret_encrypted is 'common/webhook.h; the key is a setting, which the database never sees (OP-20)';
comment on column webhook_endpoints.previous_secret_encrypted is 'NT-50: two secrets are valid during a change';
comment on column webhook_endpoints.removed_at is 'no more shown; the row stays while its deliveries are kept, its secrets are emptied';

create table webhook_endpoint_states (
  webhook_endpoint_id bigint not null references webhook_endpoints,
  at timestamptz not null default clock_timestamp(),
  state text not null,
  primary key (webhook_endpoint_id, at),
  constraint webhook_endpoint_states_state_known check (state in ('failing', 'working'))
);
comment on table webhook_endpoint_states is
  'NT-51: when an endpoint began to fail, and when it took something again. Only changes, only added; without a row it works';

create table webhook_deliveries (
  id uuid not null,
  created_at timestamptz not null,
  webhook_endpoint_id bigint not null references webhook_endpoints,
  kind text not null,
  submission_id uuid,
  batch_id uuid,
  payment_run_id bigint references payment_runs,
  due_at timestamptz not null default clock_timestamp(),
  trace_id text,
  xact xid8 not null default pg_current_xact_id(),
  primary key (created_at, id),
  constraint webhook_deliveries_created_at_of_id check (created_at = uuid_v7_time(id)),
  constraint webhook_deliveries_subject_of_kind check (
    kind in ('submission.decided', 'batch.finished', 'payment_run.finished', 'webhook.test') and
    (kind = 'submission.decided') = (submission_id is not null) and
    (kind = 'batch.finished') = (batch_id is not null) and
    (kind = 'payment_run.finished') = (payment_run_id is not null))
) partition by range (created_at);
create index webhook_deliveries_endpoint_idx on webhook_deliveries (webhook_endpoint_id, id);
create index webhook_deliveries_payment_run_id_idx on webhook_deliveries (payment_run_id) where payment_run_id is not null;
create index webhook_deliveries_batch_id_idx on webhook_deliveries (batch_id) where batch_id is not null;
create index webhook_deliveries_due_idx on webhook_deliveries (due_at, id);
comment on column webhook_deliveries.xact is 'who wrote it: told whether a snapshot of two seconds ago already had the row (PL-52)';
comment on table webhook_deliveries is
  'NT-49, PL-54: written with the fact by its one writer; append-only, kept 30 days. Partitions: a month of the id''s time. id is the header webhook-id';

create table webhook_attempts (
  delivery_created_at timestamptz not null,
  delivery_id uuid not null,
  n integer not null,
  phase text not null,
  worker text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  outcome text,
  counted boolean not null default true,
  final boolean not null default false,
  next_at timestamptz,
  code integer,
  error text,
  primary key (delivery_created_at, delivery_id, n, phase),
  constraint webhook_attempts_created_at_of_id check (delivery_created_at = uuid_v7_time(delivery_id)),
  constraint webhook_attempts_n_positive check (n > 0),
  constraint webhook_attempts_phase_known check (phase in ('started', 'finished')),
  constraint webhook_attempts_outcome_known check (outcome in ('accepted', 'permanent', 'transient', 'ambiguous', 'suppressed',
    'expired', 'cancelled', 'requeued')),
  constraint webhook_attempts_outcome_when_finished
    check ((phase = 'finished') = (outcome is not null) and (phase = 'finished') = (finished_at is not null)),
  constraint webhook_attempts_final_when_finished check (not final or phase = 'finished'),
  constraint webhook_attempts_next_unless_final check (final = (next_at is null)),
  constraint webhook_attempts_finished_after_start check (finished_at >= started_at)
) partition by range (delivery_created_at);
create index webhook_attempts_dead_idx on webhook_attempts (delivery_id) where final and outcome in ('permanent', 'transient', 'ambiguous');
comment on column webhook_attempts.next_at is
  'when the delivery is due again: after a failure as NT-51 says, after "started" when its worker must be taken for dead';
comment on table webhook_attempts is 'As notification_attempts; partitioned like the deliveries, and dropped with them';

-- migrate:down
drop table webhook_attempts;
drop table webhook_deliveries;
drop table webhook_endpoint_states;
drop table webhook_endpoints;
drop table notification_receipts;
drop table notification_attempts;
drop table notifications;
drop table campaigns;
