// Queues that are full, and one provider's flood beside another one's single requests (architecture.md section 4, "bounded
// everywhere" and "fair"; pipeline.md PL-13, PL-14).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { declaration, loadWorld, types } from '../support/declarations.mjs';
import { allDecided, allIsWell, Client, inParallel } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const limit = 100; // undecided ones of a class
const atOnce = 8; // persons beside the flood
const batch = 200; // at most, of a worker (ECF2_BATCH_SIZE)
const flood = long ? 10_000 : 1500; // undecided ones of the provider who floods

const env = { ECF2_LIMIT_ASYNC: String(limit), ECF2_LIMIT_WAIT: String(limit) };
const narrow = await startSystem({ env });
after(() => narrow.stop());
// Both before the first test: while the file waits for something between two tests, the runner may take the first one for the
// last, and end what after() names.
const wide = await startSystem({ fronts: 2 });
after(() => wide.stop());

test('a full queue: 503 before acceptance, and nothing is lost afterwards', async () => {
  const world = await loadWorld(narrow, { providers: 5, people: 6 * limit });
  const client = new Client(narrow);
  await narrow.kill('payments', 'SIGTERM');
  const send = (people, prefer) => inParallel(people, 50, (person) => client.send(person, declaration(person, 'started'), { prefer }));
  await send(world.people.slice(0, 3 * limit), 'respond-async');
  const of = (status, list = client.told) => list.filter((entry) => entry.status === status);
  assert.ok(of(202).length > limit / 2 && of(202).length <= limit, client.summary);
  assert.equal(of(503).length, 3 * limit - of(202).length, client.summary);
  assert.ok(of(503).every(({ location, answer }) => location === undefined && /Nothing was accepted/.test(JSON.stringify(answer))));

  // Those who wait have a limit of their own, and whoever reads is served.
  const asynchronous = client.told.length, [first] = of(202);
  await send(world.people.slice(3 * limit, 5 * limit), 'wait=1');
  const waited = client.told.slice(asynchronous);
  assert.ok(of(202, waited).length > limit / 2 && of(202, waited).length <= limit, client.summary);
  assert.equal((await narrow.request('GET', first.location, { token: first.provider.token })).status, 200);

  const now = performance.now();
  await narrow.start('payments');
  await until('nothing is taken again', async () => (await client.send(world.people[5 * limit], declaration(world.people[5 * limit], 'started'))).status === 200);
  await allDecided(narrow, 60_000);
  const recoveryMs = performance.now() - now, counts = await allIsWell(narrow, client);
  note(`a queue full at ${limit} undecided`, { counts, recoveryMs, remark: `${of(503).length} refused with 503 before acceptance` });
});

const percentile = (values, p) => values.toSorted((a, b) => a - b)[Math.ceil((p / 100) * values.length) - 1];

test('a flood of one provider beside single requests of another', async (t) => {
  const world = await loadWorld(wide, { providers: 2, people: 2 * flood });
  const [flooding, single] = world.providers.map((provider) => world.people.filter((person) => person.provider === provider));
  const client = new Client(wide);
  let next = 0;
  /** Single requests of some persons at the same time, each one after the other, every second one waiting: how long each took
   *  until it was decided. */
  const singly = async (whileTrue) => {
    const took = [];
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let n = 0; whileTrue(took.length); n++) {
        const person = single[next++], start = performance.now();
        const { location } = await client.submit(person, declaration(person, 'started'), { prefer: n % 2 ? undefined : 'respond-async' });
        if (location) await wide.decided(location, person.provider.token, 60_000);
        took.push(performance.now() - start);
      }
    }));
    return took;
  };
  const alone = await singly((n) => n < (long ? 1000 : 100));

  // What the flood has not had decided yet lies at payments: there everybody has to pass it.
  await wide.kill('payments', 'SIGTERM');
  await inParallel(flooding, 64, (person) => client.submit(person, declaration(person, 'started'), { prefer: 'respond-async' }));
  await wide.start('payments');
  const start = performance.now();
  let isFlooded = true;
  const more = inParallel(flooding, 64, async (person) => isFlooded && client.submit(person, declaration(person, types[1]), { prefer: 'respond-async' }));
  const drained = until('the flood is not decided', async () => (await wide.db.query(
    "select from submissions as s where caller_id = $1 and payload -> 'fields' ->> 'declaration_type' = 'started' and not exists (select from submission_outcomes as o where o.submission_id = s.id) limit 1",
    [world.providers[0].id])).rowCount === 0, 300_000).finally(() => (isFlooded = false));
  const beside = await singly(() => isFlooded);
  await drained;
  const drainedMs = performance.now() - start;
  await more;

  const p99 = [alone, beside].map((took) => percentile(took, 99)), p50 = [alone, beside].map((took) => percentile(took, 50));
  const ms = (i) => `${Math.round(p50[i])} and ${Math.round(p99[i])} ms`;
  const text = `p50 and p99 of the other's requests, ${atOnce} at a time: ${ms(0)} alone (${alone.length}), ${ms(1)} beside the flood (${beside.length}; the flood took ${(drainedMs / 1000).toFixed(1)} s)`;
  t.diagnostic(text);
  const counts = await allIsWell(wide, client, { ms: 300_000 });
  note(`a flood of ${flood} undecided of one provider beside single requests of another`, { counts, remark: text });
  assert.ok(beside.length >= (long ? 100 : 2 * atOnce), text);
  // Whoever has to pass the flood waits for all of it; of few requests the slowest says little.
  assert.ok((long ? p99 : p50)[1] < drainedMs / 2, text);
  // At each of four stages one may stand behind a batch that is in hand, and then be in one itself.
  const batchMs = (batch * drainedMs) / flood;
  if (long) assert.ok(p99[1] < p99[0] + 2 * 4 * batchMs, `${text}; a batch takes ${Math.round(batchMs)} ms`);
});
