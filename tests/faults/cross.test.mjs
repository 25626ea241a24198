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
const world = await loadWorld(system, { providers: 5, people: pairs + 1, year: 2025 });
const client = new Client(system);
const people = world.people.slice(0, pairs);
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
  await inParallel(people, 4, (person) => setTrn(person, null));
  // Not there, and so with nothing in hand: they find all of it waiting, as one batch.
  for (const worker of ['validation', 'payments']) await system.kill(worker, 'SIGTERM');
  await inParallel(people, 8, async (person) => {
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

test('a person who gets a TRN between decision and commit is decided under the lock of it too', async () => {
  const person = world.people[pairs], sessions = await Promise.all(['giver', 'other'].map(() => connect(system.cluster, system.database)));
  const [giver, other] = sessions, key = 'select pg_advisory_xact_lock(1, hashtext($1))';
  const waitsOrHasDecided = (entry) => until('payments neither waits for the lock nor decides', async () => (await system.db.query(
    `select 'waits' as what from pg_locks join pg_stat_activity as a using (pid) where not granted and locktype = 'advisory' and a.datname = current_database()
       and a.application_name like 'payments-%' and (classid, objid) = (1, (select hashtext($1)::bigint & 4294967295)::oid)
     union all
     select 'has decided' from submission_outcomes where submission_id = $2`, [person.subject, entry.location.split('/').at(-1)])).rows[0]?.what);
  try {
    await setTrn(person, null);
    for (const session of sessions) await session.query('begin');
    await giver.query(key, [`teacher:${person.id}`]);
    await other.query(key, [person.subject]); // whoever decides something under the person's TRN at that moment
    const entry = await client.submit(person, first(person), { prefer: 'respond-async' });
    await until('payments does not wait for the person', async () => (await system.db.query(
      `select from pg_locks join pg_stat_activity as a using (pid) where not granted and locktype = 'advisory' and a.datname = current_database() and a.application_name like 'payments-%'`)).rowCount > 0);
    await giver.query('update teachers set trn = $2::text, trnless = false where id = $1', [person.id, person.subject.replace('trn:', '')]);
    await giver.query('commit');
    assert.equal(await waitsOrHasDecided(entry), 'waits', 'decided without it');
    await other.query('commit');
    assert.equal((await system.decided(entry.location, person.provider.token)).response.status, 200);
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
});
