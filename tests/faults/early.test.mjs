// Nobody is told what is not committed (architecture.md section 3, pipeline.md PL-10, PL-32): each commit is stopped where
// everything but the commit itself is done, and then lost with its session. What was told until then must be true in the end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, allIsWell, Client, count } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const patienceMs = 60_000;
const system = await startSystem();
after(() => system.stop());

const client = new Client(system);
let world;

// Into what each of them writes last, whom the commit then waits for, and what it decides.
const tables = { submissions: 1, submission_outcomes: 2 };
const committers = {
  intake: { lock: tables.submissions, prefer: 'respond-async' },
  validation: { lock: tables.submission_outcomes, more: { declaration_date: '2999-01-01T00:00:00Z' } },
  payments: { lock: tables.submission_outcomes },
};

before(async () => {
  world = await loadWorld(system, { providers: 5, people: 10 });
  await system.db.query(`
    create function stop_before_commit() returns trigger language plpgsql security definer as $$
    begin
      perform pg_advisory_xact_lock_shared(99, tg_argv[0]::integer);
      return new;
    end $$`);
  for (const [table, lock] of Object.entries(tables)) {
    await system.db.query(`create constraint trigger stop after insert on ${table} deferrable initially deferred for each row execute function stop_before_commit(${lock})`);
  }
  // They are to stand where they are stopped for as long as a busy machine needs.
  for (const worker of Object.keys(committers)) {
    for (const name of ['lock_timeout', 'statement_timeout']) await system.db.query(`alter role ecf2_${worker} in database ${system.database} set ${name} = '60s'`);
  }
  await system.db.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = any ($1) and datname = current_database()`, [Object.keys(committers).map((worker) => `ecf2_${worker}`)]);
});

/** The session of this worker that stands before its commit. */
const stopped = (worker) => until(`${worker} does not come to its commit`, async () => (await system.db.query(
  `select pid from pg_stat_activity where datname = current_database() and application_name like $1 || '-%' and wait_event_type = 'Lock' and wait_event = 'advisory'`, [worker])).rows[0]?.pid, patienceMs);

for (const [worker, { lock, prefer, more }] of Object.entries(committers)) {
  test(`${worker}: what it told before its commit was lost is true all the same`, async () => {
    const person = world.people[Object.keys(committers).indexOf(worker)], from = client.told.length;
    const holder = await connect(system.cluster, system.database);
    try {
      await holder.query('select pg_advisory_lock(99, $1)', [lock]);
      const sent = client.submit(person, declaration(person, 'started', more), { prefer });
      const { rows: [{ ended }] } = await system.db.query('select pg_terminate_backend($1) as ended', [await stopped(worker)]);
      assert.ok(ended);
      await holder.query('select pg_advisory_unlock_all()');
      const entry = await sent;
      await allDecided(system, patienceMs);
      const { found } = await count(system, client, { from });
      assert.deepEqual(found, [], `${worker} told ${entry.status}`);
    } finally {
      await holder.end();
    }
  });
}

test('all of it was accepted once and decided once, and nothing has failed', async () => {
  note('commits lost where only the commit itself was left to be done', { counts: await allIsWell(system, client) });
});
