// The scheduler that leads stands still, and stays so: another one leads, and what was forgotten meanwhile is sent again
// (pipeline.md PL-43). Its lock is its session's, which PostgreSQL has to end: the kernel keeps the connection alive.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, allIsWell, Client, inParallel } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const patienceMs = 60_000;
const system = await startSystem({ workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1, scheduler: 2 } });
after(() => system.stop());

const world = await loadWorld(system, { providers: 5, people: 20 });
const client = new Client(system);

/** The schedulers that say that they lead; who stands still says nothing. */
async function leaders() {
  const seen = await Promise.all(system.named('scheduler').map(async ([name]) => {
    const answer = await Promise.race([system.metrics(name), new Promise((resolve) => setTimeout(resolve, 500))]).catch(() => undefined);
    return answer?.get('ecf2_scheduler_leads') === 1 ? name : undefined;
  }));
  return seen.filter(Boolean);
}

test('a leader that stands still for good loses the lead, and what was forgotten is decided', async () => {
  const [leader] = await until('nobody leads', async () => { const found = await leaders(); return found.length === 1 && found; }, patienceMs);
  const waiting = async () => (await system.metrics('broker')).get('ecf2_queue_depth{service="validation",class="async"}') ?? 0;
  await system.kill('validation', 'SIGTERM');
  system.pause(leader);
  const stoodAt = performance.now();
  await inParallel(world.people, 8, (person) => client.submit(person, declaration(person, 'started'), { prefer: 'respond-async' }));
  await until('they do not gather', async () => (await waiting()) === world.people.length, patienceMs);
  await system.kill('broker'); // and with it all that it knew
  await system.start('broker');
  await system.start('validation');
  await allDecided(system, patienceMs);
  const recoveryMs = performance.now() - stoodAt;
  assert.ok((await leaders()).length === 1 && !(await leaders()).includes(leader), 'it was decided without another leader');
  system.proceed(leader);
  const counts = await allIsWell(system, client);
  await until('two lead, or nobody', async () => (await leaders()).length === 1, patienceMs);
  note('the leading scheduler stopped (SIGSTOP) for good, and a broker that forgets all it has', { counts, recoveryMs });
});
