// A page of participants as somebody would write it who has PostgreSQL make the JSON: one statement, whose only column is the
// body. It shows what lead-provider-api.md section 4 says, from the same tables and read model as ours.
const instant = (column) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

const stopped = (kind) => `case when p.training_status = '${kind === 'withdrawal' ? 'withdrawn' : 'deferred'}' then json_build_object(
  'reason', replace(p.${kind}_reason::text, '_', '-'), 'date', ${instant(kind === 'withdrawal' ? 'p.withdrawn_at' : 'p.deferred_at')}) end`;

const uplift = (kind) => `coalesce(cp.uplift_fees_enabled and (select f.${kind} from school_funding_eligibilities as f
  where f.gias_school_urn = s.urn and f.contract_period_year = p.contract_period_year), false)`;

const ofEct = (expression) => `case when p.role = 'ect' then ${expression} end`;
const ofMentor = (expression) => `case when p.role = 'mentor' then ${expression} end`;

const enrolment = `json_build_object(
  'training_record_id', r.api_id,
  'email', sp.email,
  'mentor_id', ${ofEct(`(select m.api_id from mentorship_periods as mp join teachers as m on m.id = mp.mentor_teacher_id
     where mp.ect_school_period_id = sp.id and (mp.finished_on is null or mp.finished_on >= now.today) order by mp.started_on limit 1)`)},
  'school_urn', s.urn::text,
  'participant_type', p.role,
  'cohort', p.contract_period_year::text,
  'training_status', p.training_status,
  'participant_status', case
    when p.training_status <> 'active' then case when p.finished_on > now.today then 'leaving' else 'left' end
    when done.completed_on is not null and (p.finished_on is null or done.completed_on <= p.finished_on) then 'active'
    when p.finished_on is not null then case when p.finished_on > now.today then 'leaving' else 'left' end
    when p.started_on > now.today then 'joining' else 'active' end,
  'eligible_for_funding', case when r.first_became_eligible_for_training_at is null and r.became_ineligible_for_funding_on is null then null
    else coalesce((r.first_became_eligible_for_training_at at time zone 'Europe/London')::date <= r.became_ineligible_for_funding_on,
                  r.first_became_eligible_for_training_at is not null) end,
  'pupil_premium_uplift', ${uplift('pupil_premium_uplift')},
  'sparsity_uplift', ${uplift('sparsity_uplift')},
  'schedule_identifier', sc.identifier,
  'delivery_partner_id', dp.api_id,
  'withdrawal', ${stopped('withdrawal')},
  'deferral', ${stopped('deferral')},
  'created_at', (select ${instant('f.created_at')} from school_periods as f where f.teacher_id = t.id and f.role = p.role order by f.started_on limit 1),
  'induction_end_date', ${ofEct('induction.ended_on')},
  'most_recent_induction_period_end_date', ${ofEct('induction.latest_ended_on')},
  'overall_induction_start_date', ${ofEct('induction.began_on')},
  'mentor_funding_end_date', ${ofMentor('r.became_ineligible_for_funding_on')},
  'mentor_ineligible_for_funding_reason', ${ofMentor('r.became_ineligible_for_funding_reason')},
  'cohort_changed_after_payments_frozen', r.payments_frozen_year is not null,
  'working_pattern', ${ofEct(`(select l.working_pattern from school_periods as l where l.teacher_id = t.id and l.role = 'ect' order by l.started_on desc limit 1)`)})`;

export const page = {
  name: 'participants',
  text: `with now as (select (now() at time zone 'Europe/London')::date as today)
select json_build_object('data', coalesce(json_agg(shown.resource order by shown.created_at, shown.id), '[]'))::text as body
  from (select t.created_at, t.id, json_build_object('id', t.api_id, 'type', 'participant', 'attributes', json_build_object(
          'full_name', coalesce(t.corrected_name, nullif(concat_ws(' ', nullif(nullif(t.trs_first_name, ''), '.'), nullif(nullif(t.trs_last_name, ''), '.')), ''), 'Unknown'),
          'teacher_reference_number', t.trn,
          'updated_at', ${instant('t.api_updated_at')},
          'ecf_enrolments', enrolments.list,
          'participant_id_changes', coalesce((
             select json_agg(json_build_object('from_participant_id', c.api_from_teacher_id, 'to_participant_id', c.api_to_teacher_id,
                                               'changed_at', ${instant('c.created_at')}) order by c.created_at, c.id)
               from teacher_id_changes as c where c.teacher_id = t.id), '[]'))) as resource
          from (select st.*, own.created_at
                  from teacher_provider_status as st
                  join teachers as own on own.id = st.teacher_id
                 where st.lead_provider_id = $1
                 order by own.created_at, own.id
                 limit $2 offset $3) as status
          join teachers as t on t.id = status.teacher_id
          cross join now
          left join lateral (
             select coalesce(max(i.finished_on) filter (where i.outcome is not null), t.trs_induction_completed_date) as ended_on,
                    (array_agg(i.finished_on order by i.started_on desc))[1] as latest_ended_on,
                    coalesce(min(i.started_on), t.trs_induction_start_date) as began_on
               from induction_periods as i where i.teacher_id = t.id) as induction on true
          cross join lateral (
             select json_agg(${enrolment} order by p.role) as list
               from (select tp.*, case when tp.withdrawn_at is null and tp.deferred_at is null then 'active'
                                       when tp.deferred_at is null or tp.withdrawn_at >= tp.deferred_at then 'withdrawn'
                                       else 'deferred' end as training_status
                       from training_periods as tp
                      where tp.id in (status.latest_ect_training_period_id, status.latest_mentor_training_period_id)) as p
               join school_periods as sp on sp.id = p.school_period_id
               join school_partnerships as partnership on partnership.id = p.school_partnership_id
               join schools as s on s.id = partnership.school_id
               join delivery_partnerships as dps on dps.id = partnership.delivery_partnership_id
               join delivery_partners as dp on dp.id = dps.delivery_partner_id
               join schedules as sc on sc.id = p.schedule_id
               join contract_periods as cp on cp.year = p.contract_period_year
               join training_records as r on r.teacher_id = t.id and r.role = p.role
               cross join lateral (select case p.role when 'ect' then induction.ended_on else r.became_ineligible_for_funding_on end as completed_on) as done
          ) as enrolments) as shown`,
};
