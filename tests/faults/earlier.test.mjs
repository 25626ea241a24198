// An earlier submission of a person was accepted and is then forgotten by its broker; a later one is not. Whoever commits the
// later one finds the earlier undecided and gives it back, until that has been sent again and decided (architecture.md
// section 4, "order per person"; pipeline.md section 4, the look). What the brokers do to save work cannot help here.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allIsWell, Client, inParallel } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const pairs = 20;
const patienceMs = 60_000;
const system = await startSystem({ env: { ECF2_LOG_LEVEL: 'debug' } });
after(() => system.stop());

const { people } = await loadWorld(system, { providers: 5, people: pairs });
const client = new Client(system);

test('what was forgotten is decided first, though the later one comes first to each commit', async () => {
  const waiting = async () => (await system.metrics('broker')).get('ecf2_queue_depth{service="validation",class="async"}') ?? 0;
  await system.kill('scheduler', 'SIGTERM'); // nothing is sent again
  await system.kill('validation', 'SIGTERM');
  await inParallel(people, 8, (person) => client.submit(person, declaration(person, 'started'), { prefer: 'respond-async' }));
  await until('they do not gather', async () => (await waiting()) === pairs, patienceMs);
  await system.kill('broker');
  await system.start('broker');

  // Every second one is good, and committed by payments; the others by validation.
  const later = new Set();
  await inParallel(people.entries(), 8, async ([i, person]) => {
    const { location } = await client.submit(person, declaration(person, 'retained-1', i % 2 && { declaration_date: '2999-01-01T00:00:00Z' }), { prefer: 'respond-async' });
    later.add(location.split('/').at(-1));
  });
  await until('only the later ones gather', async () => (await waiting()) === pairs, patienceMs);
  await system.start('validation');
  await until('they come to no commit', async () => {
    const logs = system.logs('validation') + system.logs('payments');
    const tried = new Set([...logs.matchAll(/"event":"(?:given_back|submission_decided)",(?:"trace":"[^"]+",)?"submission":"([^"]+)"/g)].map(([, id]) => id));
    return [...later].every((id) => tried.has(id));
  }, patienceMs);
  await system.start('scheduler');

  const counts = await allIsWell(system, client, { ms: patienceMs });
  assert.equal(counts.pairs, pairs);
  note(`${pairs} that a broker forgot, each with a later one of the person that it did not`, { counts });
});
