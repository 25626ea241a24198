// Order per person, with several of everything (architecture.md section 4, pipeline.md PL-3 to PL-5): what was acknowledged
// before another submission of the same person was received is decided before it. What the client saw is the measure.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadWorld, wish } from '../support/declarations.mjs';
import { allDecided, allIsWell, Client, inParallel, orderOf } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';

// Many for few people, many for many, and hardly two for anybody.
const runs = long
  ? [{ persons: 50, all: 20_000 }, { persons: 300, all: 20_000 }, { persons: 18_000, all: 20_000 }]
  : [{ persons: 50, all: 1000 }, { persons: 300, all: 600 }, { persons: 540, all: 600 }];
const chains = 2; // of each person: within a chain everything is ordered, between the two only what did not overlap
const connections = 100;

const each = long ? 4 : 2;
const system = await startSystem({
  brokers: 2,
  fronts: 2,
  workers: { intake: each, validation: each, eligibility: each, payments: each, query: 1, scheduler: 1 },
});
after(() => system.stop());

const world = await loadWorld(system, { providers: 10, people: runs.reduce((sum, { persons }) => sum + persons, 0) });
const client = new Client(system);
let used = 0;

/** `all` submissions of these people, as evenly as it goes: [person, [numbers of its chain]]. */
function chainsOf(people, all) {
  const most = Math.ceil(all / people.length), withMost = all - (most - 1) * people.length;
  return people.flatMap((person, i) => {
    const wishes = Array.from({ length: i < withMost ? most : most - 1 }, (_, n) => n);
    const parts = most < 2 * chains ? [wishes] : Array.from({ length: chains }, (_, chain) => wishes.filter((n) => n % chains === chain));
    return parts.map((numbers) => [person, numbers]);
  });
}

for (const { persons, all } of runs) {
  test(`${all} submissions of ${persons} people are decided in the order in which the client saw them accepted`, async (t) => {
    const from = client.told.length;
    const people = world.people.slice(used, used += persons);
    await inParallel(chainsOf(people, all), connections, async ([person, numbers]) => {
      for (const n of numbers) await client.submit(person, wish(person, n), { prefer: 'respond-async' });
    });
    const sent = performance.now();
    await allDecided(system, 120_000);
    const recoveryMs = performance.now() - sent, counts = await allIsWell(system, client, { from });
    assert.equal(counts.accepted, all, client.summary);
    assert.ok(counts.pairs >= all / 10);
    note(`order: ${each} workers of each type, 2 brokers, ${persons} subjects`, { counts, recoveryMs });
    t.diagnostic(`${counts.pairs} ordered pairs`);
  });
}

test('the other way round the check finds nearly all of them', () => {
  const entries = Array.from({ length: 100 }, (_, n) => ({ sentAt: n, answeredAt: n + 0.5, no: n }));
  assert.deepEqual([orderOf(entries).pairs, orderOf(entries).wrong.length], [4950, 0]);
  assert.equal(orderOf(entries.map((entry) => ({ ...entry, no: -entry.no }))).wrong.length, 99);
});

test('of whom nobody was told that it was accepted comes behind others, and nobody behind it', () => {
  const told = { sentAt: 0, answeredAt: 1, no: 10 }, untold = { sentAt: 2, answeredAt: Infinity, no: 5 }, last = { sentAt: 4, answeredAt: 5, no: 11 };
  assert.deepEqual([orderOf([told, untold, last]).pairs, orderOf([told, untold, last]).wrong], [2, [untold]]);
  assert.deepEqual(orderOf([told, { ...untold, no: 12 }, last]).wrong, []);
});

test('who comes later may be decided first while the earlier one rests, and neither before nor afterwards', () => {
  const earlier = { sentAt: 0, answeredAt: 1, no: 10, decidedAt: 100, rests: [[20, 30], [50, 60]] };
  const wrongAt = (decidedAt) => orderOf([earlier, { sentAt: 2, answeredAt: 3, no: 5, decidedAt, rests: [] }]).wrong.length;
  assert.deepEqual([10, 25, 40, 55, 70].map(wrongAt), [1, 0, 1, 0, 1]);
});

test('both brokers and all of the workers had part in it', async () => {
  for (const broker of ['broker', 'broker-2']) assert.ok((await system.metrics(broker)).get('ecf2_broker_events_total{event="handed_out"}') > 100, broker);
  for (const worker of ['intake', 'validation', 'payments']) {
    for (const [one] of system.named(worker)) assert.ok([...(await system.metrics(one))].some(([name, n]) => /ecf2_worker_batch_size_count/.test(name) && n > 10), one);
  }
});
