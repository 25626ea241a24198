-- write_markers: what follows from becoming eligible later (declarations.md 5, 7.1; events.md 4.2, 4.5), for a batch, in one
-- statement: the marker, its history, what waited on its statements, and their events; or the event that it could not be.
-- That the participant moves with it is refreshed behind it (common/derived.h).
-- Run behind take_locks, in its transaction: clock_timestamp() is then what api_updated_at needs (pipeline.md PL-23).
--   $1  bigint[]       teachers                   $2  participant_role[] roles
--   $3  timestamptz[]  business time              $4  interval[]     and how far it is ahead of machine time
--   $5  text[]         why it could not be: metadata of the event (JSON); null = it is set, and then:
--   $6  text[]         change lines (JSON array of text)
--   $7  text[]         eligibility_changes: reason    $8  text[]  cause_kind    $9  text[]  cause_id
--   $10 text[]         evidence (JSON)                $11 text[]  recorded_by
--   $12 author_type[]  author of the events           $13 bigint[] $14 text[] $15 text[]  its id, name, e-mail
--   $16 uuid[]         submissions, null where it was none
--   and element by element what becomes eligible:
--   $17 bigint[]       declarations               $18 bigint[]       their statements
-- One row: markers, how many were set, and declarations, how many moved.
with step as (
  select *
  from unnest($1::bigint[], $2::participant_role[], $3::timestamptz[], $4::interval[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::text[], $12::author_type[], $13::bigint[], $14::text[], $15::text[],
              $16::uuid[]) with ordinality
    as s (teacher_id, role, as_of, clock_offset, failure, changes, reason, cause_kind, cause_id, evidence, recorded_by,
          author_type, author_id, author_name, author_email, submission_id, n)
), clock as materialized (
  select clock_timestamp() as now
), marked as (
  update training_records as record
  set first_became_eligible_for_training_at = step.as_of, updated_at = step.as_of
  from step
  where step.failure is null
    and record.teacher_id = step.teacher_id
    and record.role = step.role
    and record.first_became_eligible_for_training_at is null
  returning record.id
), history as (
  insert into eligibility_changes (teacher_id, role, aspect, eligible, effective_on, reason, cause_kind, cause_id, evidence,
                                   recorded_at, recorded_by)
  select teacher_id, role, 'training', true, (as_of at time zone 'Europe/London')::date, reason, cause_kind, cause_id,
         evidence::jsonb, as_of, recorded_by
  from step
  where failure is null
), moved as (
  update declarations as declaration
  set payment_status = 'eligible', payment_statement_id = chosen.statement_id,
      api_updated_at = clock.now + step.clock_offset, updated_at = step.as_of
  from unnest($17::bigint[], $18::bigint[]) with ordinality as chosen (declaration_id, statement_id, place), step, clock
  where declaration.id = chosen.declaration_id
    and declaration.payment_status = 'no_payment'
    and step.teacher_id = declaration.teacher_id
    and step.role = declaration.role
    and step.failure is null
  returning declaration.id, declaration.training_period_id, declaration.declaration_type, step.n, chosen.place
), named as (
  select step.*,
         coalesce(teacher.corrected_name, nullif(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name), ''),
                  'A teacher') as name,
         case step.role when 'ect' then 'ECT' else 'mentor' end as role_word
  from step
  join teachers as teacher on teacher.id = step.teacher_id
), told as (
  insert into events (event_type, heading, happened_at, modifications, metadata, author_type, author_id, author_name,
                      author_email, submission_id, teacher_id, training_period_id, declaration_id)
  select event_type, heading, as_of, modifications, metadata, author_type, author_id, author_name, author_email,
         submission_id, teacher_id, training_period_id, declaration_id
  from (
    select named.n, 1 as turn, moved.place, 'teacher_declaration_eligible' as event_type,
           format('%s''s %s declaration was marked eligible', named.name, moved.declaration_type) as heading, named.as_of,
           null::text[] as modifications, null::jsonb as metadata, named.author_type, named.author_id, named.author_name,
           named.author_email, named.submission_id, named.teacher_id, moved.training_period_id,
           moved.id as declaration_id
    from named
    join moved on moved.n = named.n
    union all
    select named.n, 2, 0, 'teacher_funding_eligibility_set', format('%s''s %s eligibility was set', named.name, role_word),
           named.as_of, array(select jsonb_array_elements_text(named.changes::jsonb)), null, named.author_type,
           named.author_id, named.author_name, named.author_email, named.submission_id, named.teacher_id, null, null
    from named
    where named.failure is null
    union all
    select named.n, 3, 0, 'teacher_funding_eligibility_not_set',
           format('%s''s %s declarations could not be made eligible', named.name, role_word), named.as_of, null,
           named.failure::jsonb, 'system', null, null, null, named.submission_id, named.teacher_id, null, null
    from named
    where named.failure is not null
    order by n, turn, place) as event
)
select (select count(*) from marked) as markers, (select count(*) from moved) as declarations
