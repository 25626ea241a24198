-- explain_submission: everything that is kept about one submission, for whoever has to say why it is as it is. What was given
-- for matching only (dates of birth, National Insurance numbers) is in none of these tables.
--   $1 uuid  submission
-- One row:
--   shown      json: submission, idempotency_key, state, waits_for, errors, dead_letters, outcome; null when there is no such
--              submission. waits_for: the earlier ones of its subject that must be decided first (pipeline.md PL-5), 20 at most
--   lines      bigint: of the batch of this id; null when there is none
--   payload, facts text, as_of_us bigint: what its rules are evaluated on again; facts null where none are kept
-- Looks for keys within the day of acceptance and for earlier ones within eight days, so that few partitions are touched.
with asked as (
  select s.*
  from submissions as s
  where s.accepted_at = uuid_v7_time($1::uuid) and s.id = $1::uuid
),
decided as (
  select o.*
  from submission_outcomes as o
  where o.accepted_at = uuid_v7_time($1::uuid) and o.submission_id = $1::uuid
),
letters as (
  select coalesce(bool_or(l.resolved_at is null), false) as is_dead, max(l.resolved_at) as resolved_at,
         coalesce(json_agg(json_build_object(
           'dead_at', to_char(l.dead_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'stage', l.stage, 'attempts', l.attempts,
           'reason', l.reason, 'resolution', l.resolution,
           'resolved_at', to_char(l.resolved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by l.dead_at), '[]') as list
  from submission_dead_letters as l
  where l.submission_id = $1::uuid
),
errors as (
  select coalesce(json_agg(json_build_object(
           'stage', e.stage, 'attempt', e.attempt, 'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'worker', e.worker, 'detail', e.detail) order by e.at), '[]') as list,
         (array_agg(e.stage order by e.at desc))[1] as newest, max(e.at) as newest_at
  from submission_stages as e
  where e.accepted_at = uuid_v7_time($1::uuid) and e.submission_id = $1::uuid
),
earlier as (
  select other.id, other.kind, other.accepted_at, other.accept_no
  from asked
  join submissions as other on other.subject = asked.subject and other.accept_no < asked.accept_no
  where not exists (select from decided)
    and other.accepted_at > clock_timestamp() - interval '8 days'
    and not exists (select from submission_outcomes as o
                    where o.accepted_at = other.accepted_at and o.submission_id = other.id)
    and not exists (select from submission_dead_letters as l
                    where l.submission_id = other.id and l.resolved_at is null)
    and coalesce((select e.stage <> 'records'
                    or e.at <= coalesce((select max(l.resolved_at) from submission_dead_letters as l
                                         where l.submission_id = other.id), '-infinity')
                  from submission_stages as e
                  where e.accepted_at = other.accepted_at and e.submission_id = other.id
                  order by e.at desc
                  limit 1), true)
  order by other.accept_no
  limit 20
)
select (
    select json_build_object(
      'submission', json_build_object(
        'id', s.id, 'kind', s.kind, 'caller_type', s.caller_type, 'caller_id', s.caller_id,
        'caller', (select lp.name from lead_providers as lp where s.caller_type = 'lead_provider' and lp.id = s.caller_id),
        'token', (select t.description from api_tokens as t where t.id = s.api_token_id),
        'mode', s.mode, 'accepted_at', to_char(s.accepted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'accept_no', s.accept_no, 'as_of', to_char(s.as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'subject', s.subject, 'trace', s.trace_id, 'batch_id', s.batch_id, 'line', s.batch_line, 'sent', s.payload -> 'fields'),
      'idempotency_key', (
        select k.key
        from idempotency_keys as k
        where k.day = (s.accepted_at at time zone 'UTC')::date and k.caller_type = s.caller_type and k.caller_id = s.caller_id
          and k.submission_id = coalesce(s.batch_id, s.id)),
      'state', case
        when exists (select from decided) then 'decided'
        when letters.is_dead then 'dead'
        when errors.newest = 'records' and errors.newest_at > coalesce(letters.resolved_at, '-infinity')
          then 'awaiting_teaching_record'
        else 'received' end,
      'waits_for', (
        select coalesce(json_agg(json_build_object(
                 'id', e.id, 'kind', e.kind, 'accepted_at', to_char(e.accepted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                 order by e.accept_no), '[]')
        from earlier as e),
      'errors', errors.list,
      'dead_letters', letters.list,
      'outcome', (
        select json_build_object(
          'decided_at', to_char(o.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'result', o.result,
          'response', json_build_object('status', o.http_status, 'body', o.body),
          'resource', case when o.resource_type is not null
                        then json_build_object('type', o.resource_type, 'id', o.resource_api_id) end,
          'fired', o.fired, 'rules_version', o.rules_version)
        from decided as o))
    from asked as s, letters, errors) as shown,
  (select b.line_count from submission_batches as b where b.id = $1::uuid) as lines,
  (select s.payload::text from asked as s) as payload,
  (select o.facts::text from decided as o where o.rules_version is not null) as facts,
  (select (extract(epoch from s.as_of) * 1000000)::bigint from asked as s) as as_of_us
