// Whatever is sent to any operation of front/openapi.yaml: the answer is one that is documented for it, and in its shape, never 500, 502
// or 504; nothing is half done, and the service goes on (style.md: no 500 for anything that a client can send). Requests follow
// from the document and a seed (support/hostile.mjs), which is told: ECF2_TEST_SEED=… makes them again. HOSTILE=50000 tests/run
// api/hostile sends so many, of another seed each time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { document as theDocument, hold } from '../support/contract.mjs';
import { aims, endSending, hostile, send, sentFields } from '../support/hostile.mjs';
import { random } from '../support/mutations.mjs';
import { allDecided, inParallel } from '../support/record.mjs';
import { startSystem } from '../support/system.mjs';
import { london } from './client.mjs';
import { A, B, world } from './world.mjs';

const many = Number(process.env.HOSTILE ?? 4000), together = 100, connections = 16;
const seed = Number(process.env.ECF2_TEST_SEED ?? (process.env.HOSTILE ? Date.now() % 1_000_000 : 20260201));
const document = theDocument();

let system, pool;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00'), ECF2_LOG_LEVEL: 'warning' } });
  pool = await aims(system, document, [A, B].map((name) => system.token(name)));
});
after(async () => {
  endSending();
  await system?.stop();
});

/** What moves when something is done: the newest of every stamp that readers are shown, and how many records there are. */
async function state() {
  const { rows } = await system.db.query(
    `select c.relname as relation, a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attname ~ '^api_.*updated_at$' and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1, 2`);
  assert.ok(rows.length >= 5, 'there are such stamps');
  const all = [...rows.map(({ relation, name }) => `('${relation}.${name}', (select max(${name})::text || ' of ' || count(*) from ${relation}))`), "('events', (select count(*)::text from events))"];
  return Object.fromEntries((await system.db.query(`values ${all.join(',')}`)).rows.map(({ column1, column2 }) => [column1, column2]));
}

const successes = async () => (await system.db.query("select count(*)::integer as n from submission_outcomes where result = 'succeeded'")).rows[0].n;

const seen = new Map(), done = new Map();
const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);

async function attack(i, isDoomed) {
  const dice = random(seed * 1_000_003 + i), operation = document.operations[i % document.operations.length];
  const made = hostile(dice, document, operation, pool, isDoomed);
  const what = () => `ECF2_TEST_SEED=${seed}, request ${i}, ${made.did.join(' ')}: ${made.method} ${made.target.slice(0, 3000)}\n${JSON.stringify(made.headers).slice(0, 3000)}\n${made.bytes?.toString('latin1').slice(0, 3000) ?? ''}`;
  try {
    const answer = await send(system.url, made);
    assert.ok(![500, 502, 504].includes(answer.status), `${answer.status}: ${answer.text.slice(0, 2000)}`);
    hold(made.method, made.target, sentFields(made), answer, { isCounted: false });
    count(seen, answer.status);
    count(done, `${operation.name} ${answer.status}`);
  } catch (error) {
    throw new Error(`${what()}\n${error.message}`, { cause: error });
  }
}

test(`${many} hostile requests`, async (t) => {
  t.diagnostic(`ECF2_TEST_SEED=${seed}`);
  let unchanged = 0, changed = 0;
  for (let from = 0; from < many; from += together) {
    const isDoomed = (from / together) % 2 === 0, before = await state(), succeeded = await successes();
    await inParallel(Array.from({ length: Math.min(together, many - from) }, (_, i) => from + i), connections, (i) => attack(i, isDoomed));
    await allDecided(system, 60_000);
    const more = (await successes()) - succeeded;
    if (isDoomed) assert.equal(more, 0, `ECF2_TEST_SEED=${seed}: of requests ${from} to ${from + together}, which are about nobody, some succeeded`);
    if (more > 0) {
      changed++;
      continue;
    }
    unchanged++;
    assert.deepEqual(await state(), before, `ECF2_TEST_SEED=${seed}: requests ${from} to ${from + together} were all rejected, and something has moved`);
  }
  const summary = [...seen].toSorted(([a], [b]) => a - b).map(([status, n]) => `${n} × ${status}`).join(', ');
  console.log(`${many} requests of seed ${seed} to ${document.operations.length} operations: ${summary}; ${unchanged} times ${together} of them changed nothing, ${changed} times some were good`);
  for (const status of [200, 400, 401, 404, 422]) assert.ok(seen.has(status), `they are of many kinds: ${summary}`);
  assert.ok((seen.get(503) ?? 0) < many / 100, summary);
  for (const { name } of document.operations) assert.ok([...done.keys()].some((key) => key.startsWith(`${name} `)), name);
});

test('the service is as it was', async () => {
  for (const path of ['/healthcheck', '/healthcheck/ready']) assert.equal((await system.request('GET', path)).status, 200, path);
  for (const [name, { child }] of system.processes) assert.deepEqual([name, child.exitCode, child.signalCode], [name, null, null]);
  assert.equal((await system.db.query('select from submission_dead_letters')).rowCount, 0, 'nothing was given up');
  assert.equal((await system.db.query('select from submission_stages')).rowCount, 0, 'nothing went wrong in a stage');
  const { rows } = await system.db.query('select http_status, count(*)::integer as n from submission_outcomes group by 1');
  for (const { http_status: status } of rows) assert.ok([200, 400, 404, 422].includes(status), `an outcome of ${status}`);
});
