-- Payment runs and the figures that they store (data-model-operations.md §4, payments-operations.md §1).

-- migrate:up
create table payment_runs (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  kind text not null,
  status text not null default 'queued',
  scope jsonb not null,
  scope_digest bytea not null,
  take_current_terms boolean not null default false,
  calculator_version text not null,
  as_of timestamptz not null,
  requested_by_user_id bigint references users,
  submission_id uuid,
  requested_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  statements_total integer not null default 0,
  statements_done integer not null default 0,
  statements_changed integer not null default 0,
  statements_failed integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint payment_runs_api_id_key unique (api_id),
  constraint payment_runs_kind_known check (kind in ('recalculate', 'month_end', 'settlement', 'verification', 'import')),
  constraint payment_runs_status_known check (status in
    ('queued', 'running', 'completed', 'completed_with_errors', 'failed', 'cancelled')),
  constraint payment_runs_finished_with_status check ((finished_at is null) = (status in ('queued', 'running'))),
  constraint payment_runs_counts_add_up check (statements_changed >= 0 and statements_failed >= 0 and
    statements_changed + statements_failed <= statements_done and statements_done <= statements_total)
);
create unique index payment_runs_one_recalculation_of_scope on payment_runs (scope_digest)
  where kind = 'recalculate' and status in ('queued', 'running');
create index payment_runs_requested_by_user_id_idx on payment_runs (requested_by_user_id);
create index payment_runs_requested_at_idx on payment_runs (requested_at);
comment on column payment_runs.requested_by_user_id is 'null = system';

create table statement_calculations (
  id bigint generated always as identity primary key,
  statement_id bigint not null references statements,
  version integer not null,
  kind text not null,
  input_digest bytea not null,
  calculator_version text not null,
  inputs jsonb not null,
  breakdown jsonb not null,
  warnings jsonb not null default '[]',
  output_payment numeric(14,2) not null,
  mentor_output_payment numeric(14,2) not null,
  service_fee numeric(14,2) not null,
  uplift_payment numeric(14,2) not null,
  clawbacks numeric(14,2) not null,
  mentor_clawbacks numeric(14,2) not null,
  adjustments_total numeric(14,2) not null,
  subtotal numeric(14,2) not null,
  vat numeric(14,2) not null,
  total numeric(14,2) not null,
  total_exact numeric not null,
  not_allocated_count integer not null default 0,
  payment_run_id bigint not null references payment_runs,
  calculated_at timestamptz not null default now(),
  constraint statement_calculations_statement_version_key unique (statement_id, version),
  constraint statement_calculations_id_statement_key unique (id, statement_id),
  constraint statement_calculations_version_positive check (version > 0),
  constraint statement_calculations_kind_known check (kind in ('provisional', 'payable', 'paid')),
  constraint statement_calculations_input_digest_32_bytes check (octet_length(input_digest) = 32),
  constraint statement_calculations_not_allocated_not_negative check (not_allocated_count >= 0)
);
create unique index statement_calculations_one_paid on statement_calculations (statement_id) where kind = 'paid';
create index statement_calculations_payment_run_id_idx on statement_calculations (payment_run_id);
comment on table statement_calculations is
  'One version of one statement''s figures. DM-22: written once, never changed or deleted, by nobody. DM-23: the newest is shown; a paid one is the only one';
comment on column statement_calculations.input_digest is 'DM-25: SHA-256 of the canonical inputs';

create table statement_calculation_lines (
  calculation_id bigint not null references statement_calculations,
  line_no integer not null,
  line_kind text not null,
  declaration_type declaration_type,
  band_order integer,
  adjustment_id bigint,
  quantity integer not null,
  unit_amount numeric not null,
  amount numeric not null,
  primary key (calculation_id, line_no),
  constraint statement_calculation_lines_line_no_positive check (line_no > 0),
  constraint statement_calculation_lines_kind_known check (line_kind in ('ect_output', 'mentor_output', 'uplift', 'service_fee',
    'ect_clawback', 'mentor_clawback', 'uplift_clawback', 'adjustment', 'vat')),
  constraint statement_calculation_lines_adjustment_of_kind check (adjustment_id is null or line_kind = 'adjustment'),
  constraint statement_calculation_lines_quantity_not_negative check (quantity >= 0)
);
comment on column statement_calculation_lines.adjustment_id is
  'no foreign key: the adjustment may be deleted while its statement is open, the line may not';
comment on column statement_calculation_lines.amount is 'signed, not rounded (DM-24)';

create table statement_calculation_declarations (
  calculation_id bigint not null references statement_calculations,
  declaration_id bigint not null references declarations,
  side text not null,
  line_no integer,
  band_order integer,
  payment_status payment_status not null,
  clawback_status clawback_status not null,
  unit_amount numeric,
  uplift_amount numeric,
  primary key (calculation_id, declaration_id, side),
  constraint statement_calculation_declarations_side_known check (side in ('billable', 'refundable', 'voided')),
  constraint statement_calculation_declarations_line_fkey foreign key (calculation_id, line_no)
    references statement_calculation_lines (calculation_id, line_no) deferrable initially immediate
);
create index statement_calculation_declarations_declaration_id_idx on statement_calculation_declarations (declaration_id);
comment on table statement_calculation_declarations is 'DM-38: only of payable and paid calculations';
comment on column statement_calculation_declarations.line_no is 'null with band_order: not allocated, or voided; worth nothing';

create table payment_run_items (
  payment_run_id bigint not null references payment_runs,
  statement_id bigint not null references statements,
  position integer not null,
  status text not null default 'pending',
  attempts integer not null default 0,
  previous_calculation_id bigint,
  calculation_id bigint,
  drift numeric(14,2),
  error_code text,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (payment_run_id, statement_id),
  constraint payment_run_items_previous_calculation_fkey foreign key (previous_calculation_id, statement_id)
    references statement_calculations (id, statement_id) deferrable initially immediate,
  constraint payment_run_items_calculation_fkey foreign key (calculation_id, statement_id)
    references statement_calculations (id, statement_id) deferrable initially immediate,
  constraint payment_run_items_status_known check (status in
    ('pending', 'running', 'unchanged', 'changed', 'failed', 'skipped')),
  constraint payment_run_items_attempts_at_most_3 check (attempts between 0 and 3)
);
create index payment_run_items_statement_id_idx on payment_run_items (statement_id);
create index payment_run_items_previous_calculation_id_idx on payment_run_items (previous_calculation_id);
create index payment_run_items_calculation_id_idx on payment_run_items (calculation_id);
comment on column payment_run_items.drift is 'verification only: recomputed minus stored total';

create trigger statement_calculations_never_change before update or delete on statement_calculations
  for each row execute function refuse_change('a calculation is written once');
create trigger statement_calculations_never_truncated before truncate on statement_calculations
  for each statement execute function refuse_change('a calculation is written once');
create trigger statement_calculation_lines_never_change before update or delete on statement_calculation_lines
  for each row execute function refuse_change('a calculation is written once');
create trigger statement_calculation_lines_never_truncated before truncate on statement_calculation_lines
  for each statement execute function refuse_change('a calculation is written once');
create trigger statement_calculation_declarations_never_change before update or delete on statement_calculation_declarations
  for each row execute function refuse_change('a calculation is written once');
create trigger statement_calculation_declarations_never_truncated before truncate on statement_calculation_declarations
  for each statement execute function refuse_change('a calculation is written once');
comment on trigger statement_calculations_never_change on statement_calculations is 'DM-22';

alter table statements add constraint statements_paid_calculation_fkey foreign key (paid_calculation_id, id)
  references statement_calculations (id, statement_id) deferrable initially immediate;
create index statements_paid_calculation_id_idx on statements (paid_calculation_id) where paid_calculation_id is not null;

create function check_paid_calculation() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if not exists (select from statement_calculations c where c.id = new.paid_calculation_id and c.kind = 'paid') then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('statements: calculation %s is not of kind paid', new.paid_calculation_id);
  end if;
  return new;
end $$;
create trigger statements_paid_calculation_kind before insert or update of paid_calculation_id on statements
  for each row when (new.paid_calculation_id is not null) execute function check_paid_calculation();
create trigger statements_paid_calculation_set_once before update of paid_calculation_id on statements
  for each row when (old.paid_calculation_id is not null and new.paid_calculation_id is distinct from old.paid_calculation_id)
  execute function refuse_change('the figures that were paid stay');
comment on trigger statements_paid_calculation_set_once on statements is 'DM-24';

-- migrate:down
drop trigger statements_paid_calculation_set_once on statements;
drop trigger statements_paid_calculation_kind on statements;
drop function check_paid_calculation();
alter table statements drop constraint statements_paid_calculation_fkey;
drop index statements_paid_calculation_id_idx;
drop table payment_run_items;
drop table statement_calculation_declarations;
drop table statement_calculation_lines;
drop table statement_calculations;
drop table payment_runs;
