-- Partitions: made ahead, dropped when their time is over (data-model-operations.md §13, operations.md §7).

-- migrate:up
-- The partitioned tables, the length of a partition, how long it is kept after its end (null = for ever). Names end in the
-- first day of the partition, so that they sort.
create function partitioned_tables() returns table (parent text, unit text, name_format text, kept interval)
  language sql immutable parallel safe
as $$
  values
    ('submissions', 'week', '"_w"YYYYMMDD', interval '13 months'),
    ('submission_stages', 'week', '"_w"YYYYMMDD', interval '13 months'),
    ('submission_outcomes', 'week', '"_w"YYYYMMDD', interval '13 months'),
    ('idempotency_keys', 'day', '"_d"YYYYMMDD', interval '24 hours'),
    ('webhook_deliveries', 'month', '"_m"YYYYMM', interval '30 days'),
    ('webhook_attempts', 'month', '"_m"YYYYMM', interval '30 days'),
    ('events', 'year', '"_y"YYYY', null),
    ('usage_requests', 'month', '"_m"YYYYMM', interval '13 months')
$$;

-- Makes what is missing between the two instants, both included; answers with the names. All partitions begin at 00:00 UTC.
-- A partition is made as a table and then attached: "create table … partition of" would lock its parent against everybody,
-- attaching locks it against schema changes only. (That of events locks the tables that it refers to against writers for a
-- moment, once a year.) Whoever comes second waits at the advisory lock and finds everything there.
create function ensure_partitions(from_time timestamptz, until_time timestamptz) returns setof text
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'
as $$
declare
  t record;
  starts_at timestamptz;
  ends_at timestamptz;
  partition text;
begin
  perform pg_advisory_xact_lock(hashtextextended('ecf2.partitions', 0));
  for t in select * from partitioned_tables() loop
    starts_at := date_trunc(t.unit, from_time);
    while starts_at <= until_time loop
      ends_at := starts_at + ('1 ' || t.unit)::interval;
      partition := t.parent || to_char(starts_at, t.name_format);
      if to_regclass(format('public.%I', partition)) is null then
        execute format('create table public.%I (like public.%I including defaults including constraints)', partition, t.parent);
        execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
          t.parent, partition, starts_at, ends_at);
        return next partition;
      end if;
      starts_at := ends_at;
    end loop;
  end loop;
end $$;
comment on function ensure_partitions(timestamptz, timestamptz) is 'architecture §4: partitions are made ahead by the owner''s function; safe when run concurrently';

-- Drops the partitions that nothing needs at as_of any more, and the batches and settled dead letters of that age; answers
-- with the partitions' names. Machine time: an as_of in the future counts as now, so that no set clock drops anything early.
create function drop_partitions_before(as_of timestamptz) returns setof text
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'
as $$
declare
  safe_as_of timestamptz := least(as_of, clock_timestamp());
  submissions_kept interval := (select kept from partitioned_tables() where parent = 'submissions');
  p record;
begin
  perform pg_advisory_xact_lock(hashtextextended('ecf2.partitions', 0));
  for p in
    select c.relname as name
      from partitioned_tables() t
      join pg_inherits i on i.inhparent = format('public.%I', t.parent)::regclass
      join pg_class c on c.oid = i.inhrelid
      where substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz <= safe_as_of - t.kept
      order by c.relname
  loop
    execute format('drop table public.%I', p.name);
    return next p.name;
  end loop;
  delete from submission_batches where accepted_at < safe_as_of - submissions_kept;
  delete from submission_dead_letters where resolved_at is not null and dead_at < safe_as_of - submissions_kept;
end $$;
comment on function drop_partitions_before(timestamptz) is 'retention of data-model-operations.md §13; never touches events';

revoke execute on function ensure_partitions(timestamptz, timestamptz), drop_partitions_before(timestamptz) from public;

select ensure_partitions(now() - interval '2 weeks', now() + interval '8 weeks');

-- migrate:down
drop function drop_partitions_before(timestamptz);
drop function ensure_partitions(timestamptz, timestamptz);
drop function partitioned_tables();
