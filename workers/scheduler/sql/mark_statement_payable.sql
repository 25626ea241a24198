-- mark_statement_payable: one statement and its eligible declarations become payable, with their events, if it still may
-- (payments.md 3.4, events.md 4.5). Run after take_locks, in its transaction: clock_timestamp() is then the instant that
-- api_updated_at needs (pipeline.md PL-23).
--
--   $1 statement     bigint
--   $2 today         date         London's, of business time
--   $3 now           timestamptz  business time
--   $4 clock_offset  interval     business time less machine time; zero where no clock is set
--
-- Rows: one when the statement was moved, none when it no longer was to be:
--   declarations  how many moved with it
with clock as materialized (
    select clock_timestamp() + $4::interval as updated_at
), statement as (
    update statements
       set status = 'payable',
           marked_payable_at = $3::timestamptz,
           api_updated_at = clock.updated_at,
           updated_at = $3::timestamptz
      from clock
     where statements.id = $1::bigint
       and statements.status = 'open'
       and statements.fee_type = 'output'
       and statements.deadline_date < $2::date
    returning statements.id, statements.lead_provider_id, statements.contract_period_year, statements.year,
              statements.month
), moved as (
    update declarations
       set payment_status = 'payable',
           api_updated_at = clock.updated_at,
           updated_at = $3::timestamptz
      from statement, clock
     where declarations.payment_statement_id = statement.id
       and declarations.payment_status = 'eligible'
    returning declarations.id, declarations.teacher_id, declarations.training_period_id, declarations.declaration_type
), recorded as (
    insert into events (event_type, heading, happened_at, author_type, teacher_id, training_period_id, declaration_id)
    select 'teacher_declaration_payable',
           coalesce(teachers.corrected_name, nullif(concat_ws(' ', teachers.trs_first_name, teachers.trs_last_name), ''),
                    'A teacher') || '''s ' || moved.declaration_type || ' declaration was marked payable',
           $3::timestamptz, 'system', moved.teacher_id, moved.training_period_id, moved.id
      from moved
      join teachers on teachers.id = moved.teacher_id
), concluded as (
    insert into events (event_type, heading, happened_at, metadata, author_type, statement_id,
                        provider_contract_period_id, lead_provider_id)
    select 'statement_marked_payable',
           lead_providers.name || '''s statement of ' ||
               to_char(make_date(statement.year, statement.month, 1), 'FMMonth YYYY') || ' was marked payable',
           $3::timestamptz, jsonb_build_object('contract_period_year', statement.contract_period_year), 'system',
           statement.id, period.id, statement.lead_provider_id
      from statement
      join lead_providers on lead_providers.id = statement.lead_provider_id
      join provider_contract_periods as period
        on period.lead_provider_id = statement.lead_provider_id
       and period.contract_period_year = statement.contract_period_year
)
select (select count(*) from moved) as declarations
  from statement;
