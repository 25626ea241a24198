-- Ids carry their time; partitions are made ahead and dropped when their time is over.
begin;
\ir fixtures.sqlinc
select plan(43);

select is(uuid_v7_time('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'), timestamptz '2022-02-22 19:22:22+00', 'the example of RFC 9562');
select is(uuid_v7_time('00000000-0000-7000-8000-000000000000'), timestamptz 'epoch', 'zero');
select is_empty($$
  select ms from generate_series(1, 2000) g, lateral (select 1700000000000 + g * 97777777::bigint as ms) m
    where uuid_v7_time((left(lpad(to_hex(ms), 12, '0'), 8) || '-' || right(lpad(to_hex(ms), 12, '0'), 4) || '-7000-8000-000000000000')::uuid)
      <> timestamptz 'epoch' + ms * interval '1 millisecond'$$, 'exact to the millisecond');
select is((select provolatile from pg_proc where proname = 'uuid_v7_time'), 'i', 'immutable: a bound computed from an id prunes partitions');

create function pg_temp.partitions(parent regclass) returns table (name text, bounds text)
  language sql as $$ select c.relname::text, pg_get_expr(c.relpartbound, c.oid) from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = parent $$;
create function pg_temp.bounds(partition regclass) returns text
  language sql as $$ select pg_get_expr(relpartbound, oid) from pg_class where oid = partition $$;

-- The migration made two weeks back and eight ahead.
select ok(count(*) >= 11, t.parent || ': weeks were made') from partitioned_tables() t, lateral pg_temp.partitions(t.parent::regclass)
  where t.unit = 'week' group by t.parent;
select cmp_ok((select count(*) from pg_temp.partitions('idempotency_keys')), '>=', 70::bigint, 'days were made');
select cmp_ok((select count(*) from pg_temp.partitions('webhook_deliveries')), '>=', 3::bigint, 'months were made');
select cmp_ok((select count(*) from pg_temp.partitions('events')), '>=', 1::bigint, 'the year was made');

select is((select count(*)::int from ensure_partitions('2031-12-28 12:00+00', '2032-01-05 00:00+00')), 3 * 3 + 9 + 3 * 2 + 2,
  'both ends of the range have their partitions');
select is((select count(*)::int from ensure_partitions('2031-12-28 12:00+00', '2032-01-05 00:00+00')), 0, 'a second call makes nothing');
select is(pg_temp.bounds('submissions_w20311222'), $$FOR VALUES FROM ('2031-12-22 00:00:00+00') TO ('2031-12-29 00:00:00+00')$$,
  'weeks begin on Monday, UTC');
select is(pg_temp.bounds('idempotency_keys_d20320101'), $$FOR VALUES FROM ('2032-01-01') TO ('2032-01-02')$$, 'days');
select is(pg_temp.bounds('webhook_deliveries_m203201'), $$FOR VALUES FROM ('2032-01-01 00:00:00+00') TO ('2032-02-01 00:00:00+00')$$, 'months');
select is(pg_temp.bounds('webhook_attempts_m203112'), $$FOR VALUES FROM ('2031-12-01 00:00:00+00') TO ('2032-01-01 00:00:00+00')$$,
  'attempts lie with their deliveries');
select is(pg_temp.bounds('usage_requests_m203201'), $$FOR VALUES FROM ('2032-01-01 00:00:00+00') TO ('2032-02-01 00:00:00+00')$$, 'requests');
select is(pg_temp.bounds('events_y2032'), $$FOR VALUES FROM ('2032-01-01 00:00:00+00') TO ('2033-01-01 00:00:00+00')$$, 'years');
set local timezone = 'Pacific/Auckland';
select is((select count(*)::int from ensure_partitions('2033-05-10 12:00+00', '2033-05-10 12:00+00')), 8, 'one instant, one of each');
set local timezone = 'UTC';
select is(pg_temp.bounds('submissions_w20330509'), $$FOR VALUES FROM ('2033-05-09 00:00:00+00') TO ('2033-05-16 00:00:00+00')$$,
  'whatever the session''s time zone');
select is((select count(*)::int from pg_index where indrelid = 'submissions_w20330509'::regclass),
  (select count(*)::int from pg_index where indrelid = 'submissions'::regclass), 'a partition has its parent''s indexes');
select is((select count(*)::int from pg_constraint where conrelid = 'events_y2032'::regclass and contype in ('c', 'f')),
  (select count(*)::int from pg_constraint where conrelid = 'events'::regclass and contype in ('c', 'f')),
  'and its checks and foreign keys');
select is((select distinct pg_get_userbyid(relowner) from pg_class where relispartition and relkind = 'r'),
  (select pg_get_userbyid(relowner) from pg_class where oid = 'submissions'::regclass), 'and its owner');

-- The order of acceptance.
select ok((select decided_no > accept_no from submissions join submission_outcomes on submission_id = id),
  'accept_no and decided_no come from one sequence (PL-3)');
select is((select seqcache from pg_sequence where seqrelid = 'accept_no_seq'::regclass), 1::bigint, 'cache 1 (PL-3)');
select is((select count(*)::int from pg_attribute a join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    where a.attname = 'accept_no' and pg_get_expr(d.adbin, d.adrelid) = $$nextval('accept_no_seq'::regclass)$$),
  1 + (select count(*)::int from pg_temp.partitions('submissions')), 'partitions have the default too');

-- Dropping.
select is_empty($$select drop_partitions_before(now() - interval '1 year')$$, 'nothing young is dropped');
select lives_ok($$select ensure_partitions(now() - interval '15 months', now() - interval '15 months')$$, 'some old ones');
insert into submission_batches (id, caller_type, kind, line_count, accepted_at) values
  ('0191f22e-0000-7000-8000-000000000001', 'lead_provider', 'declaration.create', 1, uuid_v7_time('0191f22e-0000-7000-8000-000000000001'));
insert into submission_dead_letters (submission_id, dead_at, stage, attempts, reason, resolved_at, resolution) values
  ('0191f22e-0000-7000-8000-000000000001', '2024-09-14', 'validation', 5, 'settled', '2024-09-15', 'dropped');
insert into submission_dead_letters (submission_id, dead_at, stage, attempts, reason) values
  ('0191f22e-0000-7000-8000-000000000002', '2024-09-14', 'validation', 5, 'not settled');
create temporary table before_drop as select name from partitioned_tables() t, lateral pg_temp.partitions(t.parent::regclass);
create temporary table dropped as select drop_partitions_before(now() + interval '100 years') as name;
select results_eq($$select count(*)::int from dropped where name ~ '^(submissions|submission_stages|submission_outcomes)_w'$$, array[3],
  'submissions, stages and outcomes go after 13 months; a clock in the future drops no more');
select results_eq($$select count(*)::int from dropped where name like 'webhook_%'$$, array[2], 'deliveries go after 30 days');
select results_eq($$select count(*)::int from dropped where name like 'usage\_requests\_m%'$$, array[1],
  'requests recorded for analytics go after 13 months (metrics.md UA-11)');
select is_empty($$select name from dropped where name like 'events%'$$, 'events stay');
select is_empty($$select name from dropped where name like 'idempotency_keys_d%'
  and to_date(right(name, 8), 'YYYYMMDD') >= (now() at time zone 'UTC')::date - 1$$, 'keys of today and yesterday stay');
select results_eq($$select count(*)::int > 10 from dropped where name like 'idempotency_keys_d%'$$, array[true], 'older ones go');
select is_empty($$select name from before_drop where name not in (select name from dropped) and to_regclass(name) is null$$,
  'it tells everything that it drops');
select is((select count(*)::int from submission_batches where id = '0191f22e-0000-7000-8000-000000000001'), 0, 'old batches go');
select results_eq($$select reason from submission_dead_letters where submission_id::text like '0191f22e%'$$, array['not settled'],
  'old dead letters go once they are settled');
select is((select count(*)::int from submissions), 1, 'what is young is still there');
select is((select count(*)::int from usage_events), 1, 'also of requests');
select throws_ok($$insert into usage_events (event_type, occurred_at, event_id, data) values ('other', now(), gen_random_uuid(), '{}')$$, '23514',
  null, 'an event of a type that nothing keeps is refused');

-- Whoever runs them.
select ok(prosecdef and proconfig::text like '%search_path=pg_catalog%' and
    not exists (select from aclexplode(proacl) where grantee = 0), proname || ': the owner''s, fixed search path, not for everybody')
  from pg_proc where proname in ('ensure_partitions', 'drop_partitions_before');
select throws_ok($$insert into submissions (id, accepted_at, kind, caller_type, mode, subject, as_of, trace_id, request_digest, payload)
    select '10000000-0000-7000-8000-000000000001', uuid_v7_time('10000000-0000-7000-8000-000000000001'), kind, caller_type, mode,
      subject, as_of, trace_id, request_digest, payload from submissions$$, '23514', null, 'no partition, no row');

select * from finish();
rollback;
