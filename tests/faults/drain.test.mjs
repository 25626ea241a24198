// SIGTERM under load: who is asked to end finishes what it has (pipeline.md PL-56).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadWorld } from '../support/declarations.mjs';
import { allIsWell, Client, Load } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';

// Whatever got lost would wait so long that the client would notice.
const redriveMs = 30_000;
const system = await startSystem({
  brokers: 2,
  workers: { intake: 2, validation: 2, eligibility: 2, payments: 2, query: 2, scheduler: 1 },
  env: { ECF2_REDRIVE_MS: String(redriveMs) },
});
after(() => system.stop());

test('a worker that is asked to end finishes what it has: no death, nothing waits to be sent again', async (t) => {
  const world = await loadWorld(system, { providers: 5, people: 400 });
  const client = new Client(system);
  const load = new Load(client, world.people);
  for (const worker of ['intake', 'validation', 'eligibility', 'payments', 'query', 'scheduler']) {
    await load.more(50);
    await system.kill(worker, 'SIGTERM');
    const { code } = await system.processes.get(worker).ended;
    assert.equal(code, 0, worker);
    await load.more(20);
    await system.start(worker);
  }
  await load.more(50);
  await load.end();
  const counts = await allIsWell(system, client);
  assert.ok(counts.pairs > 0);
  for (const broker of ['broker', 'broker-2']) {
    const metrics = await system.metrics(broker);
    assert.equal(metrics.get('ecf2_broker_events_total{event="deaths"}') ?? 0, 0, `${broker} counted deaths`);
    assert.ok(metrics.get('ecf2_broker_events_total{event="handed_out"}') > 100);
  }
  assert.doesNotMatch(system.logs('scheduler'), /"event":"sent_again"/);
  const longest = Math.max(...client.told.map(({ sentAt, answeredAt }) => answeredAt - sentAt));
  t.diagnostic(`${client.summary}; the longest took ${Math.round(longest)} ms`);
  note('workers asked to end (SIGTERM), one of each type', { counts, remark: `the longest answer took ${(longest / 1000).toFixed(1)} s` });
  assert.ok(longest < redriveMs / 2, `${longest} ms`);
  assert.ok(client.told.every(({ status }) => [200, 202, 422].includes(status)), client.summary);
});
