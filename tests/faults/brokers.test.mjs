// A broker that dies with the work of clients that wait for their answer: the front asks again, so that they are answered
// long before the end of their patience (pipeline.md PL-50, PL-51 and section 7).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, allIsWell, Client } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const patienceMs = 25_000; // how long a client waits at most (ECF2_WAIT_LIMIT_MS)
const boundMs = 10_000; // 3 s, the pipeline, and room for a busy machine
const waiting = 24;

const system = await startSystem({ brokers: 2, wires: true, env: { ECF2_WAIT_LIMIT_MS: String(patienceMs) } });
after(() => system.stop());

const world = await loadWorld(system, { providers: 5, people: 100 });
const client = new Client(system);
let next = 0;

const loseWhatTheFrontIsTold = () => system.wires.front.forEach((wire) => wire.lose('fromBroker'));
const mend = () => system.wires.front.forEach((wire) => wire.mend());

/** How many copies of submissions came to brokers or intakes, among what they received. */
const copiesMet = async () => {
  const counts = await Promise.all(system.named('broker').map(([broker]) => system.metrics(broker)));
  const stored = (await system.db.query('select count(*)::integer as n from submissions')).rows[0].n;
  return counts.reduce((sum, metrics) => sum + metrics.get('ecf2_broker_events_total{event="received"}'), 0) - stored;
};

/** Clients wait; their submissions lie at the brokers, for nobody decides. `meanwhile` happens to the broker; then they are
 *  decided. Gives how long the client waited who waited longest, from when they could be decided, and the entries. */
async function answeredAfter(meanwhile, then) {
  const held = async (broker) => (await system.metrics(broker)).get('ecf2_queue_depth{service="payments",class="wait"}') ?? 0;
  const from = client.told.length;
  system.pause('payments');
  const all = Array.from({ length: waiting }, () => world.people[next++]).map((person) => client.submit(person, declaration(person, 'started')));
  await until('they do not gather at both brokers', async () => {
    const depths = await Promise.all(['broker', 'broker-2'].map(held));
    return Math.min(...depths) >= 1 && depths[0] + depths[1] >= waiting / 2;
  });
  await meanwhile();
  const now = performance.now();
  system.proceed('payments');
  await then?.();
  const entries = await Promise.all(all);
  return { from, entries, longestMs: Math.max(...entries.map(({ answeredAt }) => answeredAt)) - now };
}

async function answeredInTime(fault, t, meanwhile, afterwards, then) {
  const { from, entries, longestMs } = await answeredAfter(meanwhile, then);
  await afterwards?.();
  t.diagnostic(`the longest waited ${Math.round(longestMs)} ms`);
  const counts = await allIsWell(system, client, { from });
  note(fault, { counts, remark: `the client who waited longest was answered after ${(longestMs / 1000).toFixed(1)} s, of ${patienceMs / 1000} s of patience` });
  assert.deepEqual(entries.map(({ status }) => status), entries.map(() => 200), client.summary);
  assert.ok(longestMs < boundMs, `${longestMs} ms`);
}

test('a broker dies with the work of clients that wait: the other one has it, and they are answered', (t) =>
  answeredInTime('a broker killed with the work of waiting clients', t, () => system.kill('broker'), async () => {
    await system.start('broker');
    await system.ready();
  }));

test('it is started again at once, and knows of nothing: they are answered', (t) =>
  answeredInTime('a broker killed with the work of waiting clients, and started again at once', t, async () => {
    await system.kill('broker');
    await system.start('broker');
  }));

test('their answers are lost: they are told again', (t) =>
  answeredInTime('the answers of waiting clients lost', t, loseWhatTheFrontIsTold, undefined, async () => {
    await allDecided(system, 60_000);
    mend();
  }));

test('acknowledgements are lost: the same id is sent again, accepted once, and acknowledged', async () => {
  const from = client.told.length, copies = await copiesMet();
  loseWhatTheFrontIsTold();
  const all = Array.from({ length: waiting }, () => world.people[next++]).map((person) => client.submit(person, declaration(person, 'started'), { prefer: 'respond-async' }));
  // A broker that nothing is heard of is silent to the front after some seconds, and is sent nothing: where a busy machine
  // has sent nothing again by then, the front hears for a moment.
  let lostAt = performance.now();
  await until('nothing is sent again', async () => {
    if ((await copiesMet()) >= copies + waiting) return true;
    if (performance.now() - lostAt > 2500) {
      mend();
      await system.ready();
      loseWhatTheFrontIsTold();
      lostAt = performance.now();
    }
    return false;
  });
  mend();
  const entries = await Promise.all(all);
  assert.deepEqual(entries.map(({ status }) => status), entries.map(() => 202), client.summary);
  const counts = await allIsWell(system, client, { from });
  assert.deepEqual([counts.sent, counts.doubled], [waiting, 0]);
  note('acknowledgements lost until the ids were sent again', { counts });
});
