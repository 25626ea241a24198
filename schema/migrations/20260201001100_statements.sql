-- One month of one provider contract period, priced by one contract (data-model-operations.md §2, payments.md §3).

-- migrate:up
create table statements (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  contract_id bigint not null,
  lead_provider_id bigint not null,
  contract_period_year integer not null,
  year integer not null,
  month integer not null,
  fee_type fee_type not null,
  status statement_status not null default 'open',
  deadline_date date not null,
  payment_date date not null,
  marked_payable_at timestamptz,
  marked_as_paid_at timestamptz,
  paid_calculation_id bigint,
  api_updated_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint statements_api_id_key unique (api_id),
  constraint statements_provider_period_month_key unique (lead_provider_id, contract_period_year, year, month),
  constraint statements_id_provider_year_key unique (id, lead_provider_id, contract_period_year),
  constraint statements_contract_fkey foreign key (contract_id, lead_provider_id, contract_period_year)
    references contracts (id, lead_provider_id, contract_period_year) deferrable initially immediate,
  constraint statements_year_from_2020 check (year >= 2020),
  constraint statements_month_in_range check (month between 1 and 12),
  constraint statements_payment_after_deadline check (payment_date > deadline_date),
  constraint statements_marked_payable_not_open check (marked_payable_at is null or status <> 'open'),
  -- DM-19 in business time: the machine's own date says nothing where a clock is set. Imported ones carry no such instant.
  constraint statements_marked_payable_after_deadline
    check (deadline_date < (marked_payable_at at time zone 'Europe/London')::date),
  constraint statements_marked_as_paid_when_paid check (marked_as_paid_at is null or status = 'paid'),
  constraint statements_paid_calculation_when_paid check (paid_calculation_id is null or status = 'paid')
);
create index statements_contract_id_idx on statements (contract_id);
create index statements_provider_payment_date_idx on statements (lead_provider_id, payment_date, id) where fee_type = 'output';
create index statements_provider_updated_idx on statements (lead_provider_id, api_updated_at);
create index statements_for_new_declaration_idx on statements (lead_provider_id, contract_period_year, deadline_date)
  where fee_type = 'output' and status = 'open';
comment on column statements.status is 'DM-19: open, payable, paid, in this order only';
comment on column statements.paid_calculation_id is 'DM-24: the frozen figures; every screen, file and API shows this version';

-- DM-24: figures that exist are frozen by paying. A statement that none were calculated for, as an imported one, gets them
-- by a run later.
create function check_statement_transition() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare reason text := case
  when (old.status, new.status) not in (('open', 'payable'), ('payable', 'paid'))
    then format('a statement does not go from %s to %s', old.status, new.status)
  when new.status = 'payable' and new.marked_payable_at is null then 'a statement becomes payable at an instant'
  when new.status = 'paid' and new.marked_as_paid_at is null then 'a statement is paid at an instant'
  when new.status = 'paid' and new.paid_calculation_id is null and exists (
      select from statement_calculations c where c.statement_id = new.id) then 'a statement is paid on its calculation'
end;
begin
  if reason is not null then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('statements: %s', reason);
  end if;
  return new;
end $$;
create trigger statements_status_transition before update of status on statements
  for each row when (old.status <> new.status) execute function check_statement_transition();
-- That a new deadline is in the future is the application's rule: only it knows today (PL-2). That it moves at all is not.
create trigger statements_deadline_moves_while_open before update of deadline_date on statements
  for each row when (old.status <> 'open' and old.deadline_date <> new.deadline_date)
  execute function refuse_change('the deadline moves only while the statement is open');
comment on trigger statements_status_transition on statements is 'DM-19, payments.md 3.4';

create table statement_adjustments (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  statement_id bigint not null references statements on delete cascade,
  payment_type text not null,
  amount numeric(12,2) not null,
  ecf1_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint statement_adjustments_api_id_key unique (api_id),
  constraint statement_adjustments_ecf1_id_key unique (ecf1_id),
  constraint statement_adjustments_payment_type_length check (char_length(payment_type) between 1 and 500),
  constraint statement_adjustments_amount_in_range check (amount <> 0 and amount between -1000000 and 1000000)
);
create index statement_adjustments_statement_id_idx on statement_adjustments (statement_id);

-- Imported ones (with an ecf1_id) may be added to any statement; none may be changed later on a paid or service statement.
-- A statement that is gone already took its adjustments along.
create function check_adjustment_editable() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if exists (select from statements s where s.id in (old.statement_id, new.statement_id)
      and (s.status = 'paid' or s.fee_type <> 'output')) then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = 'statement_adjustments: editable only on output statements that are not paid';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger statement_adjustments_added_while_editable before insert on statement_adjustments
  for each row when (new.ecf1_id is null) execute function check_adjustment_editable();
create trigger statement_adjustments_changed_while_editable before update or delete on statement_adjustments
  for each row execute function check_adjustment_editable();

create table statement_audit_notes (
  id bigint generated always as identity primary key,
  statement_id bigint not null references statements on delete cascade,
  body text not null,
  created_by_user_id bigint references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint statement_audit_notes_body_not_blank check (body ~ '\S')
);
create index statement_audit_notes_statement_id_idx on statement_audit_notes (statement_id);
create index statement_audit_notes_created_by_user_id_idx on statement_audit_notes (created_by_user_id);

-- migrate:down
drop table statement_audit_notes;
drop table statement_adjustments;
drop table statements;
drop function check_adjustment_editable();
drop function check_statement_transition();
