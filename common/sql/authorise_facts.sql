-- authorise_facts: what decides whether statements may be authorised (payments.md 3.5; payments-operations.md 1.4). Asked
-- before the locks, for which they are, and again under them, to decide on (common/authorise.h).
--   $1 uuid[]  statements, by their public ids
-- Rows: one for each, in their order; nulls where there is none:
--   id, is_output, status, deadline_date
--   payable, awaiting_clawback  how many declarations would move
--   earlier_payable             statements of its provider and contract period with an earlier payment date that are payable
select statement.id, statement.fee_type = 'output' as is_output, statement.status, statement.deadline_date,
       (select count(*)
          from declarations as declaration
         where declaration.payment_statement_id = statement.id
           and declaration.payment_status = 'payable') as payable,
       (select count(*)
          from declarations as declaration
         where declaration.clawback_statement_id = statement.id
           and declaration.clawback_status = 'awaiting_clawback') as awaiting_clawback,
       (select count(*)
          from statements as earlier
         where earlier.lead_provider_id = statement.lead_provider_id
           and earlier.contract_period_year = statement.contract_period_year
           and earlier.status = 'payable'
           and earlier.payment_date < statement.payment_date) as earlier_payable
  from unnest($1::uuid[]) with ordinality as wanted (api_id, n)
  left join statements as statement on statement.api_id = wanted.api_id
 order by wanted.n
