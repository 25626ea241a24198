// Everything is killed once under load, and nothing is lost or done twice (architecture.md section 4, pipeline.md PL-10,
// PL-32, PL-41, PL-43, PL-44).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { declaration, loadWorld, types } from '../support/declarations.mjs';
import { allDecided, brokenInvariants, Client, count, inParallel, pollAll } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const persons = 300;
const perPerson = 7; // 2 100 declarations
const connections = 24;
const victims = ['validation', 'broker', 'intake', 'payments', 'front', 'eligibility', 'query', 'scheduler'];
const decidedWithinMs = 60_000;

// Whose answer was lost waits to the end of its patience (PL-51); not 25 s, in a test.
const system = await startSystem({ env: { ECF2_WAIT_LIMIT_MS: '5000' } });
after(() => system.stop());

/** What one person declares, in order: all types, some of them twice, some that cannot be accepted. */
function wishes(person, n) {
  return types.slice(0, perPerson).map((type, i) => {
    const turn = n + i;
    const body = turn % 11 === 5 ? declaration(person, type, { declaration_date: '2999-01-01T00:00:00Z' }) // 422: in the future
      : turn % 13 === 7 ? declaration(person, types[0]) // 422: declared already
        : declaration(person, type);
    return { body, prefer: turn % 2 === 0 ? 'respond-async' : turn % 5 === 0 ? 'wait=1' : undefined };
  });
}

// Names a rule that it must break, and how: a check that never fails checks nothing.
const sabotage = {
  'a submission is undecided': 'delete from submission_outcomes where submission_id = (select submission_id from submission_outcomes limit 1)',
  'an outcome without submission': 'delete from submissions where id = (select id from submissions limit 1)',
  'a success without its declaration': 'delete from declarations where id = (select min(id) from declarations)',
  'a declaration that no success made': 'update declarations set api_id = gen_random_uuid() where id = (select min(id) from declarations)',
  'two declarations of one submission': 'update declarations set submission_id = (select submission_id from declarations order by id desc limit 1) where id = (select min(id) from declarations)',
  'not exactly one event of a declaration': 'insert into events (event_type, heading, happened_at, author_type, declaration_id, submission_id) select event_type, heading, happened_at, author_type, declaration_id, submission_id from events limit 1',
  'not exactly one delivery of an outcome to an endpoint of its provider': 'delete from webhook_deliveries where id = (select id from webhook_deliveries limit 1)',
  'a delivery that no outcome of the provider made': 'update webhook_deliveries set webhook_endpoint_id = (select max(id) from webhook_endpoints) where id = (select d.id from webhook_deliveries as d where d.webhook_endpoint_id = (select min(id) from webhook_endpoints) limit 1)',
};

test('killed once each under load: everything answered 2xx is decided exactly once', async (t) => {
  const world = await loadWorld(system, { providers: 10, people: persons });
  const client = new Client(system);
  const all = persons * perPerson;

  const load = inParallel(world.people.entries(), connections, async ([n, person]) => {
    for (const { body, prefer } of wishes(person, n)) await client.submit(person, body, { prefer });
  });
  let loadEnded = false;
  load.finally(() => (loadEnded = true)).catch(() => {});

  const killing = (async () => {
    for (const [i, victim] of victims.entries()) {
      const enough = ((i + 0.5) / victims.length) * all;
      await until(`${enough} answers`, () => client.answered >= enough || loadEnded, 90_000);
      assert.ok(!loadEnded, `the load ended before ${victim} was killed: send more`);
      await system.kill(victim);
      await system.start(victim);
    }
    return performance.now();
  })();
  const [, lastKill] = await Promise.all([load, killing]);

  await allDecided(system, decidedWithinMs - (performance.now() - lastKill));
  const recoveryMs = performance.now() - lastKill;
  t.diagnostic(`decided ${Math.round(recoveryMs)} ms after the last kill`);
  t.diagnostic(client.summary);

  await t.test('what was answered is stored and decided, once and in order, as it was answered', async () => {
    const counts = await count(system, client);
    assert.deepEqual(counts.found, []);
    assert.ok(counts.pairs > 0);
    note(`killed once each, with nothing beside it to take over: ${victims.join(', ')}`, { counts, recoveryMs });
    assert.ok(client.answered >= all);
    for (const status of [200, 202, 422]) assert.ok(client.told.some((entry) => entry.status === status), `nothing was answered ${status}`);
  });

  await t.test('whoever asks later is told the same', async () => {
    assert.deepEqual(await pollAll(system, client.told), []);
  });

  await t.test('no stage has failed: a death is no error', async () => {
    const { rows } = await system.db.query('select stage, detail from submission_stages');
    assert.deepEqual(rows, []);
    assert.equal(system.ctl('dead', 'list').status, 0);
  });

  await t.test('these checks can fail', async () => {
    for (const [name, statement] of Object.entries(sabotage)) {
      await system.db.query('begin');
      await system.db.query('set local session_replication_role = replica');
      await system.db.query(statement);
      const broken = await brokenInvariants(system.db);
      await system.db.query('rollback');
      assert.ok(broken.some((one) => one.startsWith(name)), `${name}: not noticed, but ${broken}`);
    }
    const answered = client.told.find(({ status }) => status === 200);
    const changed = (more) => count(system, { told: client.told.map((entry) => (entry === answered ? { ...entry, ...more } : entry)) });
    assert.equal((await changed({ answer: {} })).wrong, 1);
    const renamed = await changed({ request: 'x' });
    assert.deepEqual([renamed.lost, renamed.found.length], [1, 2]);
  });
});
