// payments.md 3.4 and 3.5, and W30 of declarations.md 11: month-end makes statements payable, `ecf2ctl statement authorise`
// pays them, what is voided then is clawed back by the next one. The tests walk through time, one behind the other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, ctlAt, london, schedulersAt } from './client.mjs';
import { A, C, participant, statement, world } from './world.mjs';

const autumn24 = '2024-10-20 10:00', finance = 'Finance.Person@education.gov.uk';
const first = statement(C, 2024, '2024-11'), next = statement(C, 2024, '2025-04');

let system, a, c;
const made = new Map();
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london(autumn24) } });
  [a, c] = [A, C].map((name) => new Provider(system, name));
  for (const [email, role, deactivated] of [[finance, 'finance', null], ['product@education.gov.uk', 'product_team', null], ['admin@education.gov.uk', 'admin', null], ['gone@education.gov.uk', 'finance', '2024-01-01']]) {
    await system.db.query('insert into users (email, name, role, deactivated_at) values ($1, $2, $3, $4)', [email, email, role, deactivated]);
  }
  for (const name of ['W30', 'authorise 1', 'authorise submitted', 'authorise voided']) made.set(name, await c.accepted(ect(name), { at: autumn24 }));
  made.set('authorise at once', await a.accepted(ect('authorise at once'), { at: autumn24 }));
  await c.voided(made.get('authorise voided').id, { at: autumn24 });
});
after(() => system?.stop());

const ect = (name) => ({ participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z' });
const shown = async (provider, id) => (await provider.get(`${DECLARATIONS}/${id}`)).body.data.attributes;
const shows = (attributes, expected) => assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, attributes[key]])), expected);
const one = async (text, ...values) => (await system.db.query(text, values)).rows[0];
const row = (id) => one('select * from statements where api_id = $1', id);
const events = async (type) => (await system.db.query('select * from events where event_type = $1 order by id', [type])).rows;
const authorise = (at, id, status, ...more) => ctlAt(system, at, ['statement', 'authorise', id, '--by', finance, '--assured', ...more], status);

/** Refused with a sentence, and nothing has changed. */
async function refused(at, id, reason, more = []) {
  const all = "select (select json_agg(s order by id) from statements s) as statements, (select json_agg(d order by id) from declarations d) as declarations, (select count(*) from events) as events";
  const before = await one(all);
  assert.match((await authorise(at, id, 1, ...more)).stderr, reason);
  assert.deepEqual(await one(all), before);
}

test('what is open is not authorised', () => refused('2024-10-20 10:00', first, /still open/));

test('nor what has nothing to pay, what is for services, what does not exist', async () => {
  await schedulersAt(system, '2024-11-01 00:30');
  assert.equal((await shown(c, made.get('W30').id)).state, 'payable');
  await refused('2024-11-20 10:00', statement(C, 2023, '2024-11'), /neither a payable declaration nor one that awaits clawback/);
  await refused('2024-11-20 10:00', statement(C, 2024, '2025-02'), /service fee/);
  await refused('2024-11-20 10:00', participant('W30'), /no such statement/);
  await refused('2024-10-31 10:00', first, /deadline has not passed/); // an operator whose clock is behind
});

test('nor by somebody who may not', async () => {
  for (const [email, reason] of [['nobody@education.gov.uk', /no member of staff/], ['gone@education.gov.uk', /deactivated/], ['admin@education.gov.uk', /only the roles finance and product_team/]]) {
    assert.match((await ctlAt(system, '2024-11-20 10:00', ['statement', 'authorise', first, '--by', email, '--assured'], 1)).stderr, reason);
  }
  for (const args of [['authorise'], ['authorise', first], ['authorise', first, '--by', finance], ['authorise', first, '--assured'], ['authorise', first, '--by'], ['pay', first, '--by', finance, '--assured']]) {
    const said = system.ctl('statement', ...args);
    assert.deepEqual([said.status, /usage: ecf2ctl statement authorise/.test(said.stderr)], [2, true], args.join(' '));
  }
  assert.match(system.ctl('statement', 'authorise', 'x', '--by', finance, '--assured').stderr, /x is not the id of a statement/);
  assert.equal((await row(first)).status, 'payable');
});

test('what is payable is paid, with its declarations', async () => {
  const before = await row(first);
  const said = await authorise('2024-11-20 10:00', first, 0);
  assert.match(said.stdout, /is authorised for payment: 2 declarations paid, 0 clawed back/);
  for (const name of ['W30', 'authorise 1']) {
    const now = await shown(c, made.get(name).id);
    shows(now, { state: 'paid', statement_id: first, clawback_statement_id: null, uplift_paid: true });
    assert.equal(now.updated_at.slice(0, 16), '2024-11-20T10:00');
  }
  assert.equal((await shown(c, made.get('authorise voided').id)).state, 'voided');
  assert.equal((await shown(c, made.get('authorise submitted').id)).state, 'submitted');
  assert.equal((await shown(a, made.get('authorise at once').id)).state, 'payable', 'another provider\'s');

  const moved = await row(first);
  assert.deepEqual([moved.status, moved.marked_as_paid_at.toISOString(), moved.marked_payable_at, moved.paid_calculation_id],
    ['paid', '2024-11-20T10:00:00.000Z', before.marked_payable_at, null]);
  assert.ok(moved.api_updated_at > before.api_updated_at && moved.api_updated_at.toISOString().startsWith('2024-11-20T10:00'));
  const user = await one('select * from users where email = $1', finance);
  const paid = await events('teacher_declaration_paid');
  const stored = (await system.db.query('select * from declarations where api_id = any($1) order by id', [['W30', 'authorise 1'].map((name) => made.get(name).id)])).rows;
  assert.deepEqual(paid.map(({ declaration_id }) => declaration_id).sort(), stored.map(({ id }) => id).sort());
  for (const event of paid) {
    assert.deepEqual([event.author_type, event.author_id, event.author_email, event.happened_at.toISOString()], ['dfe_staff_user', user.id, finance, '2024-11-20T10:00:00.000Z']);
    assert.ok(event.teacher_id && event.training_period_id && /started declaration was paid$/.test(event.heading));
  }
  const [authorised, ...rest] = await events('statement_authorised_for_payment');
  assert.deepEqual([rest, authorised.statement_id, authorised.lead_provider_id, authorised.author_id, authorised.metadata, authorised.heading],
    [[], moved.id, moved.lead_provider_id, user.id, { contract_period_year: 2024 }, `${C}'s statement of November 2024 was authorised for payment`]);
});

test('again: it says so, and changes nothing', async () => {
  const before = [await row(first), await events('teacher_declaration_paid'), await events('statement_authorised_for_payment')];
  assert.match((await authorise('2024-11-21 10:00', first, 0)).stdout, /was authorised for payment already/);
  assert.deepEqual([await row(first), await events('teacher_declaration_paid'), await events('statement_authorised_for_payment')], before);
});

test('two at once: one of them has done it', async () => {
  const id = statement(A, 2024, '2024-11');
  const said = await Promise.all(['product@education.gov.uk', finance].map((by) => ctlAt(system, '2024-11-20 10:00', ['statement', 'authorise', id, '--by', by, '--assured'])));
  assert.deepEqual(said.map(({ stdout }) => /1 declarations paid/.test(stdout)).sort(), [false, true]);
  assert.equal(said.filter(({ stdout }) => /authorised for payment already/.test(stdout)).length, 1);
  assert.equal((await events('statement_authorised_for_payment')).length, 2);
  assert.equal((await shown(a, made.get('authorise at once').id)).state, 'paid');
});

test('W30 what is paid and voided awaits clawback, and is clawed back when the next statement is paid', async () => {
  const at = { at: '2025-02-03 10:00' };
  const { id } = made.get('W30');
  shows(await c.voided(id, at), { state: 'awaiting-clawback', statement_id: first, clawback_statement_id: next, uplift_paid: true });
  const again = await c.accepted(ect('W30'), at);
  shows(again, { state: 'eligible', statement_id: next, clawback_statement_id: null });

  await schedulersAt(system, '2025-04-01 10:00');
  assert.equal((await shown(c, again.id)).state, 'payable');
  assert.equal((await shown(c, id)).state, 'awaiting-clawback', 'month-end leaves it');
  await refused('2025-04-10 10:00', next, /an earlier statement .* is payable and not yet paid/); // of January, which has nothing to pay
  const said = await authorise('2025-04-10 10:00', next, 0, '--despite-earlier');
  assert.match(said.stdout, /1 declarations paid, 1 clawed back/);
  shows(await shown(c, id), { state: 'clawed-back', statement_id: first, clawback_statement_id: next, uplift_paid: true });
  shows(await shown(c, again.id), { state: 'paid', statement_id: next });
  assert.deepEqual((await events('teacher_declaration_clawed_back')).map(({ declaration_id }) => declaration_id), [(await one('select id from declarations where api_id = $1', id)).id]);

  await c.notVoided(id, /refunded/, { at: '2025-04-11 10:00' });
  shows(await c.voided(again.id, { at: '2025-04-11 10:00' }), { state: 'awaiting-clawback', statement_id: next, clawback_statement_id: statement(C, 2024, '2025-08') });
});

test('a statement with nothing but clawbacks is paid too', async () => {
  const august = statement(C, 2024, '2025-08');
  await schedulersAt(system, '2025-08-01 10:00');
  assert.match((await authorise('2025-08-10 10:00', august, 0, '--despite-earlier')).stdout, /0 declarations paid, 1 clawed back/);
  assert.equal((await row(august)).status, 'paid');
  // Both of W30's are clawed back: the type is free again.
  shows(await c.accepted(ect('W30'), { at: '2025-08-10 10:00' }), { state: 'eligible', statement_id: statement(C, 2024, '2025-11') });
});

test('figures that were calculated are frozen by paying (DM-24): without them it is refused', async () => {
  const january = await row(statement(C, 2024, '2025-01'));
  await system.db.query(
    `with run as (insert into payment_runs (kind, scope, scope_digest, calculator_version, as_of) values ('recalculate', '{}', '\\x01', '1', now()) returning id)
     insert into statement_calculations (statement_id, version, kind, input_digest, calculator_version, inputs, breakdown, output_payment, mentor_output_payment, service_fee,
       uplift_payment, clawbacks, mentor_clawbacks, adjustments_total, subtotal, vat, total, total_exact, payment_run_id)
     select $1, 1, 'payable', decode(repeat('02', 32), 'hex'), '1', '{}', '{}', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, run.id from run`, [january.id]);
  await system.db.query(`begin; set local session_replication_role = replica; update declarations set payment_status = 'payable', payment_statement_id = ${january.id}
    where api_id = '${made.get('authorise submitted').id}'; commit`);
  await refused('2025-08-10 10:00', january.api_id, /paid on its calculation/, ['--despite-earlier']);
});
