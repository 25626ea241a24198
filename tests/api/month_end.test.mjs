// payments.md 3.4: statements past their deadline become payable, with their eligible declarations, once, whoever leads.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, london, schedulersAt } from './client.mjs';
import { A, C, participant, statement, world } from './world.mjs';

let system, a, c;
const made = new Map();
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1, scheduler: 2 }, env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  [a, c] = [A, C].map((name) => new Provider(system, name));
  const ect = (name, more) => ({
    participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...more,
  });
  for (const name of ['month end 1', 'month end 2', 'month end submitted']) made.set(name, await a.accepted(ect(name)));
  made.set('month end D', await c.accepted(ect('month end D')));
  const retained = { declaration_type: 'retained-1', declaration_date: '2025-01-15T09:00:00Z', evidence_held: 'other' };
  made.set('month end late', await a.accepted(ect('month end late', retained), { at: '2025-02-03 10:00' })); // A24/2025-04
});
after(() => system?.stop());

const state = async (name) => (await (name === 'month end D' ? c : a).get(`${DECLARATIONS}/${made.get(name).id}`)).body.data.attributes.state;
const statements = async (where, ...values) => (await system.db.query(
  `select l.name, s.contract_period_year as cohort, s.year || '-' || lpad(s.month::text, 2, '0') as month, s.* from statements s
     join lead_providers l on l.id = s.lead_provider_id where ${where} order by s.deadline_date, s.id`, values)).rows;
const events = async (type) => (await system.db.query('select * from events where event_type = $1 order by id', [type])).rows;
test('on the deadline nothing moves', async () => {
  await schedulersAt(system, '2024-10-31 23:59');
  assert.deepEqual(await statements("s.status = 'open' and s.fee_type = 'output' and s.deadline_date < '2024-10-31'"), []);
  assert.deepEqual((await statements('s.api_id = $1', statement(A, 2024, '2024-11'))).map(({ status }) => status), ['open']);
  assert.equal(await state('month end 1'), 'eligible');
  assert.deepEqual(await events('teacher_declaration_payable'), []);
});

test('the day after, statements and their eligible declarations are payable', async () => {
  const before = new Map((await statements('true')).map((row) => [row.api_id, row]));
  await schedulersAt(system, '2024-11-01 00:30');
  for (const name of ['month end 1', 'month end 2', 'month end D']) assert.equal(await state(name), 'payable', name);
  for (const name of ['month end submitted', 'month end late']) assert.equal(await state(name), made.get(name).state, name);
  assert.equal((await a.get(`${DECLARATIONS}/${made.get('month end 1').id}`)).body.data.attributes.statement_id, statement(A, 2024, '2024-11'));

  const [moved] = await statements('s.api_id = $1', statement(A, 2024, '2024-11'));
  assert.deepEqual([moved.status, moved.marked_payable_at.toISOString()], ['payable', '2024-11-01T00:30:00.000Z']);
  assert.ok(moved.api_updated_at > before.get(moved.api_id).api_updated_at, 'updated_at of the statement moves');

  const declared = await events('teacher_declaration_payable');
  const { rows } = await system.db.query('select id from declarations where api_id = any($1)', [['month end 1', 'month end 2', 'month end D'].map((name) => made.get(name).id)]);
  assert.deepEqual(declared.map((event) => event.declaration_id).sort(), rows.map(({ id }) => id).sort());
  for (const event of declared) {
    assert.deepEqual([event.author_type, event.author_name, event.happened_at.toISOString()], ['system', null, '2024-11-01T00:30:00.000Z']);
    assert.ok(event.teacher_id && event.training_period_id && event.heading.includes('payable'));
  }
  const concluded = (await events('statement_marked_payable')).filter((event) => event.statement_id === moved.id);
  assert.equal(concluded.length, 1);
});

test('service statements stay open', async () => {
  assert.deepEqual(await statements("s.fee_type = 'service' and s.status <> 'open'"), []);
});

test('missed days are caught up, each statement once', async () => {
  await schedulersAt(system, '2025-04-01 10:00'); // five months later
  assert.equal(await state('month end late'), 'payable');
  assert.deepEqual(await statements("s.status = 'open' and s.fee_type = 'output' and s.deadline_date < '2025-04-01'"), []);
  assert.deepEqual(await statements("s.status <> 'open' and s.deadline_date >= '2025-04-01'"), []);
  const payable = await statements("s.status = 'payable'");
  const concluded = await events('statement_marked_payable');
  assert.equal(new Set(concluded.map((event) => event.statement_id)).size, concluded.length, 'one event a statement');
  assert.deepEqual(concluded.map((event) => event.statement_id).sort(), payable.map(({ id }) => id).sort());
  const declared = await events('teacher_declaration_payable');
  assert.equal(declared.length, 4);
});

test('again, with other leaders, changes nothing', async () => {
  const before = [await statements('true'), await events('statement_marked_payable'), await events('teacher_declaration_payable')];
  await system.db.query("update job_runs set last_due_at = '2024-01-01' where job = 'statements_payable'");
  await schedulersAt(system, '2025-04-01 10:00');
  assert.deepEqual([await statements('true'), await events('statement_marked_payable'), await events('teacher_declaration_payable')], before);
});

test('one scheduler leads; when it dies the other one does', async () => {
  const leaders = async () => (await system.db.query(
    "select distinct a.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory' and a.usename = 'ecf2_scheduler' and a.datname = current_database()")).rows;
  const [first, ...others] = await until('a leader', async () => { const rows = await leaders(); return rows.length > 0 && rows; });
  assert.deepEqual(others, []);
  // Which process it is, the job's log line tells: it leads, so it has worked off what was due.
  const leader = system.named('scheduler').map(([name]) => name).filter((name) => system.logs(name).trimEnd().split('\n').some((line) => /"job_done"|event=job_done/.test(line))).pop();
  const [name] = system.named('scheduler').find(([one]) => one === leader) ?? system.named('scheduler')[0];
  await system.kill(name);
  await until('another leader', async () => { const rows = await leaders(); return rows.length === 1 && (rows[0].pid !== first.pid || system.named('scheduler').length === 1) && rows; });
  assert.equal(system.named('scheduler').length, 1);
});

test('a declaration made meanwhile goes onto the next statement', async () => {
  const made = await a.accepted({ participant_id: participant('untouched'), course_identifier: 'ecf-induction', declaration_type: 'retained-1', declaration_date: '2025-01-15T09:00:00Z', evidence_held: 'other' },
    { at: '2025-03-30 10:00' }); // a front whose clock is behind: its deadline has not passed, but the statement is payable
  assert.deepEqual([made.state, made.statement_id], ['eligible', statement(A, 2024, '2025-08')]);
});
