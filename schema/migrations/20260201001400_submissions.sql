-- What was asked, what became of it (data-model-operations.md §6, pipeline.md). Append-only; all times are machine time
-- (PL-2). Between these tables are no foreign keys: the big ones are dropped by partition, each by itself, and the path
-- that accepts must not lock rows of others. Their parents' primary keys start with the time that finds the partition.

-- migrate:up
-- PL-3: the order of acceptance; outcomes take their decided_no from it too. One sequence of its own, because PostgreSQL 15
-- gives partitions no identity. Cache 1: a cached block would hand out numbers against the order of time.
create sequence accept_no_seq as bigint cache 1;
comment on sequence accept_no_seq is 'PL-3: accept_no of submissions, decided_no of outcomes';

create table submissions (
  id uuid not null,
  accepted_at timestamptz not null,
  kind text not null,
  caller_type text not null,
  caller_id bigint,
  api_token_id bigint,
  mode text not null,
  accept_no bigint not null default nextval('accept_no_seq'),
  subject text not null,
  as_of timestamptz not null,
  trace_id text not null,
  request_digest bytea not null,
  payload jsonb compression lz4 not null,
  batch_id uuid,
  batch_line integer,
  primary key (accepted_at, id),
  constraint submissions_accepted_at_of_id check (accepted_at = uuid_v7_time(id)),
  constraint submissions_caller_type_known check (caller_type in
    ('lead_provider', 'school', 'appropriate_body', 'dfe_staff', 'system')),
  constraint submissions_mode_known check (mode in ('wait', 'async', 'bulk')),
  constraint submissions_request_digest_32_bytes check (octet_length(request_digest) = 32),
  constraint submissions_batch_with_line check ((batch_id is null) = (batch_line is null)),
  constraint submissions_batch_line_in_range check (batch_line between 1 and 10000),
  constraint submissions_bulk_with_batch check ((mode = 'bulk') = (batch_id is not null))
) partition by range (accepted_at);
create unique index submissions_batch_line_key on submissions (accepted_at, batch_id, batch_line) where batch_id is not null;
create index submissions_subject_accept_no_idx on submissions (subject, accept_no);
create index submissions_caller_idx on submissions (caller_type, caller_id, accepted_at desc);
create index submissions_accept_no_idx on submissions (accept_no);
comment on table submissions is 'DM-29: never updated; decided = an outcome row exists. Partitions: a week of accepted_at';
comment on column submissions.accept_no is 'PL-3: the order of acceptance, for good; never given by the one who inserts';
comment on column submissions.subject is 'PL-4: whom it is about; decided in the order of accept_no (DM-32)';
comment on column submissions.as_of is 'PL-2: business time, at which it is judged';
comment on column submissions.api_token_id is 'no foreign key: a row lock on the caller''s token for each submission; tokens are revoked, not deleted';

create table submission_private (
  submission_id uuid primary key,
  data jsonb not null
);
comment on table submission_private is 'Date of birth and National Insurance number of a registration; deleted in the transaction that writes the outcome';

create table submission_stages (
  accepted_at timestamptz not null,
  submission_id uuid not null,
  stage text not null,
  attempt integer not null,
  at timestamptz not null default clock_timestamp(),
  worker text not null,
  duration_us bigint not null,
  detail jsonb,
  primary key (accepted_at, submission_id, stage, attempt),
  constraint submission_stages_accepted_at_of_id check (accepted_at = uuid_v7_time(submission_id)),
  constraint submission_stages_stage_known check (stage in ('records', 'validation', 'eligibility', 'payments')),
  constraint submission_stages_attempt_positive check (attempt > 0),
  constraint submission_stages_duration_not_negative check (duration_us >= 0)
) partition by range (accepted_at);
comment on table submission_stages is 'PL-40: one row an error, nothing else';

create table submission_outcomes (
  accepted_at timestamptz not null,
  submission_id uuid not null,
  decided_at timestamptz not null default clock_timestamp(),
  result text not null,
  http_status integer not null,
  body json compression lz4,
  resource_type text,
  resource_api_id uuid,
  decided_no bigint not null default nextval('accept_no_seq'),
  scopes text[] not null default '{}',
  fired text[] not null default '{}',
  facts jsonb compression lz4 not null default '{}',
  rules_version integer,
  primary key (accepted_at, submission_id),
  constraint submission_outcomes_accepted_at_of_id check (accepted_at = uuid_v7_time(submission_id)),
  constraint submission_outcomes_result_known check (result in ('succeeded', 'rejected', 'failed')),
  constraint submission_outcomes_status_of_result check (case result
    when 'succeeded' then http_status between 200 and 299
    when 'rejected' then http_status between 400 and 499
    else http_status between 500 and 599 end),
  constraint submission_outcomes_resource_whole check ((resource_type is null) = (resource_api_id is null)),
  constraint submission_outcomes_resource_of_success check (resource_type is null or result = 'succeeded')
) partition by range (accepted_at);
comment on column submission_outcomes.body is
  'json, not jsonb: whoever asks again is shown the very bytes of the first answer (submissions.md §3)';
comment on table submission_outcomes is
  'DM-29, DM-30: at most one per submission; inserting it is the point where a submission is decided. Append-only';
comment on column submission_outcomes.scopes is 'PL-52: cache scopes that get new tokens before anybody is told';
comment on column submission_outcomes.facts is 'what the rules saw, once; never dates of birth or National Insurance numbers';
comment on column submission_outcomes.rules_version is 'PL-30: the table of rules that validation used; null = no rule ran (a line that is not JSON)';

create table submission_dead_letters (
  submission_id uuid not null,
  dead_at timestamptz not null default clock_timestamp(),
  stage text not null,
  attempts integer not null,
  reason text not null,
  resolved_at timestamptz,
  resolved_by_user_id bigint references users,
  resolution text,
  primary key (submission_id, dead_at),
  constraint submission_dead_letters_resolution_known check (resolution in ('retried', 'dropped')),
  constraint submission_dead_letters_resolved_how check ((resolved_at is null) = (resolution is null)),
  constraint submission_dead_letters_resolver_when_resolved check (resolved_by_user_id is null or resolved_at is not null),
  constraint submission_dead_letters_resolved_after_death check (resolved_at >= dead_at),
  constraint submission_dead_letters_attempts_not_negative check (attempts >= 0)
);
create unique index submission_dead_letters_one_unresolved on submission_dead_letters (submission_id) where resolved_at is null;
create index submission_dead_letters_resolved_by_user_id_idx on submission_dead_letters (resolved_by_user_id)
  where resolved_by_user_id is not null;
create index submission_dead_letters_changed_idx on submission_dead_letters (coalesce(resolved_at, dead_at));
comment on table submission_dead_letters is 'PL-42: retried = decided later; dropped = an outcome failed is written';

create table submission_batches (
  id uuid primary key,
  caller_type text not null,
  caller_id bigint,
  api_token_id bigint,
  kind text not null,
  line_count integer not null,
  accepted_at timestamptz not null,
  constraint submission_batches_accepted_at_of_id check (accepted_at = uuid_v7_time(id)),
  constraint submission_batches_caller_type_known check (caller_type in
    ('lead_provider', 'school', 'appropriate_body', 'dfe_staff', 'system')),
  constraint submission_batches_line_count_in_range check (line_count between 1 and 10000)
);
create index submission_batches_caller_idx on submission_batches (caller_type, caller_id, accepted_at desc);
create index submission_batches_accepted_at_idx on submission_batches (accepted_at);

create table idempotency_keys (
  day date not null,
  caller_type text not null,
  caller_id bigint not null,
  key text not null,
  request_digest bytea not null,
  submission_id uuid not null,
  accepted_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (day, caller_type, caller_id, key),
  constraint idempotency_keys_day_of_acceptance check (day = (accepted_at at time zone 'UTC')::date),
  constraint idempotency_keys_accepted_at_of_id check (accepted_at = uuid_v7_time(submission_id)),
  constraint idempotency_keys_caller_type_known check (caller_type in
    ('lead_provider', 'school', 'appropriate_body', 'dfe_staff', 'system')),
  constraint idempotency_keys_key_visible_ascii check (key ~ '^[!-~]{1,255}$'),
  constraint idempotency_keys_request_digest_32_bytes check (octet_length(request_digest) = 32),
  constraint idempotency_keys_expires_later check (expires_at > accepted_at)
) partition by range (day);
comment on table idempotency_keys is
  'DM-31, PL-15: today''s and yesterday''s partitions are looked at together under an advisory lock on the key. Partitions: a UTC day';
comment on column idempotency_keys.submission_id is 'of a bulk request: the batch';

-- Fails the transaction when its commit would come too late for what it has accepted (PL-11): its client was told by then
-- that 404 means no. Called behind the inserts. What was over when the transaction began (now()) the insert has left out,
-- so that doing it all again ends. 40001: it is to be done again.
create function refuse_late_acceptance(accept_by timestamptz[], grace interval) returns void
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if exists (select from unnest(accept_by) as until (at) where until.at > now() and until.at <= clock_timestamp() - grace) then
    raise exception using errcode = '40001', message = 'what came in time would be committed too late';
  end if;
end $$;

-- The facts from which the state that clients see follows (submissions.md section 3). Used in the from clause of a statement
-- whose bounds of accepted_at, both included, are parameters: it is a part of that statement's plan then, and no other
-- partition is touched (PL-36). The limits keep the look-ups by key: a partition made ahead has no statistics. An error before
-- a dead letter was resolved no longer counts (PL-42).
create function submission_facts(of_id uuid, of_accepted_at timestamptz, bound_from timestamptz, bound_until timestamptz)
  returns table (state text, updated_at timestamptz, decided_at timestamptz, result text, http_status integer, body json,
    resource_type text, resource_api_id uuid, scopes text[])
  language sql stable parallel safe
as $$
  select case
           when outcome.decided_at is not null then 'decided'
           when letters.is_dead then 'dead'
           when stage.stage = 'records' and (letters.resolved_at is null or stage.at > letters.resolved_at)
             then 'awaiting_teaching_record'
           else 'received'
         end,
         greatest(of_accepted_at, outcome.decided_at, stage.at, letters.dead_at, letters.resolved_at),
         outcome.decided_at,
         outcome.result,
         outcome.http_status,
         outcome.body,
         outcome.resource_type,
         outcome.resource_api_id,
         outcome.scopes
    from (select bool_or(l.resolved_at is null) as is_dead, max(l.dead_at) as dead_at, max(l.resolved_at) as resolved_at
            from submission_dead_letters as l
           where l.submission_id = of_id) as letters
    left join lateral (select o.*
                         from submission_outcomes as o
                        where o.accepted_at = of_accepted_at and o.submission_id = of_id
                          and o.accepted_at >= bound_from and o.accepted_at <= bound_until
                        limit 1) as outcome on true
    left join lateral (select e.stage, e.at
                         from submission_stages as e
                        where e.accepted_at = of_accepted_at and e.submission_id = of_id
                          and e.accepted_at >= bound_from and e.accepted_at <= bound_until
                        order by e.at desc
                        limit 1) as stage on true
$$;

-- migrate:down
drop function submission_facts(uuid, timestamptz, timestamptz, timestamptz);
drop function refuse_late_acceptance(timestamptz[], interval);
drop table idempotency_keys;
drop table submission_batches;
drop table submission_dead_letters;
drop table submission_outcomes;
drop table submission_stages;
drop table submission_private;
drop table submissions;
drop sequence accept_no_seq;
