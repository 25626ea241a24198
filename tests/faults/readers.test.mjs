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

const readers = 4;
const ms = long ? 600_000 : 8000;
const hot = ['submissions', 'submission_stages', 'submission_outcomes', 'submission_dead_letters', 'declarations', 'events', 'statements', 'training_records', 'teachers', 'api_tokens'];

const system = await startSystem({ brokers: 2, workers: { intake: 1, validation: 2, eligibility: 1, payments: 2, query: 1, scheduler: 1 }, ownCluster: true });
after(() => system.stop());

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
  const world = await loadWorld(system, { providers: 10, people: long ? 50_000 : 2000 });
  const client = new Client(system);
  const load = new Load(client, world.people, long ? 32 : 8);
  await load.more(200);
  const meanBefore = await load.meanRate(), before = long ? await load.rate() : undefined;
  const mean = { before: await meanBefore() }, small = await sizes();

  const keepers = [await keepSnapshot()];
  for (let i = 0; i < readers; i++) keepers.push(await keepSnapshot(`select count(*) from ${['submissions', 'submission_outcomes', 'declarations', 'events'][i % 4]}`));
  const meanDuring = await load.meanRate();
  await pause(ms);
  mean.during = await meanDuring();
  await load.more(200);
  const best = long ? await load.rate({ spans: 60, enough: 0.9 * before }) : undefined, large = await sizes();
  for (const end of keepers) await end();
  const after = long ? await load.rate({ spans: 60, enough: 0.98 * before }) : undefined;
  await load.end();
  const decided = (await system.db.query('select count(*)::integer as n from submission_outcomes')).rows[0].n;
  const counts = await allIsWell(system, client);
  assert.ok(counts.pairs > 0);
  const rates = long ? `the mean of all ${ms / 60_000} minutes during; the mean before was ${mean.before.toFixed(0)}, the best span during ${best.toFixed(0)}. ` : '';
  const text = `${rates}Before: ${told(small)}; after: ${told(large)}, ${decided} decided`;
  t.diagnostic(text);
  note(`an idle transaction and ${readers} repeatable-read readers for ${ms / 60_000} minutes`, { counts, before, during: long ? mean.during : undefined, after, remark: text });
  if (long) {
    assert.ok(best >= 0.9 * before, `${best} decided per second meanwhile, and ${before} before`);
    assert.ok(mean.during >= 0.9 * mean.before, `${mean.during} decided per second in the mean, and ${mean.before} before`);
    assert.ok(after >= 0.98 * before, `${after} decided per second afterwards, and ${before} before`);
  }
  // What is never updated leaves nothing dead: rows of a queue that were marked over and over would.
  assert.ok(large.dead - small.dead < decided / 20, text);
});
