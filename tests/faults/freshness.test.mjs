// A cached read is never older than what its caller was told (architecture.md section 4, pipeline.md PL-52): clients write,
// and read what they wrote through two fronts, while who fills, who commits and Redis are killed, stopped, flushed and
// started again. What a client was told before it asked is the measure; hits are counted by the fronts.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { inParallel } from '../support/record.mjs';
import { Wire } from '../support/proxy.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const path = '/api/v3/participant-declarations';
const clients = 8;
const stoppedMs = long ? 5000 : 2200; // longer than an entry lives
const minutes = long ? 3 : 0; // beyond everything once

const system = await startSystem({
  fronts: 2,
  workers: { intake: 2, validation: 2, eligibility: 1, payments: 2, query: 3, scheduler: 1 }, // query: two may be made to be late, one a loop of a front
  wires: true,
});
after(() => system.stop());
const world = await loadWorld(system, { providers: 4, people: long ? 20_000 : 3000 });
let used = 0;
const somebody = () => world.people[used++];
const dice = (n) => Math.floor(Math.random() * n);

/** What came of the fronts' reads until now, by result: { hit, miss, stale, error, joined }. */
async function results() {
  const sum = { hit: 0, miss: 0, stale: 0, error: 0, joined: 0 };
  for (const [front] of system.named('front')) {
    const seen = await system.metrics(front);
    for (const result of Object.keys(sum)) sum[result] += seen.get(`ecf2_cache_requests_total{result="${result}"}`) ?? 0;
  }
  return sum;
}

/** A client that knows what it was told of a declaration, and holds every read against it. */
class Reader {
  reads = 0;
  refused = 0; // 503: nothing was told
  stale = []; // sentences

  /** told: { id, state, updated_at }, as the newest answer said. */
  async read(token, told, front) {
    const { id, ...newest } = told;
    const answer = await system.request('GET', `${path}/${id}`, { token, url: system.urls[front] }).catch(() => ({ status: 503 }));
    this.reads++;
    if (answer.status === 503) this.refused++;
    else {
      const { state, updated_at } = answer.body?.data?.attributes ?? {};
      const isOld = newest.state === 'voided' ? state !== 'voided' : state === undefined;
      if (isOld || updated_at < newest.updated_at) this.stale.push(`${id}: told ${newest.state} ${newest.updated_at}, then read ${answer.status} ${state} ${updated_at}`);
    }
    return answer;
  }

  /** Reads through both fronts, as fast as it goes, until `over()`. */
  async watch(token, told, over) {
    await Promise.all([0, 1].map(async (front) => {
      while (!over()) {
        await this.read(token, told(), front);
        await pause(dice(8));
      }
    }));
  }
}

/** One write until its outcome is told, in each of the ways in which that happens: the answer of the call, a poll, a
 *  repetition with its key. Gives the attributes told. */
async function write(token, method, where, body) {
  const key = randomUUID(), end = performance.now() + 40_000;
  const prefer = [undefined, undefined, 'respond-async', 'wait=1'][dice(4)];
  for (;;) {
    const url = system.urls[dice(2)];
    const answer = await system.request(method, where, { token, url, body, headers: { 'idempotency-key': key, ...(prefer && { prefer }) } }).catch(() => ({}));
    if (answer.status === 200) return answer.body.data;
    if (answer.status === 202) {
      const { response } = await system.decided(answer.headers.get('location'), token).catch(() => ({}));
      if (response?.status === 200) return response.body.data;
    }
    assert.ok(answer.status === undefined || [202, 409, 503].includes(answer.status), `${method} ${where}: ${answer.status} ${answer.text}`);
    if (performance.now() > end) throw new Error(`${method} ${where}: ${answer.status} for too long`);
    await pause(20 + dice(80));
  }
}

const told = ({ id, attributes: { state, updated_at } }) => ({ id, state, updated_at });

/** Declares, reads, voids, reads: all the time through both fronts. */
async function life(reader) {
  const person = somebody(), { token } = person.provider;
  let newest = told(await write(token, 'POST', path, declaration(person, 'started'))), over = false;
  const watching = reader.watch(token, () => newest, () => over);
  await pause(20 + dice(150));
  const voided = await write(token, 'PUT', `${path}/${newest.id}/void`).catch((error) => (over = true, watching.then(() => { throw error; })));
  newest = told(voided);
  assert.equal(newest.state, 'voided');
  await pause(30 + dice(100));
  over = true;
  await watching;
}

/** Ends what Redis holds, and nothing else. */
const flushed = () => new Promise((resolve, reject) => {
  const socket = connectTo(join(system.dir, 'redis.sock'), () => socket.write('FLUSHALL\r\n'));
  socket.once('data', () => (socket.end(), resolve())).once('error', reject);
});
const killed = async (...names) => {
  for (const name of names) await system.kill(name);
  await pause(dice(300));
  for (const name of names) await system.start(name);
};
const stopped = async (names, ms = stoppedMs) => {
  for (const name of names) system.pause(name);
  await pause(ms);
  for (const name of names) system.proceed(name);
};

const happenings = {
  'who fills stopped, Redis killed': () => Promise.all([stopped(['query']), pause(100).then(() => killed('redis'))]),
  'Redis flushed again and again, who commits killed': async () => {
    const killing = killed('payments', 'validation');
    for (let i = 0; i < 20; i++) await flushed(), await pause(dice(60));
    await killing;
  },
  'who commits stopped, who fills killed': () => Promise.all([stopped(['payments', 'validation-2']), killed('query-2')]),
  'Redis stopped': () => stopped(['redis'], long ? stoppedMs : 1200),
  'Redis stopped, and who fills with it': async () => {
    await Promise.all([stopped(['query-2']), stopped(['redis'], stoppedMs / 2)]);
  },
};

test('reads through two fronts while everything about the cache is killed, stopped, flushed and started again', async (t) => {
  const reader = new Reader(), before = await results();
  let over = false, lives = 0;
  const living = inParallel(Array.from({ length: clients }), clients, async () => {
    while (!over) await life(reader), lives++;
  });
  living.catch(() => (over = true));
  const quiet = async () => {
    const from = lives;
    await until('nobody writes', () => lives >= from + clients || over, 60_000);
  };
  await quiet();
  const end = performance.now() + minutes * 60_000, names = Object.keys(happenings), times = new Map();
  for (let i = 0; !over && (i < names.length || performance.now() < end); i++) {
    const name = i < names.length ? names[i] : names[dice(names.length)];
    times.set(name, (times.get(name) ?? 0) + 1);
    await happenings[name]();
    await quiet();
  }
  over = true;
  await living;
  const now = await results();
  const counted = Object.fromEntries(Object.entries(now).map(([result, n]) => [result, n - before[result]]));
  const text = `${reader.reads} reads of ${lives} declarations, ${reader.refused} refused, ${counted.hit} hits, ${counted.joined} joined, ${counted.stale} of an old token, ${counted.miss} misses, ${counted.error} without Redis; ${reader.stale.length} stale`;
  t.diagnostic(text);
  t.diagnostic([...times].map(([name, n]) => `${n} × ${name}`).join(', '));
  assert.deepEqual(reader.stale, []);
  assert.ok(counted.hit > reader.reads / 20, `hardly any hits: ${text}`);
  for (const result of ['stale', 'miss', 'error']) assert.ok(counted[result] > 0, `no read was ${result}: ${text}`);
  note(`cached reads, ${names.join('; ')}`, { remark: text });
});

test('without brokers hits are served, and misses refused (PL-12)', async () => {
  const person = somebody(), { token } = person.provider, reader = new Reader();
  const newest = told(await write(token, 'POST', path, declaration(person, 'started')));
  for (let i = 0; i < 20; i++) await reader.read(token, newest, i % 2); // every loop has met the token
  const before = await results();
  await system.kill('broker');
  const served = await Promise.all([0, 1].map((front) => reader.read(token, newest, front)));
  const hits = (await results()).hit - before.hit;
  if (long) {
    await until('the front is ready', async () => (await system.request('GET', '/healthcheck/ready')).status === 503);
    assert.equal((await system.request('GET', `${path}/${randomUUID()}`, { token })).status, 503);
  }
  await system.start('broker');
  await system.ready();
  assert.deepEqual([...served.map(({ status }) => status), hits], [200, 200, 2]);
});

const restart = async (service, redis) => {
  for (const [name] of system.named(service)) {
    await system.kill(name, 'SIGTERM');
    await system.start(name, { ECF2_REDIS: join(system.dir, redis) });
  }
};

// Here who fills speaks to Redis, and answers, by wires that keep from a word on what they carry, and deliver it later.
test('an answer and a fill that are late', async (t) => {
  const toRedis = new Wire(join(system.dir, 'late.sock'), join(system.dir, 'redis.sock')), [toBroker] = system.wires.worker;
  t.after(() => toRedis.close());
  await restart('query', 'late.sock');
  await system.ready();

  /** Declares, and empties the cache; then somebody reads, and neither answer nor fill arrive. */
  async function begin(prepare) {
    const person = somebody(), { token } = person.provider, reader = new Reader();
    const created = told(await write(token, 'POST', path, declaration(person, 'started')));
    for (let i = 0; i < 20; i++) await reader.read(token, created, 0); // its loops have met the token
    await prepare?.();
    await flushed();
    await system.request('GET', `${path}/${randomUUID()}`, { token }); // now the scope has a token
    toRedis.delayFrom('PXAT');
    toBroker.delayFrom('"state":"eligible"', { most: 2 }); // one is left who answers
    const readings = [reader.read(token, created, 0)];
    await until('nothing was filled', () => toRedis.late > 0);
    return { token, reader, created, readings };
  }
  await t.test('who reads meanwhile joins, unless he was told more', async () => {
    const { token, reader, created, readings } = await begin(), before = await results();
    for (let i = 0; i < 20; i++) readings.push(reader.read(token, created, 0));
    await until('they are not joined', async () => (await results()).joined >= before.joined + 18, 2000); // each loop has its own
    const voided = told(await write(token, 'PUT', `${path}/${created.id}/void`));
    for (let i = 0; i < 10; i++) readings.push(reader.read(token, voided, 0));
    await pause(100);
    toRedis.deliver();
    toBroker.deliver();
    await Promise.all(readings);
    assert.deepEqual(reader.stale, []);
    assert.equal(reader.refused, 0);
  });

  await t.test('where committers cannot tell Redis anything, time protects', async () => {
    const { token, reader, created, readings } = await begin(async () => {
      await restart('payments', 'none.sock');
      await system.ready();
    });
    const before = await results();
    const sent = performance.now();
    const { status, body } = await system.request('PUT', `${path}/${created.id}/void`, { token });
    assert.equal(status, 200);
    const voided = told(body.data), ms = Math.round(performance.now() - sent);
    assert.ok(ms > 1950, `told after ${ms} ms, and Redis was not`);
    toRedis.deliver();
    await pause(50);
    for (const front of [0, 1, 0]) readings.push(reader.read(token, voided, front));
    await pause(50);
    toBroker.deliver();
    for (let i = 0; i < 10; i++) {
      for (const front of [0, 1]) await reader.read(token, voided, front);
      await pause(20);
    }
    await Promise.all(readings);
    assert.deepEqual(reader.stale, []);
    assert.ok((await results()).hit > before.hit, 'nothing was read from the cache afterwards');
  });

  await t.test('nor can they, and who answers polls does', async () => {
    const person = somebody(), { token } = person.provider, reader = new Reader();
    const created = told(await write(token, 'POST', path, declaration(person, 'started')));
    for (let i = 0; i < 20; i++) await reader.read(token, created, i % 2);
    const before = await results();
    let newest;
    const answer = await system.request('PUT', `${path}/${created.id}/void`, { token, headers: { prefer: 'respond-async' } });
    const watching = reader.watch(token, () => created, () => newest); // so that there is an entry from before it is told
    const { response } = await system.decided(answer.headers.get('location'), token);
    newest = told(response.body.data);
    for (let i = 0; i < 10; i++) await reader.read(token, newest, i % 2);
    await watching;
    assert.equal(newest.state, 'voided');
    assert.deepEqual(reader.stale, []);
    assert.ok((await results()).hit > before.hit, 'nothing was read from the cache');
  });

  await t.test('nor can they, and a dry run tells', async () => {
    const person = somebody(), { token } = person.provider, reader = new Reader();
    const created = told(await write(token, 'POST', path, declaration(person, 'started')));
    const voiding = (prefer) => system.request('PUT', `${path}/${created.id}/void`, { token, headers: { prefer } });
    for (let i = 0; i < 20; i++) await reader.read(token, created, i % 2);
    await flushed();
    for (let i = 0; i < 4; i++) await reader.read(token, created, i % 2); // now there is an entry that lives for two seconds
    assert.equal((await voiding('respond-async')).status, 202);
    await until('it is not voided', async () => (await voiding('handling=dry-run')).body.data.attributes.response.status === 422, 1500);
    for (const front of [0, 1, 0, 1]) await reader.read(token, { ...created, state: 'voided' }, front);
    assert.deepEqual(reader.stale, []);
  });
});
