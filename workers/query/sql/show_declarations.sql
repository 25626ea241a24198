-- show_declarations: what a lead provider may see of declarations (lead-provider-api.md 7.1). What it may not see is not
-- found.
--
--   $1 api_ids            uuid[]
--   $2 lead_provider_ids  bigint[]  who asks for each
--
-- Rows: one for each that is found:
--   n                          its number in $1, from 1
--   api_id, participant_id, mentor_id, delivery_partner_id, statement_id, clawback_statement_id: uuids of the API
--   declaration_type, role, payment_status, clawback_status, evidence_type: words of the database
--   declaration_us, created_us, updated_us: microseconds since 1970
--   pupil_premium_uplift, sparsity_uplift
--   lead_provider_name
--
-- Visible is: one's own; and another's that is active, for a person and role whom one trains, or trained until the day
-- of the declaration or later (00:00 UTC of the last day).
select asked.n,
       declaration.api_id,
       participant.api_id as participant_id,
       declaration.declaration_type,
       (extract(epoch from declaration.declaration_date) * 1000000)::bigint as declaration_us,
       declaration.role,
       mentor.api_id as mentor_id,
       declaration.payment_status,
       declaration.clawback_status,
       (extract(epoch from declaration.created_at) * 1000000)::bigint as created_us,
       (extract(epoch from declaration.api_updated_at) * 1000000)::bigint as updated_us,
       partner.api_id as delivery_partner_id,
       payment.api_id as statement_id,
       clawback.api_id as clawback_statement_id,
       declaration.pupil_premium_uplift,
       declaration.sparsity_uplift,
       declaration.evidence_type,
       provider.name as lead_provider_name
  from unnest($1::uuid[], $2::bigint[]) with ordinality as asked (api_id, lead_provider_id, n)
  join declarations as declaration on declaration.api_id = asked.api_id
  join teachers as participant on participant.id = declaration.teacher_id
  join lead_providers as provider on provider.id = declaration.lead_provider_id
  join delivery_partners as partner on partner.id = declaration.delivery_partner_when_created_id
  left join mentorship_periods as mentorship on mentorship.id = declaration.mentorship_period_id
  left join teachers as mentor on mentor.id = mentorship.mentor_teacher_id
  left join statements as payment on payment.id = declaration.payment_statement_id
  left join statements as clawback on clawback.id = declaration.clawback_statement_id
 where declaration.lead_provider_id = asked.lead_provider_id
    or (declaration.payment_status in ('no_payment', 'eligible', 'payable', 'paid')
        and declaration.clawback_status = 'no_clawback'
        and exists (select
                      from (select period.finished_on
                              from training_periods as period
                             where period.teacher_id = declaration.teacher_id
                               and period.role = declaration.role
                               and period.lead_provider_id = asked.lead_provider_id
                             order by period.started_on desc, period.id desc
                             limit 1) as latest
                     where latest.finished_on is null
                        or declaration.declaration_date <= latest.finished_on::timestamp at time zone 'UTC'));
