// The answer of a commit is lost with the connection to PostgreSQL: nobody knows whether it was committed, and it was
// (pipeline.md PL-10, PL-11, PL-32). Whoever committed looks again and finds it; nothing is done twice, and no client is
// told that nothing was accepted.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allIsWell, Client } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { Wire } from '../support/proxy.mjs';
import { startSystem } from '../support/system.mjs';

/** What PostgreSQL says to a session that is ended (ErrorResponse). */
const ended = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, fields]);
})();
const commits = ['intake', 'validation', 'payments'];
const patienceMs = 25_000; // then the front asks for itself (PL-51)
const system = await startSystem({ env: { ECF2_WAIT_LIMIT_MS: String(patienceMs) } });
const wires = {}; // of each of these to PostgreSQL
after(async () => {
  await system.stop();
  for (const wire of Object.values(wires)) wire.close();
});

const client = new Client(system);
let world, next = 0;

before(async () => {
  world = await loadWorld(system, { providers: 5, people: 100 });
  for (const worker of commits) {
    const folder = `${system.dir}/${worker}`;
    mkdirSync(folder);
    wires[worker] = new Wire(`${folder}/.s.PGSQL.5432`, `${system.cluster}/pg/.s.PGSQL.5432`);
    await system.kill(worker, 'SIGTERM');
    await system.start(worker, { ECF2_DATABASE: `host=${folder} port=5432 dbname=${system.database}` });
  }
});

for (const [where, lastWords] of [['with', undefined], ['behind', ended]]) {
  for (const worker of commits) {
    for (const times of worker === 'intake' ? [1, 4] : [1]) { // three in a row count as the record's own doing
      test(`${worker}: the connection ends ${where} the answer of a commit, ${times} times`, async () => {
        const person = world.people[next++], from = client.told.length;
        wires[worker].cutAt('COMMIT\0', { lastWords, times });
        const entry = await client.submit(person, declaration(person, 'started', worker === 'validation' && { declaration_date: '2999-01-01T00:00:00Z' }));
        assert.equal(wires[worker].cuts, times, 'it was not lost');
        assert.equal(entry.status, worker === 'validation' ? 422 : 200, JSON.stringify(entry.answer));
        assert.equal(client.told.length, from + 1, 'it had to be sent twice');
        assert.ok(entry.answeredAt - entry.sentAt < patienceMs / 2, `it was decided, and nobody said so for ${entry.answeredAt - entry.sentAt} ms`);
      });
    }
  }
}

test('all of it was accepted once and decided once, and nothing has failed', async () => {
  note('the answers of commits lost', { counts: await allIsWell(system, client) });
});
