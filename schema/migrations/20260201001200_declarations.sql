-- Declarations: what a provider says that a person did (data-model-operations.md §3, declarations.md §1, §2).

-- migrate:up
create table declarations (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  training_period_id bigint not null,
  teacher_id bigint not null,
  role participant_role not null,
  lead_provider_id bigint not null,
  contract_period_year integer not null,
  declaration_type declaration_type not null,
  declaration_date timestamptz not null,
  evidence_type evidence_type,
  payment_status payment_status not null default 'no_payment',
  clawback_status clawback_status not null default 'no_clawback',
  payment_statement_id bigint,
  clawback_statement_id bigint,
  mentorship_period_id bigint,
  delivery_partner_when_created_id bigint not null references delivery_partners,
  pupil_premium_uplift boolean not null default false,
  sparsity_uplift boolean not null default false,
  voided_by_user_id bigint references users,
  voided_by_user_at timestamptz,
  submission_id uuid,
  decided_no bigint,
  api_updated_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint declarations_api_id_key unique (api_id),
  -- Who, in which role, for whom, in which contract period: cannot disagree with the training period, nor the statements
  -- with them (declarations.md §1, invariant 1).
  constraint declarations_training_period_fkey
    foreign key (training_period_id, teacher_id, role, lead_provider_id, contract_period_year)
    references training_periods (id, teacher_id, role, lead_provider_id, contract_period_year)
    on update cascade deferrable initially immediate,
  constraint declarations_payment_statement_fkey foreign key (payment_statement_id, lead_provider_id, contract_period_year)
    references statements (id, lead_provider_id, contract_period_year) deferrable initially immediate,
  constraint declarations_clawback_statement_fkey foreign key (clawback_statement_id, lead_provider_id, contract_period_year)
    references statements (id, lead_provider_id, contract_period_year) deferrable initially immediate,
  constraint declarations_mentorship_fkey foreign key (mentorship_period_id, teacher_id)
    references mentorship_periods (id, ect_teacher_id) deferrable initially immediate,
  constraint declarations_payment_statement_with_status check (case payment_status
    when 'no_payment' then payment_statement_id is null
    when 'voided' then true
    else payment_statement_id is not null end),
  constraint declarations_clawback_statement_with_status
    check ((clawback_statement_id is not null) = (clawback_status <> 'no_clawback')),
  constraint declarations_clawback_of_paid check (clawback_status = 'no_clawback' or payment_status = 'paid'),
  constraint declarations_mentorship_of_ect check (mentorship_period_id is null or role = 'ect'),
  constraint declarations_uplift_only_on_started
    check (declaration_type = 'started' or not (pupil_premium_uplift or sparsity_uplift)),
  constraint declarations_voided_by_with_instant check ((voided_by_user_id is null) = (voided_by_user_at is null)),
  constraint declarations_voided_by_when_voided
    check (voided_by_user_id is null or payment_status = 'voided' or clawback_status <> 'no_clawback')
);
create unique index declarations_one_live_per_person_role_type on declarations (teacher_id, role, declaration_type)
  where payment_status in ('no_payment', 'eligible', 'payable', 'paid') and clawback_status = 'no_clawback';
create index declarations_training_period_id_idx on declarations (training_period_id);
create index declarations_provider_created_idx on declarations (lead_provider_id, created_at, id);
create index declarations_provider_updated_idx on declarations (lead_provider_id, api_updated_at);
create index declarations_teacher_role_created_idx on declarations (teacher_id, role, created_at);
create index declarations_delivery_partner_idx on declarations (delivery_partner_when_created_id, lead_provider_id);
create index declarations_payment_statement_idx on declarations (payment_statement_id, role, declaration_type);
create index declarations_clawback_statement_idx on declarations (clawback_statement_id, role, declaration_type)
  where clawback_statement_id is not null;
create index declarations_mentorship_period_id_idx on declarations (mentorship_period_id)
  where mentorship_period_id is not null;
create index declarations_voided_by_user_id_idx on declarations (voided_by_user_id) where voided_by_user_id is not null;
comment on index declarations_one_live_per_person_role_type is
  'DM-20: one live declaration per person, role and type, across providers and contract periods';
comment on column declarations.payment_statement_id is
  'absent for no_payment, present from eligible on; a voided declaration keeps what it had';
comment on column declarations.submission_id is 'what caused it; no foreign key: submissions are dropped after 13 months';
comment on column declarations.decided_no is
  'decided_no of the outcome of that submission: whether a second copy was sent before the first was decided '
  '(declarations.md 7.1) is asked for every submission, and the outcomes are partitioned';

create function check_declaration_transition() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if old.payment_status <> new.payment_status and (old.payment_status, new.payment_status) not in (
      ('no_payment', 'eligible'), ('eligible', 'payable'), ('payable', 'paid'),
      ('no_payment', 'voided'), ('eligible', 'voided'), ('payable', 'voided')) then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('declarations: payment status does not go from %s to %s', old.payment_status, new.payment_status);
  end if;
  if old.clawback_status <> new.clawback_status and not (old.payment_status = 'paid' and
      (old.clawback_status, new.clawback_status) in (('no_clawback', 'awaiting_clawback'), ('awaiting_clawback', 'clawed_back'))) then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('declarations: clawback status of a declaration that was %s does not go from %s to %s',
        old.payment_status, old.clawback_status, new.clawback_status);
  end if;
  return new;
end $$;
create trigger declarations_status_transition before update of payment_status, clawback_status on declarations
  for each row when (old.payment_status <> new.payment_status or old.clawback_status <> new.clawback_status)
  execute function check_declaration_transition();
create trigger declarations_delivery_partner_never_changes before update of delivery_partner_when_created_id on declarations
  for each row when (old.delivery_partner_when_created_id <> new.delivery_partner_when_created_id)
  execute function refuse_change('the delivery partner at creation never changes');
comment on trigger declarations_status_transition on declarations is 'declarations.md §2: anything not listed is an error, nothing changes';

-- migrate:down
drop table declarations;
drop function check_declaration_transition();
