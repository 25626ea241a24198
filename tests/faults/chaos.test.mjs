// Exactly once, whatever happens: under load processes are killed and stopped, one at a time and several, PostgreSQL is
// killed and its sessions ended, Redis is away, replies, acknowledgements and results are lost (architecture.md section 4).
// At length at random for minutes; in short once each of those that no other test has. The order is told, so that it can be
// had again: ECF2_FAULTS_SEED.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../support/cluster.mjs';
import { loadWorld } from '../support/declarations.mjs';
import { Client, underLoad } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';

const minutes = 8;
const stoppedMs = long ? 15_000 : 3500; // longer than the silence after which a worker counts as dead

const seed = Number(process.env.ECF2_FAULTS_SEED ?? Date.now() % 1_000_000);
let state = seed;
/** A number from 0 to less than n (xorshift; the same for the same seed). */
function random(n) {
  state ^= state << 13, state ^= state >>> 17, state ^= state << 5;
  return (state >>> 0) % n;
}
const oneOf = (list) => list[random(list.length)];

const system = await startSystem({
  brokers: 2,
  fronts: 2,
  workers: { intake: 2, validation: 2, eligibility: 2, payments: 2, query: 2, scheduler: 2 },
  ownCluster: long,
  wires: true,
  // A result that was lost keeps its record until the lease is over.
  env: { ECF2_WAIT_LIMIT_MS: '5000', ...(!long && { ECF2_LEASE_MS: '10000' }) },
});
after(() => system.stop());
const names = [...system.processes.keys()];

/** Some of the processes, each once. */
function some(n) {
  const rest = [...names];
  return Array.from({ length: n }, () => rest.splice(random(rest.length), 1)[0]);
}

const killed = (list) => Promise.all(list.map(async (name) => {
  await system.kill(name);
  await pause(random(1500));
  await system.start(name);
}));

async function stopped(list) {
  for (const name of list) system.pause(name);
  await pause(stoppedMs);
  for (const name of list) system.proceed(name);
}

async function lost(side, direction) {
  const wires = system.wires[side];
  for (const wire of wires) wire.lose(direction);
  await pause(200 + random(1000));
  for (const wire of wires) wire.mend();
}

const happenings = {
  'a process killed': () => killed(some(1)),
  'several processes killed at once': () => killed(some(2 + random(4))),
  'a process stopped': () => stopped(some(1)),
  'several processes stopped': () => stopped(some(2 + random(2))),
  'PostgreSQL killed': async () => {
    await system.kill('postgres');
    await pause(random(2000));
    await system.start('postgres');
    system.db = await connect(system.cluster, system.database);
  },
  'sessions of PostgreSQL ended': () => system.db.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database() and hashtext(pid::text || $1) % 2 = 0', [String(random(1e6))]),
  'Redis away': async () => {
    await system.kill('redis');
    await pause(random(2000));
    await system.start('redis');
  },
  'acknowledgements and answers lost': () => lost('front', 'fromBroker'),
  'submissions lost on their way': () => lost('front', 'toBroker'),
  'results and replies lost': () => lost('worker', 'toBroker'),
  'work lost on its way': () => lost('worker', 'fromBroker'),
  'all connections cut': () => [...system.wires.front, ...system.wires.worker].forEach((wire) => wire.cut()),
};

// kill.test.mjs and stop.test.mjs have these in short.
const elsewhere = ['a process killed', 'a process stopped', 'PostgreSQL killed', 'Redis away'];
const happen = Object.keys(happenings).filter((name) => long || !elsewhere.includes(name));

/** What happens, and how often each: in short everything once, at length at random until the time is over. */
async function chaos(load, t) {
  const times = new Map(), end = performance.now() + minutes * 60_000;
  const rest = happen.map((name) => [random(1e6), name]).sort((a, b) => a[0] - b[0]).map(([, name]) => name);
  while (long ? performance.now() < end : rest.length > 0) {
    const name = rest.shift() ?? oneOf(happen);
    times.set(name, (times.get(name) ?? 0) + 1);
    await happenings[name]();
    if (long) await pause(random(3000));
    else await load.more(5, 60_000);
  }
  await system.ready();
  const text = [...times].map(([name, n]) => `${n} × ${name}`).join(', ');
  t.diagnostic(`seed ${seed}: ${text}`);
  return text;
}

/** Three innocent deaths bury a record (PL-41). An operator sends such a one again. */
async function retryTheInnocent() {
  const { rows } = await system.db.query("select submission_id as id from submission_dead_letters where resolved_at is null and reason = 'worker died'");
  for (const { id } of rows) assert.equal(system.ctl('dead', 'retry', id).status, 0);
  return rows.length;
}

test('nothing is lost, nothing is done twice, everybody keeps his turn', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const world = await loadWorld(system, { providers: 10, people: long ? 50_000 : 600 });
  const client = new Client(system);
  let text, dead = 0;
  const { counts } = await underLoad(system, client, world.people, long ? `everything at random for ${minutes} minutes` : 'everything once', async (load) => {
    text = await chaos(load, t);
    dead = await retryTheInnocent();
  });
  t.diagnostic(`${client.summary}; ${counts.pairs} ordered pairs; ${dead} dead letters sent again`);
  note('… of these', { remark: `${text}; ${dead} dead letters sent again; seed ${seed}` });
});
