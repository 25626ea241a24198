// A lock that somebody else holds for minutes: an import into a living database has the gate, a support transaction has
// somebody's (pipeline.md section 3, PL-22, PL-33). Whoever waits for it waits, and that is no error of his: no stage row,
// no dead letter, and nobody beside him is kept.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { connect } from '../support/cluster.mjs';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, allIsWell, Client, inParallel, Load } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';
import { Twin } from '../support/twin.mjs';

// More than the 20 that are an error; at length as many as would bury it (five errors).
const returns = long ? 5 * 25 : 21;

const options = {
  brokers: 2,
  workers: { intake: 1, validation: 2, eligibility: 1, payments: 2, query: 1, scheduler: 1 },
  // Nothing is sent again meanwhile: a copy at the other broker would be counted for itself.
  env: { ECF2_LOG_LEVEL: 'debug', ECF2_REDRIVE_MS: '60000' },
};
const system = await startSystem(options);
let twin;
after(() => Promise.all([system.stop(), twin?.stop()]));

const roles = ['ecf2_validation', 'ecf2_payments'];
const client = new Client(system);
let world;
let next = 0;
const some = (n) => world.people.slice(next, next += n);

before(async () => {
  const inhabitants = { providers: 5, people: long ? 20_000 : 2000 };
  world = await loadWorld(system, inhabitants);
  if (long) twin = await Twin.begin(options, inhabitants);
  // 2 s in service; what is waited for here is the number of returns.
  for (const role of roles) await system.db.query(`alter role ${role} in database ${system.database} set lock_timeout = '100ms'`);
  await system.db.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = any ($1) and datname = current_database()', [roles]);
});

/** How often each submission was given back, by its id. */
function givenBack() {
  const times = new Map();
  for (const [name] of [...system.named('validation'), ...system.named('payments')]) {
    for (const [, id] of system.logs(name).matchAll(/"event":"given_back","submission":"([^"]+)"/g)) times.set(id, (times.get(id) ?? 0) + 1);
  }
  return times;
}

/** How often a whole batch has waited for a lock in vain. */
const waits = () => [...system.named('validation'), ...system.named('payments')]
  .reduce((sum, [name]) => sum + (system.logs(name).match(/"event":"batch_failed","items"/g) ?? []).length, 0);

/** Each of these people declares something that is good or, every second one, refused, and then something else, while
 *  `statement` holds a lock: until all of it was given back so often. What `meanwhile` gives is given. */
async function declaredWhile(people, statement, values, meanwhile) {
  const from = client.told.length;
  const first = [], second = [];
  const holder = await connect(system.cluster, system.database);
  const declares = async (list, person, body) => list.push((await client.submit(person, body, { prefer: 'respond-async' })).location.split('/').at(-1));
  try {
    await holder.query('begin');
    await holder.query(statement, values);
    await inParallel(people.entries(), 20, async ([i, person]) => {
      await declares(first, person, declaration(person, 'started', i % 2 && { declaration_date: '2999-01-01T00:00:00Z' }));
      await declares(second, person, declaration(person, 'retained-1'));
    });
    const given = await meanwhile?.();
    const areGivenBack = async (times) => {
      await setTimeout(250); // logs are long
      const givenBackTimes = givenBack();
      // Who stands behind another one waits at the broker where the work of both meets, and is not handed out.
      return first.every((id) => givenBackTimes.get(id) >= times) && second.every((id) => !givenBackTimes.has(id));
    };
    await until('they are not given back', () => areGivenBack(6), 60_000);
    const before = waits();
    await until('they are not given back', () => areGivenBack(returns), 60_000 + returns * 1000);
    assert.equal(waits(), before, 'batches went on waiting, and whoever was in them');
    assert.deepEqual((await system.db.query('select stage, detail from submission_stages')).rows, [], 'an error');
    await holder.query('rollback');
    return { from, given, until: performance.now() };
  } finally {
    await holder.end();
  }
}

test('the gate is held: everybody waits, and nobody has failed', async () => {
  const { from, until } = await declaredWhile(some(10), 'select pg_advisory_xact_lock(0, 0)', []);
  await allDecided(system, 60_000);
  const recoveryMs = performance.now() - until, counts = await allIsWell(system, client, { from });
  assert.ok(counts.pairs > 0);
  note(`the gate held while each submission was given back ${returns} times`, { counts, recoveryMs });
});

test('the locks of some people are held: they wait, nobody has failed, and the others are as fast as before', async () => {
  const held = some(6), others = world.people.slice(next), connections = 16;
  let load = new Load(client, others, connections);
  await load.more(200);
  const { until, given: during } = await declaredWhile(held, 'select pg_advisory_xact_lock(1, hashtext(key)) from unnest($1::text[]) as key order by hashtext(key)', [held.map(({ subject }) => subject)], async () => {
    if (!twin) return undefined;
    await load.end();
    const given = await twin.beside(client, others, { connections, enough: 0.9, held: 2 * held.length });
    load = new Load(client, others, connections);
    return given;
  });
  await allDecided(system, 60_000, new Date());
  const recoveryMs = performance.now() - until;
  await load.end();
  const after = await twin?.beside(client, others, { connections, enough: 0.98 });
  const counts = await allIsWell(system, client, { ms: 60_000 });
  assert.ok(counts.pairs > 0);
  note(`the locks of 6 people held while each was given back ${returns} times, a load of others beside them`, { counts, recoveryMs, during, after });
  if (long) {
    assert.ok(during.ours >= 0.9 * during.twins, `${during.ours} decided per second while they were held, and ${during.twins} where nobody's were`);
    assert.ok(after.ours >= 0.98 * after.twins, `${after.ours} decided per second afterwards, and ${after.twins} where nobody's were`);
  }
});
