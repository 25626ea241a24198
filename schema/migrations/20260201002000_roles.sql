-- One database role a process (architecture §4, data-model-operations.md §13). Roles belong to the cluster, so they may be there
-- already, or be made by another database's migration at this very moment; their settings are those of this database.
-- No passwords here: how a process proves who it is belongs to the installation. The front has no role.

-- migrate:up
do $$
declare
  role text;
  setting text;
  -- PL-22: a worker that was stopped or lost inside its transaction must not hold its persons. The keepalive's interval and
  -- count belong to it: their defaults would find a lost machine after ten minutes.
  limits text[] := array[
    'idle_in_transaction_session_timeout = ''5s''', 'statement_timeout = ''10s''', 'lock_timeout = ''2s''',
    'client_connection_check_interval = ''1s''',
    'tcp_keepalives_idle = 5', 'tcp_keepalives_interval = 1', 'tcp_keepalives_count = 5'];
  -- PL-36: a partition made ahead has no statistics, and the planner then likes to read all of it. Not for query, whose long
  -- lists live from hash joins, nor for ecf2_ctl, whose imports do.
  -- Planned once: planning the facts of one declaration takes twice as long as reading them, and left alone the planner does
  -- it each time, since it thinks of fewer rows then. Who reads a partitioned table says so for the transaction
  -- (force_custom_plan), and only around that statement: what checks the foreign keys of rows would be planned for each row.
  -- Nor bitmaps: it would cross the few rows of a person with all rows between the bounds of accepted_at, which it takes for
  -- few too [the look for 200 beside 20 000 that are decided, without statistics: 820 ms; without bitmaps 13 ms].
  plans text[] := array['enable_seqscan = off', 'enable_bitmapscan = off', 'enable_hashjoin = off', 'enable_mergejoin = off',
    'plan_cache_mode = force_generic_plan'];
  -- Short statements; compiling one costs more than running it.
  everybody text[] := array['search_path = public', 'jit = off'];
begin
  foreach role in array array['ecf2_intake', 'ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_notifications',
      'ecf2_records', 'ecf2_query', 'ecf2_scheduler', 'ecf2_ctl'] loop
    if not exists (select from pg_roles where rolname = role) then
      begin
        execute format('create role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', role);
      exception when duplicate_object or unique_violation then null; -- another database's migration was first
      end;
    end if;
    foreach setting in array everybody
        || case when role <> 'ecf2_ctl' then limits else '{}' end
        || case when role not in ('ecf2_ctl', 'ecf2_query') then plans else '{}' end loop
      execute format('alter role %I in database %I set %s', role, current_database(), setting);
    end loop;
  end loop;
end $$;

-- migrate:down
-- The roles stay: other databases of the cluster may use them.
do $$
declare role text;
begin
  foreach role in array array['ecf2_intake', 'ecf2_validation', 'ecf2_eligibility', 'ecf2_payments', 'ecf2_notifications',
      'ecf2_records', 'ecf2_query', 'ecf2_scheduler', 'ecf2_ctl'] loop
    execute format('alter role %I in database %I reset all', role, current_database());
  end loop;
end $$;
