// Actions of participants that meet others in the middle of their commit (pipeline.md section 4): validation, where they end,
// judges on facts, takes the locks, and looks at the facts again. Who changes them under the same locks comes first, and the
// action is decided on what is left; or waits until it is committed. Where an outcome stands there in spite of all locks,
// nothing of what the action wrote does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { root } from '../support/cluster.mjs';
import { loadWorld } from '../support/declarations.mjs';
import { inTransactions, stopCommits, waits } from '../support/moments.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const takeLocks = readFileSync(`${root}common/sql/take_locks.sql`, 'utf8');
const system = await startSystem();
after(() => system.stop());

const one = async (query, ...values) => (await system.db.query(query, values)).rows[0];
const course_identifier = 'ecf-induction';
const withdrawal = { action: 'withdraw', attributes: { reason: 'other', course_identifier } };
const resumption = { action: 'resume', attributes: { course_identifier }, set: (c) => system.db.query(
  `update training_periods set withdrawn_at = '2025-07-31T12:00:00Z', withdrawal_reason = 'other', finished_on = '2025-07-31' where teacher_id = $1`, [c.person.id]) };
const change = { action: 'change-schedule', attributes: { schedule_identifier: 'ecf-standard-april', course_identifier } };

// ---- what changes: { run: under the person's lock and his provider's list, or the gate, first / later: what is expected }

const rejected = (rule) => (c) => assert.deepEqual([c.outcome.http_status, c.outcome.fired], [422, [`lead-provider-api.md ${rule}`]]);
const trained = (c) => system.db.query(`select finished_on::text, withdrawal_reason, schedule_id::text from training_periods where teacher_id = $1 order by started_on`, [c.person.id]).then(({ rows }) => rows);
const withdrawn = async (c) => assert.deepEqual([c.outcome.http_status, (await trained(c))[0].withdrawal_reason], [200, 'other']);
const changes = {
  'a withdrawal by somebody else': {
    ...withdrawal,
    run: (session, { person }) => session.query(`update training_periods set withdrawn_at = now(), withdrawal_reason = 'moved_school', finished_on = current_date where teacher_id = $1`, [person.id]),
    first: rejected('5.2/W3'), later: withdrawn,
  },
  'an earlier end of the training': {
    ...withdrawal,
    run: (session, { person }) => session.query(`update training_periods set finished_on = '2025-07-31' where teacher_id = $1`, [person.id]),
    first: async (c) => assert.deepEqual([c.outcome.http_status, (await trained(c))[0].finished_on], [200, '2025-07-31']),
    later: withdrawn,
  },
  'other training that begins': {
    ...resumption,
    run: (session, { person }) => session.query(
      `insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme) select school_period_id, teacher_id, role, school_id, current_date + 1, 'school_led' from training_periods where teacher_id = $1`, [person.id]),
    first: rejected('5.4/overlap'),
    later: async (c) => assert.deepEqual([c.outcome.http_status, (await trained(c)).length], [200, 2]),
    isRefusedLater: true, // by the database: two trainings do not share a day
  },
  'the schedule already': {
    ...change,
    run: (session, { person }) => session.query('update training_periods set schedule_id = $2 where teacher_id = $1', [person.id, otherSchedule]),
    first: rejected('5.5/C4'),
    later: async (c) => assert.deepEqual([c.outcome.http_status, (await trained(c)).map(({ schedule_id }) => schedule_id === otherSchedule)], [200, [false, true]]),
  },
  'a contract period closed': {
    ...change, gate: true,
    run: (session) => session.query("update contract_periods set payments_frozen_at = '2025-01-01'"),
    unset: () => one('update contract_periods set payments_frozen_at = null'),
    first: rejected('5.5/C9'),
    later: (c) => assert.equal(c.outcome.http_status, 200),
  },
};
const steps = {
  'at the look': { stop: 'lock table submission_dead_letters in access exclusive mode', at: 'relation' },
  'at the write': { stop: 'lock table training_periods in share mode', at: 'relation' },
  'before the commit': { stop: 'select pg_advisory_xact_lock(99, 0)', at: 'advisory' },
};

let world, otherSchedule, used = 0;
before(async () => {
  const all = Object.keys(changes).length * (1 + Object.keys(steps).length) + 2;
  world = await loadWorld(system, { providers: all, people: all });
  otherSchedule = (await one("insert into schedules (contract_period_year, identifier) values (2024, 'ecf-standard-april') returning id::text")).id;
  await stopCommits(system, ['validation']);
});

async function begin(kind) {
  const c = { person: world.people[used++] };
  await kind.set?.(c);
  return c;
}

async function submit({ action, attributes }, c) {
  const { status, headers, text } = await system.request('PUT', `/api/v3/participants/${c.person.apiId}/${action}`, { token: c.person.provider.token, body: { data: { attributes } }, headers: { prefer: 'respond-async' } });
  assert.equal(status, 202, text);
  c.id = headers.get('location').split('/').at(-1);
}

const outcomeOf = (c) => until(`${c.id} is not decided`, () => one('select http_status, fired, body from submission_outcomes where submission_id = $1', c.id));

const takeLocksOf = (kind, session, { person }) => (kind.gate ? session.query('select pg_advisory_xact_lock(0, 0)')
  : session.query(takeLocks, [[person.subject], [3], [person.provider.id], [true]]));

for (const [name, kind] of Object.entries(changes)) {
  test(`${kind.action}: ${name}, at the locks: it was first`, () => inTransactions(system, ['changer'], async ({ changer }) => {
    const c = await begin(kind);
    await takeLocksOf(kind, changer, c);
    await submit(kind, c);
    await waits(system, 'validation', 'advisory'); // it was judged on the old facts
    await kind.run(changer, c);
    await changer.query('commit');
    c.outcome = await outcomeOf(c);
    await kind.first(c);
    await kind.unset?.();
  }));

  for (const [step, { stop, at }] of Object.entries(steps)) {
    test(`${kind.action}: ${name}, ${step}: it waits until the action is committed`, () => inTransactions(system, ['keeper', 'stopper', 'changer'], async ({ keeper, stopper, changer }) => {
      const c = await begin(kind);
      await keeper.query('select pg_advisory_xact_lock(1, hashtext($1))', [c.person.subject]);
      await submit(kind, c);
      await waits(system, 'validation', 'advisory');
      await stopper.query(stop);
      await keeper.query('commit');
      await waits(system, 'validation', at);
      const { rows: [{ pid }] } = await changer.query('select pg_backend_pid()::text as pid');
      const locked = takeLocksOf(kind, changer, c);
      await waits(system, pid, 'advisory');
      await stopper.query('commit');
      await locked;
      c.outcome = await outcomeOf(c);
      await kind.later(c);
      if (kind.isRefusedLater) await assert.rejects(kind.run(changer, c), { code: '23P01' });
      else await kind.run(changer, c);
      await changer.query('rollback');
    }));
  }
}

// PL-32, the backstop: who writes an outcome without the subject's lock is wrong; then nothing happens twice all the same.
test('an outcome that comes between the look and the write undoes the rows, and is told', () => inTransactions(system, ['keeper', 'stopper'], async ({ keeper, stopper }) => {
  const c = await begin(withdrawal), neighbour = await begin(withdrawal);
  await keeper.query('select pg_advisory_xact_lock(1, hashtext($1)), pg_advisory_xact_lock(1, hashtext($2))', [c.person.subject, neighbour.person.subject]);
  await submit(withdrawal, c);
  await submit(withdrawal, neighbour);
  await waits(system, 'validation', 'advisory');
  await stopper.query('lock table training_periods in share mode');
  await keeper.query('commit');
  await waits(system, 'validation', 'relation');
  await system.db.query(`insert into submission_outcomes (submission_id, accepted_at, result, http_status, body, decided_no) select id, accepted_at, 'failed', 500, '{"errors":[]}', nextval('accept_no_seq') from submissions where id = $1`, [c.id]);
  await stopper.query('commit');
  neighbour.outcome = await outcomeOf(neighbour);
  await withdrawn(neighbour);
  await until('it is still in hand', async () => (await system.db.query("select from pg_stat_activity where usename = 'ecf2_validation' and datname = current_database() and state <> 'idle'")).rowCount === 0);
  c.outcome = await outcomeOf(c);
  assert.equal(c.outcome.http_status, 500);
  assert.deepEqual(await trained(c), [{ finished_on: null, withdrawal_reason: null, schedule_id: (await trained(c))[0].schedule_id }]);
  assert.equal((await system.db.query('select from events where teacher_id = $1', [c.person.id])).rowCount, 0);
  assert.equal((await system.db.query('select from submission_stages where submission_id in ($1, $2)', [c.id, neighbour.id])).rowCount, 0);
}));

test('each is decided once', async () => {
  const { rows: [{ n, decided }] } = await system.db.query('select count(*)::int as n, (select count(*)::int from submission_outcomes) as decided from submissions');
  assert.equal(decided, n);
  note(`facts of actions changed at each of ${1 + Object.keys(steps).length} steps of the commit: ${Object.keys(changes).join(', ')}`, { counts: {}, remark: `${n} cases` });
});
