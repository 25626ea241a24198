-- show_participants: what a lead provider sees of participants (lead-provider-api.md 4). Who may not be seen has no row.
--
--   $1 teacher_ids        bigint[]
--   $2 lead_provider_ids  bigint[]  who asks for each
--   $3 today              date[]    London, for each
--
-- Rows: one for each enrolment, in the order of the arrays, ECT before mentor:
--   n                  number of the pair, from 1
--   participant_id, corrected_name, trs_first_name, trs_last_name, trn, updated_us, id_changes: of the person, in each row;
--                      id_changes: the members of a JSON array, oldest first
--   today              $3
--   the rest           of the enrolment; dates as text, instants in microseconds since 1970
--
-- An enrolment is the latest training with the provider in a role; it is read from the training itself and not from
-- teacher_provider_status, so that a transaction can show what it has just written. The limits keep each look-up by key:
-- planned once, for an array of any length. "= any (array[…])" is a plain "=" that no GiST index knows: the planner takes the
-- indexes of exclusion constraints for as quick as others, and they are slower by far.
select asked.n,
       asked.today::text as today,
       teacher.api_id as participant_id,
       teacher.corrected_name,
       teacher.trs_first_name,
       teacher.trs_last_name,
       teacher.trn,
       (extract(epoch from teacher.api_updated_at) * 1000000)::bigint as updated_us,
       changed.id_changes,
       training.role,
       record.api_id as training_record_id,
       place.email,
       mentorship.mentor_id,
       school.urn as school_urn,
       training.contract_period_year as cohort,
       training.started_on::text as started_on,
       training.finished_on::text as finished_on,
       (extract(epoch from training.withdrawn_at) * 1000000)::bigint as withdrawn_us,
       training.withdrawal_reason,
       (extract(epoch from training.deferred_at) * 1000000)::bigint as deferred_us,
       training.deferral_reason,
       (record.first_became_eligible_for_training_at at time zone 'Europe/London')::date::text as eligible_on,
       record.became_ineligible_for_funding_on::text as ineligible_on,
       record.became_ineligible_for_funding_reason as ineligible_reason,
       record.payments_frozen_year is not null as left_frozen_cohort,
       period.uplift_fees_enabled and coalesce(funding.pupil_premium_uplift, false) as pupil_premium_uplift,
       period.uplift_fees_enabled and coalesce(funding.sparsity_uplift, false) as sparsity_uplift,
       schedule.identifier as schedule_identifier,
       partner.api_id as delivery_partner_id,
       (extract(epoch from earliest.created_at) * 1000000)::bigint as created_us,
       coalesce(induction.ended_on, case when training.role = 'ect' then teacher.trs_induction_completed_date end)::text as induction_end_date,
       induction.latest_finished_on::text as latest_induction_finished_on,
       coalesce(induction.began_on, case when training.role = 'ect' then teacher.trs_induction_start_date end)::text as induction_start_date,
       latest.working_pattern
  from unnest($1::bigint[], $2::bigint[], $3::date[]) with ordinality as asked (teacher_id, lead_provider_id, today, n)
  join teachers as teacher on teacher.id = asked.teacher_id
 cross join (values ('ect'::participant_role), ('mentor')) as roles (role)
 cross join lateral (select t.*
                       from training_periods as t
                      where t.teacher_id = asked.teacher_id
                        and t.role = roles.role
                        and t.lead_provider_id = asked.lead_provider_id
                      order by t.started_on desc
                      limit 1) as training
  join training_records as record on record.teacher_id = training.teacher_id and record.role = training.role
  join school_periods as place on place.id = training.school_period_id
  join schools as school on school.id = training.school_id
  join contract_periods as period on period.year = training.contract_period_year
  join schedules as schedule on schedule.id = training.schedule_id
  join school_partnerships as partnership on partnership.id = training.school_partnership_id
  join delivery_partnerships as together on together.id = partnership.delivery_partnership_id
  join delivery_partners as partner on partner.id = together.delivery_partner_id
  left join school_funding_eligibilities as funding
    on funding.gias_school_urn = school.urn and funding.contract_period_year = training.contract_period_year
 cross join lateral (select p.created_at
                       from school_periods as p
                      where p.teacher_id = training.teacher_id and p.role = training.role
                      order by p.started_on, p.id
                      limit 1) as earliest
  left join lateral (select p.working_pattern
                       from school_periods as p
                      where p.teacher_id = any (array[training.teacher_id]) and p.role = 'ect' and training.role = 'ect'
                      order by p.started_on desc
                      limit 1) as latest on true
  left join lateral (select mentor.api_id as mentor_id
                       from mentorship_periods as m
                       join teachers as mentor on mentor.id = m.mentor_teacher_id
                      where m.ect_school_period_id = any (array[training.school_period_id])
                        and training.role = 'ect'
                        and (m.finished_on is null or m.finished_on >= asked.today)
                      order by m.started_on
                      limit 1) as mentorship on true
 cross join lateral (select min(i.started_on) as began_on,
                            max(i.finished_on) filter (where i.outcome is not null) as ended_on,
                            (array_agg(i.finished_on order by i.started_on desc))[1] as latest_finished_on
                       from induction_periods as i
                      where i.teacher_id = any (array[training.teacher_id]) and training.role = 'ect') as induction
 cross join lateral (select string_agg(format('{"from_participant_id":"%s","to_participant_id":"%s","changed_at":"%s"}',
                                              c.api_from_teacher_id, c.api_to_teacher_id,
                                              to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
                                       ',' order by c.created_at, c.id) as id_changes
                       from teacher_id_changes as c
                      where c.teacher_id = asked.teacher_id) as changed
 order by asked.n, roles.role;
