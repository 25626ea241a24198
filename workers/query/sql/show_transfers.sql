-- show_transfers: what a lead provider sees of people's moves between schools (lead-provider-api.md 6). Who has none that
-- involves the provider has no row.
--
--   $1 teacher_ids        bigint[]
--   $2 lead_provider_ids  bigint[]  who asks for each
--   $3 today              date[]    London, for each
--
-- Rows: one for each move, in the order of the arrays, then by the start of the training that was left:
--   n                   number of the pair, from 1
--   participant_id      of the person, in each row
--   training_record_id, transfer_type, is_complete
--   created_us          creation of the training that was left; microseconds since 1970
--   updated_us          latest stamp of the two trainings
--   leaving_urn, leaving_provider, left_on
--   joining_urn, joining_provider, joined_on   null without a training at the next school; dates as text
select asked.n,
       teacher.api_id as participant_id,
       record.api_id as training_record_id,
       case
         when transfer.joining_training_period_id is null then 'unknown'
         when transfer.leaving_lead_provider_id = transfer.joining_lead_provider_id then 'new_school'
         else 'new_provider'
       end as transfer_type,
       transfer.left_on <= asked.today and coalesce(transfer.joined_on <= asked.today, true) as is_complete,
       (extract(epoch from transfer.leaving_created_at) * 1000000)::bigint as created_us,
       (extract(epoch from transfer.updated_at) * 1000000)::bigint as updated_us,
       leaving.urn as leaving_urn,
       leaving_provider.name as leaving_provider,
       transfer.left_on::text as left_on,
       joining.urn as joining_urn,
       joining_provider.name as joining_provider,
       transfer.joined_on::text as joined_on
  from unnest($1::bigint[], $2::bigint[], $3::date[]) with ordinality as asked (teacher_id, lead_provider_id, today, n)
  join teachers as teacher on teacher.id = asked.teacher_id
 cross join lateral school_transfers(asked.teacher_id) as transfer
  join training_records as record on record.teacher_id = asked.teacher_id and record.role = transfer.role
  join schools as leaving on leaving.id = transfer.leaving_school_id
  left join lead_providers as leaving_provider on leaving_provider.id = transfer.leaving_lead_provider_id
  left join schools as joining on joining.id = transfer.joining_school_id
  left join lead_providers as joining_provider on joining_provider.id = transfer.joining_lead_provider_id
 where asked.lead_provider_id in (transfer.leaving_lead_provider_id, transfer.joining_lead_provider_id)
 order by asked.n, transfer.leaving_started_on, transfer.role, transfer.left_on;
