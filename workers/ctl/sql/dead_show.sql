-- Everything that is kept about one submission that is or was a dead letter, as one JSON object.
--   $1 uuid  submission
-- One row: shown; none when it never was a dead letter.
select json_build_object(
  'submission_id', $1::uuid,
  'dead_letters', json_agg(json_build_object(
    'dead_at', d.dead_at, 'stage', d.stage, 'attempts', d.attempts, 'reason', d.reason,
    'resolution', d.resolution, 'resolved_at', d.resolved_at) order by d.dead_at),
  'submission', (
    select json_build_object(
      'kind', s.kind, 'subject', s.subject, 'accepted_at', s.accepted_at, 'as_of', s.as_of, 'mode', s.mode,
      'caller_type', s.caller_type, 'caller_id', s.caller_id, 'batch_id', s.batch_id, 'batch_line', s.batch_line,
      'accept_no', s.accept_no, 'trace_id', s.trace_id, 'payload', s.payload)
    from submissions as s
    where s.accepted_at = uuid_v7_time($1::uuid)
      and s.id = $1::uuid),
  'errors', (
    select coalesce(json_agg(json_build_object(
      'stage', e.stage, 'attempt', e.attempt, 'at', e.at, 'worker', e.worker, 'detail', e.detail) order by e.at), '[]')
    from submission_stages as e
    where e.accepted_at = uuid_v7_time($1::uuid)
      and e.submission_id = $1::uuid),
  'outcome', (
    select json_build_object(
      'decided_at', o.decided_at, 'result', o.result, 'http_status', o.http_status, 'body', o.body)
    from submission_outcomes as o
    where o.accepted_at = uuid_v7_time($1::uuid)
      and o.submission_id = $1::uuid)) as shown
from submission_dead_letters as d
where d.submission_id = $1::uuid
having count(*) > 0
