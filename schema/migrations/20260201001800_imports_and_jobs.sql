-- Imports from the predecessor (data-model-operations.md §10, migration.md), scheduled jobs (operations.md OP-14).

-- migrate:up
create table import_runs (
  id bigint generated always as identity primary key,
  source text not null,
  source_digest bytea not null,
  mode text not null,
  status text not null default 'running',
  as_of timestamptz not null,
  rules_version integer not null,
  totals jsonb not null default '{}',
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint import_runs_mode_known check (mode in ('check', 'load')),
  constraint import_runs_status_known check (status in ('running', 'completed', 'failed', 'interrupted')),
  constraint import_runs_finished_with_status check ((finished_at is null) = (status = 'running'))
);
create index import_runs_source_digest_idx on import_runs (source_digest);

create table import_failures (
  id bigint generated always as identity primary key,
  import_run_id bigint not null references import_runs,
  step text not null,
  source_table text not null,
  source_id text,
  source_line integer,
  severity text not null,
  rule text not null,
  message text not null,
  migration_mode migration_mode,
  row_data jsonb,
  created_at timestamptz not null default now(),
  constraint import_failures_once unique nulls not distinct (import_run_id, step, source_table, source_id, rule, migration_mode),
  constraint import_failures_severity_known check (severity in ('rejected', 'degraded', 'corrected', 'mismatch'))
);
comment on column import_failures.row_data is 'emptied 12 months after the import is signed off';

create table legacy_ids (
  source_table text not null,
  source_id uuid not null,
  target_table text not null,
  target_id bigint not null,
  import_run_id bigint not null references import_runs,
  content_digest bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (source_table, source_id, target_table)
);
create index legacy_ids_target_idx on legacy_ids (target_table, target_id);
create index legacy_ids_import_run_id_idx on legacy_ids (import_run_id);
comment on column legacy_ids.content_digest is 'SHA-256 of the canonical unit, its patches and the rules version (migration.md §11)';

create table job_runs (
  job text primary key,
  last_due_at timestamptz,
  last_started_at timestamptz,
  last_finished_at timestamptz,
  last_succeeded_at timestamptz,
  last_duration_ms bigint,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint job_runs_duration_not_negative check (last_duration_ms >= 0)
);
comment on table job_runs is 'OP-14: one row a job; last_due_at = the latest due time that was worked off, so that a missed one is caught up once';

-- Statistics of what an import has loaded: only a table's owner may analyze it, and ecf2_ctl owns none.
create function analyze_tables(names text[]) returns void
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare name text;
begin
  for name in select c.relname from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname = any (names) order by c.relname
  loop
    execute format('analyze public.%I', name);
  end loop;
end $$;
revoke execute on function analyze_tables(text[]) from public;

-- migrate:down
drop function analyze_tables(text[]);
drop table job_runs;
drop table legacy_ids;
drop table import_failures;
drop table import_runs;
