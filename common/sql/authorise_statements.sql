-- authorise_statements: payable statements are paid, with what is payable on them, and what awaits clawback on them is clawed
-- back, with their events (payments.md 3.4, events.md 4.5). Run behind take_locks, in its transaction: clock_timestamp() is
-- then the instant that api_updated_at needs (pipeline.md PL-23).
--   $1 bigint[]       statements, all that payments.md 3.5 asks for found true
--   $2 timestamptz[]  business time             $3 interval[]  and how far it is ahead of machine time
--   $4 bigint[]       calculations of their figures (DM-24), null where figures were never calculated
--   $5 bigint[] $6 text[] $7 text[]  who authorises: id, name, e-mail
--   $8 uuid[]         submissions, null where it was none
-- Rows: one for each that was moved, none for one that is not payable: id, paid and clawed_back, how many declarations.
with step as (
  select *
    from unnest($1::bigint[], $2::timestamptz[], $3::interval[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
                $8::uuid[])
      as s (statement_id, as_of, clock_offset, calculation_id, author_id, author_name, author_email, submission_id)
), clock as materialized (
  select clock_timestamp() as now
), moved as (
  update statements as statement
     set status = 'paid',
         marked_as_paid_at = step.as_of,
         paid_calculation_id = step.calculation_id,
         api_updated_at = clock.now + step.clock_offset,
         updated_at = step.as_of
    from step, clock
   where statement.id = step.statement_id
     and statement.status = 'payable'
     and statement.fee_type = 'output'
  returning statement.id, statement.lead_provider_id, statement.contract_period_year, statement.year, statement.month,
            step.as_of, step.clock_offset, step.author_id, step.author_name, step.author_email, step.submission_id
), paid as (
  update declarations as declaration
     set payment_status = 'paid', api_updated_at = clock.now + moved.clock_offset, updated_at = moved.as_of
    from moved, clock
   where declaration.payment_statement_id = moved.id
     and declaration.payment_status = 'payable'
  returning declaration.id, declaration.teacher_id, declaration.training_period_id, declaration.declaration_type,
            moved.id as statement_id
), clawed_back as (
  update declarations as declaration
     set clawback_status = 'clawed_back', api_updated_at = clock.now + moved.clock_offset, updated_at = moved.as_of
    from moved, clock
   where declaration.clawback_statement_id = moved.id
     and declaration.clawback_status = 'awaiting_clawback'
  returning declaration.id, declaration.teacher_id, declaration.training_period_id, declaration.declaration_type,
            moved.id as statement_id
), told as (
  insert into events (event_type, heading, happened_at, author_type, author_id, author_name, author_email, submission_id,
                      teacher_id, training_period_id, declaration_id)
  select declared.event_type,
         coalesce(teacher.corrected_name, nullif(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name), ''),
                  'A teacher') || '''s ' || declared.declaration_type || ' declaration was ' || declared.became,
         moved.as_of, 'dfe_staff_user', moved.author_id, moved.author_name, moved.author_email, moved.submission_id,
         declared.teacher_id, declared.training_period_id, declared.id
    from (select paid.*, 'teacher_declaration_paid' as event_type, 'paid' as became from paid
          union all
          select clawed_back.*, 'teacher_declaration_clawed_back', 'clawed back' from clawed_back) as declared
    join moved on moved.id = declared.statement_id
    join teachers as teacher on teacher.id = declared.teacher_id
), concluded as (
  insert into events (event_type, heading, happened_at, metadata, author_type, author_id, author_name, author_email,
                      submission_id, statement_id, provider_contract_period_id, lead_provider_id)
  select 'statement_authorised_for_payment',
         provider.name || '''s statement of ' || to_char(make_date(moved.year, moved.month, 1), 'FMMonth YYYY') ||
             ' was authorised for payment',
         moved.as_of, jsonb_build_object('contract_period_year', moved.contract_period_year), 'dfe_staff_user',
         moved.author_id, moved.author_name, moved.author_email, moved.submission_id, moved.id, period.id,
         moved.lead_provider_id
    from moved
    join lead_providers as provider on provider.id = moved.lead_provider_id
    join provider_contract_periods as period
      on period.lead_provider_id = moved.lead_provider_id
     and period.contract_period_year = moved.contract_period_year
)
select moved.id,
       (select count(*) from paid where paid.statement_id = moved.id) as paid,
       (select count(*) from clawed_back where clawed_back.statement_id = moved.id) as clawed_back
  from moved
