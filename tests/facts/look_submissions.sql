-- How the look of the commit (common/sql/look_submissions.sql) is planned: the text that is tested is the text that ships.
-- What it finds, tests/faults have. On a freshly migrated, otherwise empty database; run from the root of the checkout.
begin;
set client_min_messages = warning;
set local search_path = public, pg_temp;
set local jit = off; -- and, as the roles of the workers and the transaction have it:
set local enable_seqscan = off;
set local enable_bitmapscan = off;
set local enable_hashjoin = off;
set local enable_mergejoin = off;
set local plan_cache_mode = force_custom_plan;
\set statement `cat common/sql/look_submissions.sql`
prepare look_submissions (uuid[], timestamptz[], bigint[], text[], timestamptz, timestamptz, timestamptz, timestamptz) as :statement;
select plan(4);

-- A client who repeats himself: everything that was sent of late is of one person, and decided.
select ensure_partitions(now() - interval '8 days', now() + interval '8 days');
create temporary table sent as select uuid_v7() as id from generate_series(1, 20000);
insert into submissions (id, accepted_at, kind, caller_type, caller_id, mode, subject, as_of, trace_id, request_digest, payload)
  select id, uuid_v7_time(id), 'declaration.create', 'lead_provider', 1, 'async', 'trn:1000000', now(), id::text,
         decode(repeat('00', 32), 'hex'), '{}'
  from sent;
insert into submission_outcomes (submission_id, accepted_at, result, http_status, body)
  select id, uuid_v7_time(id), 'rejected', 422, '{}' from sent;

create function pg_temp.plan_of() returns setof text language plpgsql as $$
begin
  return query execute 'explain (costs off) execute look_submissions (array_fill(gen_random_uuid(), array[200]),
    array_fill(now(), array[200]), array_fill(1e9::bigint, array[200]), array_fill(''trn:1000001''::text, array[200]),
    now() - interval ''1 minute'', now(), now() - interval ''8 days'', now() + interval ''1 minute'')';
end $$;
create function pg_temp.looks_by_subject(described text) returns setof text language plpgsql as $$
declare
  plan text := (select string_agg(line, E'\n') from pg_temp.plan_of() as line);
begin
  return next ok(plan ~ '_subject_accept_no_idx' and plan !~ '(?<!subject)_accept_no_idx|Bitmap.*(submissions|outcomes)', described || ': earlier ones by their subject only');
  return next ok(plan !~ 'Materialize|Join Filter|Seq Scan on submission', described || ': outcomes one by one');
end $$;

select pg_temp.looks_by_subject('without statistics');
analyze submissions, submission_outcomes;
select pg_temp.looks_by_subject('with those of one person''s day');

select * from finish();
rollback;
