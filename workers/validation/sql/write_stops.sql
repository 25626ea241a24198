-- What accepted `participant.withdraw` or `participant.defer` write, for a batch, in one statement (lead-provider-api.md 5.2,
-- 5.3; events.md 4.4): the training ends, and is marked. What follows from it is common/sql/refresh_people.sql's. No two are
-- about one person (PL-21).
--   $1 boolean        whether they are withdrawn; else deferred
--   $2 uuid[]         submissions                 $3  bigint[]       training periods
--   $4 bigint[]       lead providers              $5  timestamptz[]  business time: of the stamp, happened_at, updated_at
--   $6 timestamptz[]  api_updated_at (PL-23)      $7  text[]         reasons
--   $8 date[]         last days                   $9  text[]         change lines (JSON array of text)
--   $10 text[]        the values changed (JSON)
-- One row for each training period written: its id.
with input as (
  select *
  from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::date[], $9::text[],
              $10::text[])
    as i (submission_id, training_period_id, lead_provider_id, as_of, updated_at, reason, finished_on, change_lines, change_values)
),
stopped as (
  update training_periods as period
  set withdrawn_at = case when $1::boolean then input.as_of else period.withdrawn_at end,
      withdrawal_reason = case when $1::boolean then input.reason::withdrawal_reason else period.withdrawal_reason end,
      deferred_at = case when $1::boolean then period.deferred_at else input.as_of end,
      deferral_reason = case when $1::boolean then period.deferral_reason else input.reason::deferral_reason end,
      finished_on = input.finished_on,
      api_transfer_updated_at = case when period.finished_on is distinct from input.finished_on then input.updated_at
                                  else period.api_transfer_updated_at end,
      updated_at = input.as_of
  from input
  where period.id = input.training_period_id
  returning period.id, period.teacher_id, period.role
),
history as (
  insert into events (event_type, heading, happened_at, modifications, metadata, author_type, author_name, submission_id,
                      teacher_id, lead_provider_id, training_period_id)
  select case when $1::boolean then 'teacher_withdraws_training_period' else 'teacher_defers_training_period' end,
         format('%s was %s by %s',
                coalesce(nullif(trim(teacher.corrected_name), ''),
                         nullif(trim(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name)), ''), 'Unknown'),
                case when $1::boolean then 'withdrawn' else 'deferred' end, provider.name),
         input.as_of, array(select jsonb_array_elements_text(input.change_lines::jsonb)), input.change_values::jsonb,
         'lead_provider_api', provider.name, input.submission_id, stopped.teacher_id, input.lead_provider_id, stopped.id
  from input
  join stopped on stopped.id = input.training_period_id
  join teachers as teacher on teacher.id = stopped.teacher_id
  join lead_providers as provider on provider.id = input.lead_provider_id
)
select id from stopped
