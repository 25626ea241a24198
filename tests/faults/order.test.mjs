// Order per person, with two of everything (architecture.md section 4, pipeline.md PL-3 to PL-5): what was acknowledged
// before another submission of the same person was received is decided before it. What the client saw is the measure.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { allDecided, brokenInvariants, Client, declaration, discrepancies, inParallel, loadWorld, types } from '../support/declarations.mjs';
import { startSystem } from '../support/system.mjs';

const persons = 50;
const perPerson = 60; // 3 000 submissions
const chains = 2; // of each person: within a chain everything is ordered, between the two only what did not overlap

const system = await startSystem({
  brokers: 2,
  fronts: 2,
  workers: { intake: 2, validation: 2, eligibility: 2, payments: 2, query: 1, scheduler: 1 },
});
after(() => system.stop());

/** The n-th thing that one person declares: each type once, and between them what is refused by validation. */
function wish(person, n) {
  const type = types[Math.floor(n / 6) % types.length];
  return n % 6 === 0 ? declaration(person, type) : declaration(person, type, { declaration_date: '2999-01-01T00:00:00Z' });
}

/** Pairs [before, after] of one person that were decided the other way round than the client saw them accepted. */
function outOfOrder(entries, key) {
  const wrong = [];
  for (const before of entries) {
    for (const later of entries) {
      if (before.answeredAt < later.sentAt && before[key] >= later[key]) wrong.push([before, later]);
    }
  }
  return wrong;
}

test('decided in the order in which the client saw them accepted', async (t) => {
  const world = await loadWorld(system, { providers: 10, people: persons });
  const client = new Client(system);
  const work = world.people.flatMap((person) => Array.from({ length: chains }, (_, chain) => ({ person, chain })));

  await inParallel(work, work.length, async ({ person, chain }) => {
    for (let n = chain; n < perPerson; n += chains) await client.submit(person, wish(person, n), { prefer: 'respond-async' });
  });
  await allDecided(system, 30_000);
  t.diagnostic(client.summary);

  assert.deepEqual(await discrepancies(system.db, client.told), []);
  assert.deepEqual(await brokenInvariants(system.db), []);

  const { rows } = await system.db.query(
    `select s.trace_id, s.subject, s.accept_no::float8 as accept_no, o.decided_no::float8 as decided_no, o.http_status as status
     from submissions as s join submission_outcomes as o on o.submission_id = s.id`,
  );
  const stored = new Map(rows.map((row) => [row.trace_id, row]));
  const entries = client.told.filter(({ status }) => status === 202).map((entry) => ({ ...entry, ...stored.get(entry.request) }));
  assert.equal(entries.length, persons * perPerson);
  let pairs = 0;
  for (const [subject, ofPerson] of Map.groupBy(entries, (entry) => entry.subject)) {
    assert.deepEqual(outOfOrder(ofPerson, 'accept_no'), [], `${subject} was accepted in another order`);
    assert.deepEqual(outOfOrder(ofPerson, 'decided_no'), [], `${subject} was decided in another order`);
    pairs += ofPerson.reduce((n, before) => n + ofPerson.filter((later) => before.answeredAt < later.sentAt).length, 0);
    // The other way round this check must find nearly all of them.
    assert.ok(outOfOrder(ofPerson.map((entry) => ({ ...entry, decided_no: -entry.decided_no })), 'decided_no').length > 100);
  }
  t.diagnostic(`${pairs} ordered pairs`);
  assert.ok(entries.some((entry) => entry.status === 200) && entries.some((entry) => entry.status === 422));

  await t.test('both brokers and both of each worker had part in it', async () => {
    for (const broker of ['broker', 'broker-2']) assert.ok((await system.metrics(broker)).get('ecf2_broker_events_total{event="handed_out"}') > 100, broker);
    for (const worker of ['intake', 'validation', 'payments']) {
      for (const one of [worker, `${worker}-2`]) assert.ok([...(await system.metrics(one))].some(([name, n]) => /ecf2_worker_batch_size_count/.test(name) && n > 10), one);
    }
  });
});
