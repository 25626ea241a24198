// One declaration, accepted, judged and written in one transaction, as a service on pg would do it: prepared statements
// on a client of a pool. The tables, their rows and columns are those that ours writes.
import { randomBytes, randomUUID } from 'node:crypto';

const find = {
  name: 'find',
  text: `
    select t.id as teacher_id, t.api_id as teacher_api_id, 'trn:' || t.trn as subject,
           coalesce(t.corrected_name, concat_ws(' ', t.trs_first_name, t.trs_last_name)) as teacher_name,
           r.first_became_eligible_for_training_at, tp.id as training_period_id, tp.contract_period_year, tp.started_on, tp.finished_on,
           tp.withdrawn_at, tp.deferred_at, s.identifier as schedule, cp.payments_frozen_at, cp.detailed_evidence_types_enabled,
           lp.name as lead_provider_name, dp.id as delivery_partner_id, dp.api_id as delivery_partner_api_id,
           m.start_date, m.milestone_date, st.id as statement_id, st.api_id as statement_api_id, st.deadline_date,
           mp.id as mentorship_id, mentor.api_id as mentor_api_id, hook.id as webhook_endpoint_id,
           (select json_agg(json_build_object('type', d.declaration_type, 'date', d.declaration_date, 'id', d.api_id))
              from declarations d
             where d.teacher_id = t.id and d.role = 'ect' and d.payment_status in ('no_payment', 'eligible', 'payable', 'paid')
               and d.clawback_status = 'no_clawback') as existing
      from teachers t
      join training_records r on r.teacher_id = t.id and r.role = 'ect'
      join lead_providers lp on lp.id = $2
      left join lateral (select * from training_periods p
                          where p.teacher_id = t.id and p.role = 'ect' and p.lead_provider_id = $2
                          order by p.started_on desc, p.id desc limit 1) tp on true
      left join schedules s on s.id = tp.schedule_id
      left join contract_periods cp on cp.year = tp.contract_period_year
      left join school_partnerships sp on sp.id = tp.school_partnership_id
      left join delivery_partnerships dps on dps.id = sp.delivery_partnership_id
      left join delivery_partners dp on dp.id = dps.delivery_partner_id
      left join milestones m on m.schedule_id = tp.schedule_id and m.declaration_type = $3
      left join lateral (select * from statements st
                          where st.lead_provider_id = $2 and st.contract_period_year = tp.contract_period_year
                            and st.fee_type = 'output' and st.status = 'open' and st.deadline_date >= current_date
                          order by st.deadline_date limit 1) st on true
      left join lateral (select * from mentorship_periods mp
                          where mp.ect_school_period_id = tp.school_period_id
                          order by mp.started_on limit 1) mp on true
      left join teachers mentor on mentor.id = mp.mentor_teacher_id
      left join webhook_endpoints hook on hook.lead_provider_id = $2 and hook.disabled_at is null and 'submission.decided' = any (hook.event_kinds)
     where t.api_id = $1`,
};
const insertSubmission = {
  name: 'insert_submission',
  text: `insert into submissions (id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, subject, as_of, trace_id, payload,
                                  request_digest)
         values ($1, uuid_v7_time($1), 'declaration.create', 'lead_provider', $2, $2, $3, $4, $5, $1::text, $6, $7)`,
};
const insertOutcome = {
  name: 'insert_outcome',
  text: `insert into submission_outcomes (submission_id, accepted_at, decided_at, result, http_status, body, resource_type, resource_api_id,
                                          decided_no, facts, rules_version)
         values ($1, uuid_v7_time($1), clock_timestamp(), $2, $3, $4, $5, $6, nextval('accept_no_seq'), $7, 1) returning decided_no`,
};
const insertDeclaration = {
  name: 'insert_declaration',
  text: `insert into declarations (api_id, training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type,
                                   declaration_date, evidence_type, payment_status, payment_statement_id, mentorship_period_id,
                                   delivery_partner_when_created_id, submission_id, decided_no, created_at, updated_at)
         values ($1, $2, $3, 'ect', $4, $5, $6, $7, $8, 'eligible', $9, $10, $11, $12, $13, $14, $14) returning id`,
};
const insertEvent = {
  name: 'insert_event',
  text: `insert into events (event_type, heading, happened_at, author_type, author_name, submission_id, teacher_id, lead_provider_id,
                             declaration_id)
         values ('teacher_declaration_created', $1, $2, 'lead_provider_api', $3, $4, $5, $6, $7)`,
};

const insertDelivery = {
  name: 'insert_delivery',
  text: `insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id, trace_id)
         values ($1, uuid_v7_time($1), $2, 'submission.decided', $3::uuid, $3::uuid::text)`,
};

export function uuidV7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function errorsOf(found, attributes) {
  const fails = (title, detail) => [{ title, detail }];
  if (!found) return fails('participant_id', 'there is no such participant');
  if (!found.training_period_id) return fails('participant_id', 'it is not a participant of yours');
  const declared = new Date(attributes.declaration_date);
  if (declared > new Date()) return fails('declaration_date', 'it is in the future');
  if (!found.start_date) return fails('declaration_type', 'the schedule does not have it');
  if (declared < found.start_date || (found.milestone_date && declared > found.milestone_date)) return fails('declaration_date', 'it is outside the milestone');
  if (found.withdrawn_at && found.withdrawn_at <= declared) return fails('participant_id', 'the participant was withdrawn');
  if (found.payments_frozen_at && found.payments_frozen_at <= new Date()) return fails('cohort', 'the contract has ended');
  if (found.existing?.some(({ type }) => type === attributes.declaration_type)) return fails('declaration_type', 'it was declared already');
  if (!found.statement_id) return fails('cohort', 'no statement is open');
  return undefined;
}

const bodyOf = (id, found, attributes, now) => JSON.stringify({
  data: {
    id,
    type: 'participant-declaration',
    attributes: {
      participant_id: found.teacher_api_id, declaration_type: attributes.declaration_type, declaration_date: attributes.declaration_date,
      course_identifier: attributes.course_identifier, mentor_id: found.mentor_api_id, state: 'eligible', updated_at: now, created_at: now,
      delivery_partner_id: found.delivery_partner_api_id, statement_id: found.statement_api_id, clawback_statement_id: null,
      ineligible_for_funding_reason: null, uplift_paid: false, evidence_held: attributes.evidence_held, lead_provider_name: found.lead_provider_name,
    },
  },
});

/** Accepts and decides; gives { status, body }. client: of a pool; body: as parsed; digest: SHA-256 of it. */
export async function declare(client, { provider, body, text, digest, mode }) {
  const { attributes } = body.data;
  const id = uuidV7();
  const now = new Date();
  await client.query('begin');
  try {
    const { rows: [found] } = await client.query({ ...find, values: [attributes.participant_id, provider, attributes.declaration_type] });
    await client.query({ ...insertSubmission, values: [id, provider, mode, found?.subject ?? `declaration.create:${attributes.participant_id}`, now, text, digest] });
    const tell = async () => found?.webhook_endpoint_id && client.query({ ...insertDelivery, values: [uuidV7(), found.webhook_endpoint_id, id] });
    const errors = errorsOf(found, attributes);
    const facts = JSON.stringify(found ?? {});
    if (errors) {
      const answer = JSON.stringify({ errors });
      await client.query({ ...insertOutcome, values: [id, 'rejected', 422, answer, null, null, facts] });
      await tell();
      await client.query('commit');
      return { status: 422, body: answer };
    }
    const apiId = randomUUID();
    const answer = bodyOf(apiId, found, attributes, now);
    const { rows: [outcome] } = await client.query({ ...insertOutcome, values: [id, 'succeeded', 200, answer, 'participant-declaration', apiId, facts] });
    const { rows: [made] } = await client.query({
      ...insertDeclaration,
      values: [apiId, found.training_period_id, found.teacher_id, provider, found.contract_period_year, attributes.declaration_type,
        attributes.declaration_date, attributes.evidence_held, found.statement_id, found.mentorship_id, found.delivery_partner_id, id, outcome.decided_no, now],
    });
    const heading = `${attributes.declaration_type} declaration ${apiId}, eligible, of ${found.teacher_name} created by ${found.lead_provider_name}`;
    await client.query({ ...insertEvent, values: [heading, now, found.lead_provider_name, id, found.teacher_id, provider, made.id] });
    await tell();
    await client.query('commit');
    return { status: 200, body: answer };
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
