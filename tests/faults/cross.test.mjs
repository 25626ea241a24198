// Two submissions that write about one person, in one batch, under two subjects: one was accepted before the person had a
// TRN, the other afterwards. The person belongs to the one accepted first; the other sees what it has done (pipeline.md
// PL-21, and section 4, step 3).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allIsWell, Client, inParallel } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const pairs = long ? 90 : 20; // all of them in one batch of 200

const system = await startSystem();
after(() => system.stop());

// From 2025 on declarations must stand in sequence (declarations.md 3.3, row 18): either of the two is good, not both.
const world = await loadWorld(system, { providers: 5, people: pairs, year: 2025 });
const client = new Client(system);
const first = (person) => declaration(person, 'started', { declaration_date: '2025-10-20T00:00:00Z' });
const second = (person) => declaration(person, 'retained-1', { declaration_date: '2025-10-10T00:00:00Z' });

/** The Teaching Record System gives (or has taken) the TRN; whoever writes it holds both of the person's locks. */
async function setTrn(person, trn) {
  const writer = await connect(system.cluster, system.database);
  await writer.query('begin');
  await writer.query('select pg_advisory_xact_lock_shared(0, 0)');
  await writer.query('select pg_advisory_xact_lock(1, hashtext(key)) from unnest($1::text[]) as key order by hashtext(key)', [[`teacher:${person.id}`, person.subject]]);
  await writer.query('update teachers set trn = $2::text, trnless = $2::text is null where id = $1', [person.id, trn]);
  await writer.query('commit');
  await writer.end();
}

test('the smaller accept_no keeps the person, the other one is decided afterwards, on what is there then', async () => {
  const entries = new Map();
  await inParallel(world.people, 4, (person) => setTrn(person, null));
  // Not there, and so with nothing in hand: they find all of it waiting, as one batch.
  for (const worker of ['validation', 'payments']) await system.kill(worker, 'SIGTERM');
  await inParallel(world.people, 8, async (person) => {
    const earlier = await client.submit(person, first(person), { prefer: 'respond-async' });
    await setTrn(person, person.subject.replace('trn:', ''));
    entries.set(person, [earlier, await client.submit(person, second(person), { prefer: 'respond-async' })]);
  });
  await system.start('validation');
  await until('they do not gather', async () => (await system.metrics('broker')).get('ecf2_queue_depth{service="payments",class="async"}') === 2 * pairs);
  await system.start('payments');

  const counts = await allIsWell(system, client);
  for (const [person, [earlier, later]] of entries) {
    const { rows } = await system.db.query(
      `select s.subject, o.http_status as status, o.body::text from submissions as s join submission_outcomes as o on o.submission_id = s.id
       where s.id = any ($1) order by s.accept_no`, [[earlier, later].map(({ location }) => location.split('/').at(-1))]);
    assert.deepEqual(rows.map(({ subject, status }) => [subject, status]), [[`teacher:${person.id}`, 200], [person.subject, 422]], rows[1].body);
    assert.match(rows[1].body, /`started` declaration of 2025-10-20/);
  }
  note(`${pairs} pairs that write about one person each, in one batch, under two subjects`, { counts });
});
