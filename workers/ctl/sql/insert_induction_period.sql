-- Records an induction period with its event (appropriate-bodies.md 3, events.md 4.1). Run behind take_locks, in its
-- transaction; what follows from it is refreshed behind it (common/derived.h).
--   $1 bigint       teacher           $2 bigint  appropriate body
--   $3 date         first day         $4 date    last day, null = open
--   $5 numeric      number of terms, null while it is open
--   $6 training_programme
--   $7 timestamptz  business time
-- One row: its id.
with made as (
  insert into induction_periods (teacher_id, appropriate_body_id, started_on, finished_on, number_of_terms,
                                 training_programme, induction_programme, created_at, updated_at)
  values ($1::bigint, $2::bigint, $3::date, $4::date, $5::numeric, $6::training_programme,
          case $6::training_programme when 'provider_led' then 'fip' else 'unknown' end::induction_programme,
          $7::timestamptz, $7::timestamptz)
  returning id, teacher_id, appropriate_body_id, started_on
), told as (
  insert into events (event_type, heading, happened_at, author_type, teacher_id, appropriate_body_id, induction_period_id)
  select 'induction_period_opened',
         coalesce(teacher.corrected_name, nullif(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name), ''),
                  'A teacher') || ' was claimed by ' || body.name,
         made.started_on::timestamp at time zone 'Europe/London', 'system', made.teacher_id, made.appropriate_body_id,
         made.id
    from made
    join teachers as teacher on teacher.id = made.teacher_id
    join appropriate_bodies as body on body.id = made.appropriate_body_id
)
select id from made
