// declarations.md section 11, case by case, over HTTP. (W29, W31 and W32: void.test.mjs; W30: authorise.test.mjs.)
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { Provider, ctlAt, london } from './client.mjs';
import { A, B, C, D, participant, statement, world } from './world.mjs';

let system, a, b, c, d;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  [a, b, c, d] = [A, B, C, D].map((name) => new Provider(system, name));
});
after(() => system?.stop());

const ect = (name, declaration_type, declaration_date, evidence_held) => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type, declaration_date, ...(evidence_held && { evidence_held }),
});
const mentor = (...args) => ({ ...ect(...args), course_identifier: 'ecf-mentor' });

const row = async (id) => (await system.db.query('select * from declarations where api_id = $1', [id])).rows[0];
const events = async (id) => (await system.db.query(
  `select e.* from events e join declarations d on d.submission_id = e.submission_id where d.api_id = $1 order by e.id`, [id])).rows;
const teacher = async (name) => (await system.db.query('select * from teachers where api_id = $1', [participant(name)])).rows[0];
const many = async (name) => Number((await system.db.query(
  'select count(*) from declarations d join teachers t on t.id = d.teacher_id where t.api_id = $1', [participant(name)])).rows[0].count);

/** What a declaration without mentor completion leaves behind. */
async function onlyDeclared(name, made) {
  const written = await events(made.id);
  assert.deepEqual(written.map((event) => [event.event_type, event.author_type, event.author_name]),
    [['teacher_declaration_created', 'lead_provider_api', made.lead_provider_name]]);
  const [event] = written;
  const stored = await row(made.id);
  assert.deepEqual([event.teacher_id, event.lead_provider_id, event.declaration_id], [stored.teacher_id, stored.lead_provider_id, stored.id]);
  assert.equal(event.happened_at.toISOString(), stored.created_at.toISOString());
}

const shows = (made, expected) => assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, made[key]])), expected);

test('W01 started without evidence is eligible on A24/2024-11, with the school\'s uplift', async () => {
  const before = await teacher('W01');
  const made = await a.accepted(ect('W01', 'started', '2024-10-07T09:00:00Z'), { at: '2024-10-20 10:00' });
  shows(made, {
    participant_id: participant('W01'), declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', course_identifier: 'ecf-induction',
    mentor_id: null, state: 'eligible', statement_id: statement(A, 2024, '2024-11'), clawback_statement_id: null, ineligible_for_funding_reason: null,
    uplift_paid: false, evidence_held: null, lead_provider_name: A, created_at: '2024-10-20T09:00:00Z',
  });
  const stored = await row(made.id);
  assert.deepEqual([stored.pupil_premium_uplift, stored.sparsity_uplift, stored.evidence_type, stored.payment_status], [true, false, null, 'eligible']);
  await onlyDeclared('W01', made);
  const now = await teacher('W01');
  assert.deepEqual([now.api_updated_at, now.updated_at], [before.api_updated_at, before.updated_at], 'creation does not touch the participant');
});

test('W02 any evidence for started is dropped in 2024', async () => {
  const made = await a.accepted(ect('W02', 'started', '2024-10-07T09:00:00Z', 'one-term-induction'), { at: '2024-10-20 10:00' });
  shows(made, { state: 'eligible', evidence_held: null, statement_id: statement(A, 2024, '2024-11') });
});

test('W03 somebody without marker is submitted, without statement', async () => {
  const made = await a.accepted(ect('W03', 'started', '2024-10-07T09:00:00Z'), { at: '2024-10-20 10:00' });
  shows(made, { state: 'submitted', statement_id: null });
  assert.equal((await row(made.id)).payment_status, 'no_payment');
  await onlyDeclared('W03', made);
});

test('W04 a deadline today still counts', async () => {
  const made = await a.accepted(ect('W04', 'retained-1', '2025-01-15T09:00:00Z', 'other'), { at: '2025-03-31 10:00' });
  shows(made, { state: 'eligible', statement_id: statement(A, 2024, '2025-04'), evidence_held: 'other' });
  assert.equal((await row(made.id)).pupil_premium_uplift, false, 'uplifts are for started only');
});

test('W05 the deadline ends at midnight of London', async () => {
  const made = await a.accepted(ect('W05', 'retained-1', '2025-01-15T09:00:00Z', 'other'), { at: '2025-04-01 00:30' });
  shows(made, { state: 'eligible', statement_id: statement(A, 2024, '2025-08') });
});

test('W06 the window begins at midnight', async () => {
  const at = { at: '2025-02-01 10:00' };
  await a.rejected(ect('W06', 'retained-1', '2024-12-31T23:59:59Z', 'other'), ['declaration_date'], at);
  shows(await a.accepted(ect('W06', 'retained-1', '2025-01-01T00:00:00Z', 'other'), at), { state: 'eligible' });
});

test('W07 the last second of the window is London\'s', async () => {
  shows(await a.accepted(ect('W07', 'retained-1', '2025-03-31T22:59:59Z', 'other'), { at: '2025-04-10 10:00' }), { declaration_date: '2025-03-31T22:59:59Z' });
});

test('W08 and a second later it has ended', async () => {
  await a.rejected(ect('W08', 'retained-1', '2025-03-31T23:00:00Z', 'other'), ['declaration_date'], { at: '2025-04-10 10:00' });
  assert.equal(await many('W08'), 0);
});

test('W09 retained-1 needs evidence', async () => {
  await a.rejected(ect('W09', 'retained-1', '2025-01-15T09:00:00Z'), ['evidence_held'], { at: '2025-02-01 10:00' });
});

test('W10 and evidence of its contract period', async () => {
  await a.rejected(ect('W10', 'retained-1', '2025-01-15T09:00:00Z', 'materials-engaged-with-offline'), ['evidence_held'], { at: '2025-02-01 10:00' });
});

test('W11 started needs evidence from 2025 on', async () => {
  await a.rejected(ect('W11', 'started', '2025-10-06T09:00:00Z'), ['evidence_held'], { at: '2025-10-20 10:00' });
});

test('W12 retained-2 of 2025 needs 75 % engagement', async () => {
  const at = { at: '2026-05-20 10:00' };
  await a.rejected(ect('W12', 'retained-2', '2026-05-06T09:00:00Z', 'training-event-attended'), ['evidence_held'], at);
  const made = await a.accepted(ect('W12', 'retained-2', '2026-05-06T09:00:00Z', '75-percent-engagement-met'), at);
  shows(made, { state: 'eligible', statement_id: statement(A, 2025, '2026-08'), evidence_held: '75-percent-engagement-met' });
});

test('W13 mentors of 2025 have no retained-1', async () => {
  await a.rejected(mentor('W13', 'retained-1', '2026-02-06T09:00:00Z', 'other'), ['declaration_type'], { at: '2026-02-20 10:00' });
});

test('W14 a mentor\'s completed ends funding and training', async () => {
  const before = await teacher('W14');
  const made = await a.accepted(mentor('W14', 'completed', '2026-04-20T09:00:00Z', '75-percent-engagement-met'), { at: '2026-04-25 10:00' });
  shows(made, { state: 'eligible', statement_id: statement(A, 2025, '2026-08'), course_identifier: 'ecf-mentor' });

  const { rows: [record] } = await system.db.query(
    `select became_ineligible_for_funding_on::text as day, became_ineligible_for_funding_reason as reason, first_became_eligible_for_training_at as marker
       from training_records where teacher_id = $1 and role = 'mentor'`, [before.id]);
  assert.deepEqual([record.day, record.reason, record.marker.toISOString()],
    ['2026-04-20', 'completed_declaration_received', '2025-09-10T09:00:00.000Z']);
  const { rows: [period] } = await system.db.query('select id, finished_on::text as day from training_periods where teacher_id = $1', [before.id]);
  assert.equal(period.day, '2026-04-20');
  const { rows: [schoolPeriod] } = await system.db.query('select id, school_id, finished_on from school_periods where teacher_id = $1', [before.id]);
  assert.equal(schoolPeriod.finished_on, null, 'the mentor stays at the school');

  const written = await events(made.id);
  assert.deepEqual(written.map((event) => event.event_type).sort(),
    ['mentor_completion_status_change', 'teacher_declaration_created', 'teacher_finishes_training_period']);
  const change = written.find((event) => event.event_type === 'mentor_completion_status_change');
  assert.deepEqual(change.modifications, [
    "Became ineligible for funding on set to '20 Apr 2026'",
    "Became ineligible for funding reason set to 'completed_declaration_received'",
  ]);
  const finished = written.find((event) => event.event_type === 'teacher_finishes_training_period');
  assert.deepEqual([finished.training_period_id, finished.school_period_id, finished.school_id], [period.id, schoolPeriod.id, schoolPeriod.school_id]);

  const now = await teacher('W14');
  assert.ok(now.api_updated_at > before.api_updated_at, 'the participant\'s updated_at has moved');
  // "2026-04-25": the clock of this front, whatever the machine's time is
  assert.equal(now.api_updated_at.toISOString().slice(0, 16), '2026-04-25T09:00');
});

test('W15 extended-1 does not exist on standard schedules', async () => {
  await a.rejected(ect('W15', 'extended-1', '2026-04-20T09:00:00Z', 'other'), ['declaration_type'], { at: '2026-04-25 10:00' });
});

test('W16 the same again is refused (lead-provider-api.md 3.11/2)', async () => {
  const attributes = ect('W16', 'started', '2024-10-07T09:00:00Z');
  await a.accepted(attributes, { at: '2024-10-20 10:00' });
  await a.rejected(attributes, ['declaration_type'], { at: '2024-10-21 10:00' });
  assert.equal(await many('W16'), 1);
});

/** Everything of a statement is paid, as the finance console would have it (later issues); without its calculation. */
async function pay(api_id) {
  await system.db.query(`
    begin; set local session_replication_role = replica;
    update statements set status = 'paid', marked_payable_at = '2024-11-01T00:00:00Z', marked_as_paid_at = '2024-11-20T00:00:00Z' where api_id = '${api_id}';
    update declarations set payment_status = 'paid' where payment_status = 'eligible' and payment_statement_id = (select id from statements where api_id = '${api_id}');
    commit`);
}

test('W17 a paid started of the earlier provider stops the later one\'s', async () => {
  const first = await c.accepted(ect('W17', 'started', '2024-10-07T09:00:00Z'), { at: '2024-10-20 10:00' });
  await pay(statement(C, 2024, '2024-11'));
  shows((await c.get(`/api/v3/participant-declarations/${first.id}`)).body.data.attributes, { state: 'paid', uplift_paid: true });
  await d.rejected(ect('W17', 'started', '2024-11-07T09:00:00Z'), ['declaration_type'], { at: '2025-03-01 10:00' });
  // lead-provider-api.md 7.1: the later provider sees it
  assert.equal((await d.get(`/api/v3/participant-declarations/${first.id}`)).status, 200);
});

test('W18 the earlier provider may declare on its finished period', async () => {
  const made = await c.accepted(ect('W18', 'retained-1', '2025-01-20T09:00:00Z', 'other'), { at: '2025-03-01 10:00' });
  shows(made, { state: 'eligible', statement_id: statement(C, 2024, '2025-04'), lead_provider_name: C });
  const { rows: [period] } = await system.db.query(
    'select started_on::text as day from training_periods t join declarations d on d.training_period_id = t.id where d.api_id = $1', [made.id]);
  assert.equal(period.day, '2024-09-02');
});

test('W19 now is allowed, a second later is not', async () => {
  const at = { at: '2024-10-20 10:00' };
  await a.rejected(ect('W19', 'started', '2024-10-20T09:00:01Z'), ['declaration_date'], at);
  await a.accepted(ect('W19', 'started', '2024-10-20T09:00:00Z'), at);
});

test('W20 a space is no separator', async () => {
  await a.rejected(ect('W20', 'started', '2024-10-07 09:00:00'), ['declaration_date'], { at: '2024-10-20 10:00' });
});

test('W21 somebody else\'s participant, in the future (lead-provider-api.md 3.2/7)', async () => {
  await b.rejected(ect('W21', 'started', '2024-12-07T09:00:00Z'), ['declaration_date', 'participant_id'], { at: '2024-10-20 10:00' });
});

test('W22 an ECT is no mentor', async () => {
  await a.rejected(mentor('W22', 'started', '2024-10-07T09:00:00Z'), ['course_identifier'], { at: '2024-10-20 10:00' });
});

test('W23 from the instant of withdrawal on nothing can be declared', async () => {
  const at = { at: '2025-03-01 10:00' };
  const answer = await a.rejected(ect('W23', 'retained-1', '2025-02-10T10:00:00Z', 'other'), ['participant_id'], at);
  assert.match(answer.body.errors[0].detail, /2025-02-10T10:00:00Z/, 'quotes the instant');
  await a.accepted(ect('W23', 'retained-1', '2025-02-10T09:59:59Z', 'other'), at);
});

test('W24 a deferral stops nothing', async () => {
  shows(await a.accepted(ect('W24', 'retained-1', '2025-02-20T10:00:00Z', 'other'), { at: '2025-03-01 10:00' }), { state: 'eligible' });
});

test('W25 nobody in a frozen contract period can be declared for', async () => {
  const answer = await a.rejected(ect('W25', 'completed', '2024-05-10T10:00:00Z', 'other'), ['cohort'], { at: '2025-10-01 10:00' });
  assert.match(answer.body.errors[0].detail, /2022/);
});

test('W26 no open statement: stops the eligible, nobody else', async () => {
  const at = { at: '2025-10-01 10:00' };
  const answer = await b.rejected(ect('W26', 'extended-1', '2025-09-10T10:00:00Z', 'other'), ['cohort'], at);
  assert.match(answer.body.errors[0].detail, /2023/);
  shows(await b.accepted(ect('W26 not eligible', 'extended-1', '2025-09-10T10:00:00Z', 'other'), at), { state: 'submitted', statement_id: null });
});

test('W27 declarations of 2025 follow the sequence', async () => {
  await a.accepted(ect('W27', 'started', '2025-10-20T09:00:00Z', 'other'), { at: '2025-10-20 10:00' });
  const at = { at: '2026-02-01 10:00' };
  await a.rejected(ect('W27', 'retained-1', '2025-10-19T09:00:00Z', 'other'), ['declaration_date'], at);
  await a.accepted(ect('W27', 'retained-1', '2025-10-20T09:00:00Z', 'other'), at);
});

test('W28 an induction that is recorded makes what was submitted eligible', async () => {
  const made = await a.accepted(ect('W28', 'started', '2024-10-07T09:00:00Z'), { at: '2024-10-20 10:00' });
  shows(made, { state: 'submitted', statement_id: null });
  await system.db.query("insert into appropriate_bodies (name, body_type) values ('The Body', 'national')");
  await ctlAt(system, '2024-12-03 10:00', ['induction', 'record', participant('W28'), '--appropriate-body', 'The Body', '--from', '2024-09-02']);
  const { rows: [{ marker }] } = await system.db.query(
    'select first_became_eligible_for_training_at as marker from training_records r join teachers t on t.id = r.teacher_id where t.api_id = $1', [participant('W28')]);
  assert.equal(marker.toISOString(), '2024-12-03T10:00:00.000Z');
  const { status, body } = await a.get(`/api/v3/participant-declarations/${made.id}`, { at: '2024-12-03 10:00' });
  assert.equal(status, 200);
  shows(body.data.attributes, { state: 'eligible', statement_id: statement(A, 2024, '2025-01'), created_at: made.created_at });
});
