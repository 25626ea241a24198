-- The audit log (events.md, data-model-operations.md §7). Append-only, never dropped.

-- migrate:up
create sequence events_id_seq as bigint;

create table events (
  id bigint not null default nextval('events_id_seq'),
  created_at timestamptz not null default clock_timestamp(),
  event_type text not null,
  heading text not null,
  body text,
  happened_at timestamptz not null,
  modifications text[],
  metadata jsonb,
  zendesk_ticket_id integer,
  author_type author_type not null,
  author_id bigint references users,
  author_name text,
  author_email citext,
  submission_id uuid,
  -- E6: a linked record that is deleted leaves the event, with that link empty.
  teacher_id bigint references teachers on delete set null,
  school_id bigint references schools on delete set null,
  user_id bigint references users on delete set null,
  appropriate_body_id bigint references appropriate_bodies on delete set null,
  lead_provider_id bigint references lead_providers on delete set null,
  provider_contract_period_id bigint references provider_contract_periods on delete set null,
  delivery_partner_id bigint references delivery_partners on delete set null,
  delivery_partnership_id bigint references delivery_partnerships on delete set null,
  school_partnership_id bigint references school_partnerships on delete set null,
  contract_period_year integer references contract_periods on delete set null,
  schedule_id bigint references schedules on delete set null,
  school_period_id bigint references school_periods on delete set null,
  mentorship_period_id bigint references mentorship_periods on delete set null,
  training_period_id bigint references training_periods on delete set null,
  induction_period_id bigint references induction_periods on delete set null,
  induction_extension_id bigint references induction_extensions on delete set null,
  declaration_id bigint references declarations on delete set null,
  statement_id bigint references statements on delete set null,
  statement_adjustment_id bigint references statement_adjustments on delete set null,
  primary key (created_at, id),
  constraint events_heading_not_blank check (heading ~ '\S'),
  constraint events_ticket_six_digits check (zendesk_ticket_id between 100000 and 999999),
  constraint events_author_known check (author_type in ('system', 'lead_provider_api') or author_id is not null or author_email is not null)
) partition by range (created_at);
alter sequence events_id_seq owned by events.id;

-- R6: each link with the newest first. Partial: an event has three or four of them.
create index events_teacher_id_idx on events (teacher_id, happened_at desc) where teacher_id is not null;
create index events_school_id_idx on events (school_id, happened_at desc) where school_id is not null;
create index events_user_id_idx on events (user_id, happened_at desc) where user_id is not null;
create index events_author_id_idx on events (author_id, happened_at desc) where author_id is not null;
create index events_appropriate_body_id_idx on events (appropriate_body_id, happened_at desc) where appropriate_body_id is not null;
create index events_lead_provider_id_idx on events (lead_provider_id, happened_at desc) where lead_provider_id is not null;
create index events_provider_contract_period_id_idx on events (provider_contract_period_id, happened_at desc)
  where provider_contract_period_id is not null;
create index events_delivery_partner_id_idx on events (delivery_partner_id, happened_at desc) where delivery_partner_id is not null;
create index events_delivery_partnership_id_idx on events (delivery_partnership_id, happened_at desc)
  where delivery_partnership_id is not null;
create index events_school_partnership_id_idx on events (school_partnership_id, happened_at desc)
  where school_partnership_id is not null;
create index events_contract_period_year_idx on events (contract_period_year, happened_at desc)
  where contract_period_year is not null;
create index events_schedule_id_idx on events (schedule_id, happened_at desc) where schedule_id is not null;
create index events_school_period_id_idx on events (school_period_id, happened_at desc) where school_period_id is not null;
create index events_mentorship_period_id_idx on events (mentorship_period_id, happened_at desc)
  where mentorship_period_id is not null;
create index events_training_period_id_idx on events (training_period_id, happened_at desc) where training_period_id is not null;
create index events_induction_period_id_idx on events (induction_period_id, happened_at desc)
  where induction_period_id is not null;
create index events_induction_extension_id_idx on events (induction_extension_id, happened_at desc)
  where induction_extension_id is not null;
create index events_declaration_id_idx on events (declaration_id, happened_at desc) where declaration_id is not null;
create index events_statement_id_idx on events (statement_id, happened_at desc) where statement_id is not null;
-- Whom support has to help (declarations.md 5): few among very many.
create index events_eligibility_not_set_idx on events (teacher_id, created_at desc)
  where event_type = 'teacher_funding_eligibility_not_set';
create index events_statement_adjustment_id_idx on events (statement_adjustment_id, happened_at desc)
  where statement_adjustment_id is not null;
comment on table events is 'E4: append-only. Partitions: a year of created_at (machine time); happened_at is business time (PL-2)';
comment on column events.event_type is 'a closed list of words, kept in code (events.md §4, DM-7)';
comment on column events.submission_id is 'what caused it; no foreign key: submissions are dropped after 13 months';

-- migrate:down
drop table events;
