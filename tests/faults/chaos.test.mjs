// Exactly once, whatever happens: under load processes are killed and stopped, one at a time and several, PostgreSQL is
// killed and its sessions ended, Redis is away, replies, acknowledgements and results are lost (architecture.md section 4).
// At length at random for minutes, until each process, PostgreSQL and Redis were killed and stopped; in short once each of
// those that no other test has. The order is told, so that it can be had again: ECF2_FAULTS_SEED.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../support/cluster.mjs';
import { loadWorld } from '../support/declarations.mjs';
import { Client, underLoad } from '../support/record.mjs';
import { long } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';
import { Twin } from '../support/twin.mjs';

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
const shuffled = (list) => list.map((one) => [random(1e6), one]).sort((a, b) => a[0] - b[0]).map(([, one]) => one);

const options = {
  brokers: 2,
  fronts: 2,
  workers: { intake: 2, validation: 2, eligibility: 2, payments: 2, query: 2, scheduler: 2 },
  ownCluster: long,
  wires: true,
  // A result that was lost keeps its record until the lease is over.
  env: { ECF2_WAIT_LIMIT_MS: '5000', ...(!long && { ECF2_LEASE_MS: '10000' }) },
};
const system = await startSystem(options);
let twin;
after(() => Promise.all([system.stop(), twin?.stop()]));
const names = [...system.processes.keys(), 'redis', ...(long ? ['postgres'] : [])];

/** Deals what is there, in turn, as shuffled cards: nobody twice before everybody once. */
class Deck {
  rest = [];
  dealt = new Map(names.map((name) => [name, 0])); // how often each

  deal(n) {
    const hand = [];
    while (hand.length < n) {
      if (this.rest.length === 0) this.rest = shuffled(names.filter((name) => !hand.includes(name)));
      hand.push(this.rest.shift());
    }
    for (const name of hand) this.dealt.set(name, this.dealt.get(name) + 1);
    return hand;
  }

  get isThrough() {
    return Math.min(...this.dealt.values()) > 0;
  }
}
const decks = { killed: new Deck(), stopped: new Deck() };

const killed = (list) => Promise.all(list.map(async (name) => {
  await system.kill(name);
  await pause(random(1500));
  await system.start(name);
  if (name === 'postgres') system.db = await connect(system.cluster, system.database);
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
  'a process killed': () => killed(decks.killed.deal(1)),
  'several processes killed at once': () => killed(decks.killed.deal(2 + random(4))),
  'a process stopped': () => stopped(decks.stopped.deal(1)),
  'several processes stopped': () => stopped(decks.stopped.deal(2 + random(2))),
  'sessions of PostgreSQL ended': () => system.db.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database() and hashtext(pid::text || $1) % 2 = 0', [String(random(1e6))]),
  'acknowledgements and answers lost': () => lost('front', 'fromBroker'),
  'submissions lost on their way': () => lost('front', 'toBroker'),
  'results and replies lost': () => lost('worker', 'toBroker'),
  'work lost on its way': () => lost('worker', 'fromBroker'),
  'all connections cut': () => [...system.wires.front, ...system.wires.worker].forEach((wire) => wire.cut()),
};

// kill.test.mjs and stop.test.mjs have these in short.
const elsewhere = ['a process killed', 'a process stopped'];
const happen = Object.keys(happenings).filter((name) => long || !elsewhere.includes(name));

/** What happens, and how often each: in short everything once, at length at random until the time is over and both decks
 *  were dealt through. */
async function chaos(load, t) {
  const times = new Map(), end = performance.now() + minutes * 60_000;
  const rest = shuffled(happen);
  const isOver = () => rest.length === 0 && (!long || (performance.now() > end && decks.killed.isThrough && decks.stopped.isThrough));
  while (!isOver()) {
    const late = performance.now() > end && (decks.stopped.isThrough ? 'several processes killed at once' : 'several processes stopped');
    const name = rest.shift() ?? (late || oneOf(happen));
    times.set(name, (times.get(name) ?? 0) + 1);
    await happenings[name]();
    if (long) await pause(random(3000));
    else await load.more(5, 60_000);
  }
  const each = names.map((name) => `${name} ${decks.killed.dealt.get(name)}/${decks.stopped.dealt.get(name)}`);
  const text = `${[...times].map(([name, n]) => `${n} × ${name}`).join(', ')}; killed/stopped: ${each.join(', ')}`;
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
  const inhabitants = { providers: 10, people: long ? 50_000 : 600, mentors: true }, world = await loadWorld(system, inhabitants);
  if (long) twin = await Twin.begin(options, inhabitants);
  const client = new Client(system);
  const { counts } = await underLoad(system, client, world.people, long ? `everything at random for ${minutes} minutes` : 'everything once', async (load, over) => {
    const text = await chaos(load, t);
    over();
    await system.ready();
    const dead = await retryTheInnocent();
    return `${text}; ${dead} dead letters sent again; seed ${seed}`;
  }, { twin, remarkOf: (text) => text });
  const { rows: [{ n }] } = await system.db.query("select count(*)::integer as n from events where event_type = 'mentor_completion_status_change'");
  t.diagnostic(`${client.summary}; ${counts.pairs} ordered pairs; ${n} mentors completed`);
  assert.ok(n > 0, 'no mentor has completed');
});
