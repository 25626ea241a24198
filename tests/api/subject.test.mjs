// A submission keeps the subject under which it was accepted; the person whom the facts name is found when it is decided.
// Where the two are no longer the same, both are locked, and it is decided all the same (pipeline.md PL-4, section 3, section 4).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { declaration, loadWorld, types } from '../support/declarations.mjs';
import { allDecided, Client, count, inParallel } from '../support/record.mjs';
import { startSystem } from '../support/system.mjs';

const system = await startSystem({ brokers: 2, workers: { intake: 2, validation: 2, eligibility: 2, payments: 2, query: 1, scheduler: 1 } });
after(() => system.stop());
const { people: [renamed, found, refused, ...others] } = await loadWorld(system, { providers: 1, people: 43 });
const client = new Client(system);

test('a TRN that changes, an id that nobody had, between accepted and decided', async () => {
  const unknown = randomUUID();
  for (const name of ['validation', 'validation-2']) await system.kill(name, 'SIGTERM');
  for (const [person, body] of [
    [renamed, declaration(renamed, 'started')],
    [found, declaration({ ...found, apiId: unknown }, 'started')],
    [refused, declaration(refused, 'started', { declaration_date: '2999-01-01T00:00:00Z' })],
  ]) assert.equal((await client.submit(person, body, { prefer: 'respond-async' })).status, 202);
  await system.db.query(`update teachers set trn = '7000001' where id = $1`, [renamed.id]);
  await system.db.query('update teachers set api_id = $2 where id = $1', [found.id, unknown]);
  await system.db.query(`update teachers set trn = '7000002' where id = $1`, [refused.id]);
  await system.start('validation');
  await allDecided(system, 60_000);
  const { rows } = await system.db.query(
    'select s.subject, o.http_status from submissions s join submission_outcomes o on o.submission_id = s.id order by s.accept_no');
  assert.deepEqual(rows, [
    { subject: renamed.subject, http_status: 200 },
    { subject: `declaration.create:${unknown}`, http_status: 200 },
    { subject: refused.subject, http_status: 422 },
  ]);
  assert.equal((await system.db.query('select count(*)::integer as n from submission_stages')).rows[0].n, 0, 'nothing erred on the way');
});

test("with two brokers one person's work meets at one, in order: nobody is given back for an earlier one (section 7)", async () => {
  const events = async (name, event) => (await system.metrics(name)).get(`ecf2_broker_events_total{event="${event}"}`) ?? 0;
  const total = async (event) => (await events('broker', event)) + (await events('broker-2', event));
  const before = { returned: await total('returned'), first: await events('broker', 'forwarded'), second: await events('broker-2', 'forwarded') };
  // Of one person the next is sent when the one before was answered: two at once may be committed in either order, and
  // then one of them is rightly given back.
  await inParallel(others, 20, async (person) => {
    for (const type of types) await client.submit(person, declaration(person, type), { prefer: 'respond-async' });
  });
  await allDecided(system, 60_000);
  await new Promise((resolve) => setTimeout(resolve, 1_200)); // a broker sets what /metrics tells once a second
  assert.deepEqual((await count(system, client)).found.filter((text) => !/nobody has sent|is not on its statement/.test(text)), []);
  assert.equal((await total('returned')) - before.returned, 0);
  assert.ok((await events('broker', 'forwarded')) > before.first && (await events('broker-2', 'forwarded')) > before.second, 'both brokers have their part');
});
