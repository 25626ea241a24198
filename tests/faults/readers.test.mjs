// The queue does not rot (architecture.md section 4): throughput holds under a long idle transaction and four readers who
// keep their snapshots, for ten minutes; in short for seconds, to see that it can be done.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../support/cluster.mjs';
import { loadWorld } from '../support/declarations.mjs';
import { allIsWell, Client, Load } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';
import { Twin } from '../support/twin.mjs';

const readers = 4;
const ms = long ? 600_000 : 8000;
const hot = ['submissions', 'submission_stages', 'submission_outcomes', 'submission_dead_letters', 'declarations', 'events', 'statements', 'training_records', 'teachers', 'api_tokens'];

const options = { brokers: 2, workers: { intake: 1, validation: 2, eligibility: 1, payments: 2, query: 1, scheduler: 1 }, ownCluster: true };
const system = await startSystem(options);
let twin;
after(() => Promise.all([system.stop(), twin?.stop()]));

/** Megabytes of the hot tables and of their indexes, and how many of their rows are dead. */
async function sizes() {
  await system.db.query('select pg_stat_clear_snapshot()');
  const { rows: [row] } = await system.db.query(
    `select sum(pg_table_size(c.oid))::float8 / 1e6 as tables, sum(pg_indexes_size(c.oid))::float8 / 1e6 as indexes, sum(pg_stat_get_dead_tuples(c.oid))::float8 as dead
     from unnest($1::text[]) as name cross join lateral (select relid as oid from pg_partition_tree(name::regclass) where isleaf union select name::regclass) as c`, [hot]);
  return row;
}
const told = ({ tables, indexes, dead }) => `tables ${tables.toFixed(0)} MB, indexes ${indexes.toFixed(0)} MB, ${dead} dead rows`;

/** A transaction that keeps its snapshot; with `query` it reads every few seconds until it is told to end. */
async function keepSnapshot(query) {
  const session = await connect(system.cluster, system.database);
  await session.query('begin isolation level repeatable read');
  await session.query('select count(*) from declarations');
  let ending = false;
  const reads = (async () => {
    while (query && !ending) {
      await session.query(query);
      await pause(2000);
    }
  })();
  return async () => {
    ending = true;
    await reads;
    await session.end();
  };
}

test('a long idle transaction and four readers with their snapshots', async (t) => {
  const inhabitants = { providers: 10, people: long ? 50_000 : 2000 }, { people } = await loadWorld(system, inhabitants);
  if (long) twin = await Twin.begin(options, inhabitants);
  const client = new Client(system), connections = long ? 32 : 8, load = new Load(client, people, connections);
  await load.more(200);
  const small = await sizes();

  const keepers = [await keepSnapshot()];
  for (let i = 0; i < readers; i++) keepers.push(await keepSnapshot(`select count(*) from ${['submissions', 'submission_outcomes', 'declarations', 'events'][i % 4]}`));
  await pause(ms);
  await load.more(200);
  await load.end();
  const during = await twin?.beside(client, people, { connections, enough: 0.9 }), large = await sizes();
  for (const end of keepers) await end();
  const after = await twin?.beside(client, people, { connections, enough: 0.98 });
  const decided = (await system.db.query('select count(*)::integer as n from submission_outcomes')).rows[0].n;
  const counts = await allIsWell(system, client);
  assert.ok(counts.pairs > 0);
  const text = `before: ${told(small)}; after: ${told(large)}, ${decided} decided`;
  t.diagnostic(text);
  note(`an idle transaction and ${readers} repeatable-read readers for ${ms / 60_000} minutes`, { counts, during, after, remark: text });
  if (long) {
    assert.ok(during.ours >= 0.9 * during.twins, `${during.ours} decided per second after ten minutes of it, and ${during.twins} where there are no snapshots`);
    assert.ok(after.ours >= 0.98 * after.twins, `${after.ours} decided per second afterwards, and ${after.twins} where there were no snapshots`);
  }
  // What is never updated leaves nothing dead: rows of a queue that were marked over and over would.
  assert.ok(large.dead - small.dead < decided / 20, text);
});
