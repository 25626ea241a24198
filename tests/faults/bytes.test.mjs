// Whatever bytes come to the front and to a broker: every process stays, with the memory that it had, no answer is 500, 502
// or 504, what was answered 2xx is kept, and declarations go on being decided. Bytes are made of good ones and of a seed
// (ECF2_TEST_SEED; told; at full length another one each time).
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { raw } from '../api/client.mjs';
import { bin } from '../support/cluster.mjs';
import { declaration, loadWorld, types } from '../support/declarations.mjs';
import { mutate, numbers, random } from '../support/mutations.mjs';
import { allDecided, Client, count, inParallel } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';
import { Dealer, greeting, message, ready } from '../support/zmtp.mjs';

const many = long ? 50_000 : 2000;
const seed = Number(process.env.ECF2_TEST_SEED ?? (long ? Date.now() % 1_000_000 : 20240902));
const growthMax = (/san-/.test(bin) ? 512 : 8) << 20; // bytes; a sanitizer keeps what was freed
const declarations = '/api/v3/participant-declarations';

const system = await startSystem({ env: { ECF2_HEAD_TIMEOUT_MS: '300', ECF2_BODY_TIMEOUT_MS: '300', ECF2_IDLE_TIMEOUT_MS: '300', ECF2_LOG_LEVEL: 'warning' } });
after(() => system.stop());
const socket = `${system.dir}/broker1.sock`;
const client = new Client(system);
const pids = new Map([...system.processes].map(([name, { child }]) => [name, child.pid]));
const made = { declarations: new Set(), submissions: new Set() }; // what mutated requests were told that there is

let world, going = true, load;
before(async () => {
  world = await loadWorld(system, { providers: 3, people: 2000 });
  load = declareOn();
});
after(() => (going = false));

/** All the while somebody declares as usual, for people of whom nothing else here speaks. */
async function declareOn() {
  for (let n = 0; going; n++) {
    const person = world.people[20 + (n % (world.people.length - 20))], type = types[Math.floor(n / (world.people.length - 20)) % types.length];
    await client.submit(person, declaration(person, type), { prefer: n % 2 ? 'respond-async' : undefined });
    await pause(20);
  }
}

// ---- the processes

const residentBytes = (name) => 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pids.get(name)}/status`, 'utf8'))[1]);
const openFiles = (name) => readdirSync(`/proc/${pids.get(name)}/fd`).length;

function allStand() {
  for (const [name, { child }] of system.processes) assert.deepEqual([name, child.pid, child.exitCode, child.signalCode], [name, pids.get(name), null, null]);
}

async function decides() {
  const person = world.people[10];
  const entry = await client.submit(person, declaration(person, 'started'));
  assert.ok(entry.status === 200 || entry.status === 422, JSON.stringify(entry));
}

/** Does `attack(i)` for 0 ≤ i < many, and holds what must be true of `name` afterwards. */
async function survives(t, name, connections, attack) {
  t.diagnostic(`ECF2_TEST_SEED=${seed}`);
  const files = openFiles(name), warm = Math.floor(many / 5);
  const run = (from, to) => inParallel(Array.from({ length: to - from }, (_, i) => from + i), connections, attack);
  await run(0, warm);
  const before = residentBytes(name);
  await run(warm, many);
  const growth = residentBytes(name) - before;
  allStand();
  await decides();
  assert.ok(growth < growthMax, `${name} grew by ${growth} bytes`);
  await until(() => `${name} keeps ${openFiles(name)} descriptors open, ${files} before`, () => openFiles(name) <= files + 20, 45_000);
  const remark = `${many} of seed ${seed}: ${name} grew by ${(growth / 1e6).toFixed(1)} MB`;
  t.diagnostic(remark);
  return remark;
}

// ---- requests

const lines = (...all) => [...all, '', ''].join('\r\n');
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Requests that are good: one of each kind, by somebody of the first ten people; each with what may be answered. */
function goodRequests(dice) {
  const person = world.people[dice.below(10)], token = dice.chance(0.9) ? person.provider.token : 'x';
  const body = JSON.stringify(declaration(person, dice.pick(types), dice.chance(0.5) ? {} : { evidence_held: 'nonsense' }));
  const auth = `Authorization: Bearer ${token}`, fields = ['Host: x', auth, 'Content-Type: application/json'];
  const prefer = dice.pick([[], ['Prefer: respond-async'], ['Prefer: wait=1'], ['Prefer: respond-async, wait=0; a="b"']]);
  const id = dice.pick([...made.declarations].slice(-50).concat('00000000-0000-4000-8000-000000000000'));
  const known = (...statuses) => (token === 'x' ? [401] : statuses);
  return [
    [known(200, 202, 422), lines(`POST ${declarations} HTTP/1.1`, ...fields, ...prefer, `Content-Length: ${body.length}`) + body],
    [known(200, 202, 422), lines(`POST ${declarations} HTTP/1.1`, ...fields, ...prefer, 'Transfer-Encoding: chunked') + chunk(body.slice(0, 60)) + chunk(body.slice(60)) + '0\r\nX: y\r\n\r\n'],
    [known(200, 422), lines(`POST ${declarations}?filter[a]=b HTTP/1.1`, ...fields, 'Expect: 100-continue', `Content-Length: ${body.length}`, 'Connection: close') + body],
    [known(200, 404), lines(`GET ${declarations}/${id} HTTP/1.1`, 'Host: x', auth, 'If-None-Match: W/"x", *', 'Cookie: a=b; c="d"')],
    [known(200, 404), lines(`GET http://x/api/v3/submissions/${dice.pick([...made.submissions].slice(-50).concat(id))}?page[page]=1&sort=-updated_at HTTP/1.1`, 'Host: x', auth, 'X-Request-Id: 01936f2e-0000-7000-8000-000000000000')],
    [[200], lines('HEAD /healthcheck HTTP/1.0', 'X-Forwarded-For: 192.0.2.1, [2001:db8::1]:443', 'X-Forwarded-Proto: http')],
    [[200], lines('GET /healthcheck/ready HTTP/1.1', 'Host: x', 'X-With-Server-Date: 2024-10-01T00:00:00Z')],
  ].map(([answers, text]) => ({ answers, bytes: Buffer.from(text, 'latin1') }));
}

const spice = ['\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', ':', '"', '{', '[', '[[[['.repeat(100), '\\', '\\ud800', '\xff', '\xc3', '%', '%00', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: y\r\n',
  'HTTP/1.1', 'A'.repeat(5000), ',', ';', '=', '0\r\n\r\n', ';x=y', '?', '&filter=x', 'Connection: close\r\n', 'Expect: 100-continue\r\n', ...numbers];

/** A header field, again and again; the size of a chunk, another one; or another request behind it. */
function damaged(dice, bytes, others) {
  const text = bytes.toString('latin1');
  switch (dice.below(6)) {
    case 0: {
      const fields = text.split('\r\n').slice(1, 5), field = `${dice.pick(fields)}\r\n`;
      return Buffer.from(text.replace('\r\n', () => `\r\n${field.repeat(1 + dice.below(dice.chance(0.1) ? 300 : 3))}`), 'latin1');
    }
    case 1: return Buffer.from(text.replace(/\r\n[0-9a-f]+\r\n/, (size) => dice.pick([`\r\n${dice.pick(numbers)}\r\n`, size.slice(2), size.slice(0, -1), size.replace('\r\n', ';x\r\n'), `\r\n0${size.slice(2)}`])), 'latin1');
    case 2: return Buffer.concat(Array.from({ length: 1 + dice.below(10) }, () => dice.pick(others)).concat(bytes));
    default: return bytes;
  }
}

function makeRequest(dice) {
  if (dice.chance(0.05)) return dice.bytes(dice.below(3000));
  const good = goodRequests(dice).map(({ bytes }) => bytes), bytes = damaged(dice, dice.pick(good), good);
  return dice.chance(0.1) ? bytes : mutate(dice, bytes, good, spice);
}

/** Sends in one piece or in several, and then ends its side, leaves it open, or is gone. */
function deliver(dice, bytes) {
  const way = dice.below(20), cuts = dice.chance(0.3) ? [dice.below(bytes.length + 1), bytes.length] : [bytes.length];
  return async (connection) => {
    let from = 0;
    for (const to of cuts) {
      await new Promise((resolve) => connection.write(bytes.subarray(from, to), resolve));
      await new Promise(setImmediate);
      from = to;
    }
    if (way === 0) connection.resetAndDestroy();
    else if (way > 2 && connection.writable) connection.end();
  };
}

/** The heads of all answers in a text, with what follows each. */
const answersIn = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n(?:\r\n|([^]*?)\r\n\r\n)(?=([^]*))/g)].map(([, status, head = '', rest]) => ({ status: Number(status), head, rest }));

function remember({ status, head, rest }) {
  const location = /^Location: \/api\/v3\/submissions\/(\S+)/m.exec(head)?.[1];
  const declared = /^\{"data":\{"id":"([0-9a-f-]{36})","type":"participant-declaration"/.exec(rest)?.[1];
  if (status === 202) made.submissions.add(location);
  if (status === 200 && declared) made.declarations.add(declared);
}

/** Every 25th request is as it should be, and is answered as it should be. On a busy machine who comes late is told so, and who has
 *  ended its side before the decision is told where to ask for it. */
async function isServed(i) {
  const dice = random(seed * 1_000_039 + i), { answers, bytes } = dice.pick(goodRequests(dice));
  const { text } = await raw(system.url, async (connection) => {
    await new Promise((resolve) => connection.write(bytes, resolve));
    connection.end();
  });
  const last = answersIn(text).findLast(({ status }) => status !== 100);
  if (last?.status === 408) return false;
  if (last?.status === 202 && answers.includes(200) && !answers.includes(202)) return remember(last), false;
  assert.ok(answers.includes(last?.status), `ECF2_TEST_SEED=${seed}, good request ${i}: ${JSON.stringify(bytes.toString('latin1'))}\n${text.slice(0, 2000)}`);
  remember(last);
  return true;
}

test('requests', async (t) => {
  const seen = new Map(), served = { all: 0, well: 0 };
  const remark = await survives(t, 'front', 32, async (i) => {
    if (i % 25 === 0) {
      served.all++;
      if (await isServed(i)) served.well++;
      return;
    }
    const dice = random(seed * 1_000_003 + i), bytes = makeRequest(dice);
    const { text, open } = await raw(system.url, deliver(dice, bytes));
    const what = () => `ECF2_TEST_SEED=${seed}, request ${i}: ${JSON.stringify(bytes.toString('latin1')).slice(0, 3000)}\n${text.slice(0, 2000)}`;
    for (const answer of answersIn(text)) {
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      assert.ok(![500, 502, 504].includes(answer.status), what());
      assert.ok(answer.status === 100 || /^X-Request-Id: [0-9a-f-]{36}$/m.test(answer.head.replaceAll('\r', '')), `not an answer of ours: ${what()}`);
      assert.ok(answer.status !== 503 || /^Retry-After: [1-9]/m.test(answer.head), what());
      remember(answer);
    }
    assert.ok(!open, `still open: ${what()}`);
  });
  t.diagnostic(JSON.stringify([...seen].toSorted()));
  assert.ok(served.well > 0.9 * served.all, `of ${served.all} good requests ${served.well} were in time`);
  for (const status of [200, 202, 400, 401, 404, 422]) assert.ok(seen.has(status), `the requests are of many kinds: ${JSON.stringify([...seen])}`);
  await until('requests stay in hand', async () => (await system.metrics('front')).get('ecf2_http_waiting_requests') <= 1, 45_000);
  await allDecided(system, 60_000, new Date());
  const { rows: [kept] } = await system.db.query(
    `select (select count(*)::int from submissions where id = any ($1)) as submissions, (select count(*)::int from declarations where api_id = any ($2)) as declarations`, [[...made.submissions], [...made.declarations]]);
  assert.deepEqual(kept, { submissions: made.submissions.size, declarations: made.declarations.size });
  note('mutated requests to the front', { counts: { accepted: made.submissions.size + made.declarations.size, lost: 0 }, remark: `${remark}; ${served.well} of ${served.all} good ones among them were served, the others told that they were late` });
});

// ---- messages

const command = Object.fromEntries(['hello', 'ready', 'restart', 'submit', 'work', 'result', 'reply', 'refused', 'ping', 'pong', 'bye', 'counts', 'leader', 'status', 'drain'].map((name, i) => [name, i + 1]));
const text8 = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const text32 = (text) => Buffer.concat([int(text.length, 4), Buffer.from(text)]);

function int(value, size = 8) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(Math.round(value)));
  return bytes.subarray(8 - size);
}

const head = (name, service = '', number = 0) => Buffer.concat([Buffer.from('E2\x01'), Buffer.from([command[name]]), text8(service), int(number)]);

/** A read that is over in a second (common/wire.h). */
function record(dice, kind, payload) {
  const soon = 1000 * (Date.now() + 1000);
  return Buffer.concat([Buffer.from([1, dice.below(3), 0, 0, 0, 0]), dice.bytes(16), int(0), int(soon), int(soon), int(soon), int(1), int(1),
    text32(kind), text32('01936f2e-0000-7000-8000-000000000000'), text32(''), text32('nobody'), text32(''), text32(payload), text32(''), text32('')]);
}

/** Messages that are good and do no harm: [head, frame…]. */
function goodMessages(dice) {
  const read = record(dice, dice.pick(['read.declaration', 'read.submission', 'read.health', 'read.nothing']), JSON.stringify({ fields: { id: '00000000-0000-4000-8000-000000000000' } }));
  const reply = Buffer.concat([Buffer.from([dice.below(4)]), int(200, 2), dice.bytes(16), int(1), int(0), text32('{}'), text32('{"data":null}')]);
  const counts = Buffer.from('{"undecided":{"wait":1,"async":2,"bulk":3},"services":{"query":1},"leader":null}');
  return [
    [head('hello')], [head('ready', 'nobody', 200)], [head('bye')], [head('status')], [head('pong', '', 7)], [head('ping', '', 7)], [head('restart')],
    [head('submit', 'query'), read], [head('submit', 'query'), ...Array(1 + dice.below(30)).fill(read)], [head('submit', `nobody-${dice.below(3)}`), read],
    [head('work', 'query', 1), read], [head('counts', '', 0), counts], [head('refused', 'query', 1), dice.bytes(16)],
    [head('result', 'query'), Buffer.concat([Buffer.from([1]), dice.bytes(16)])],
    [head('result', 'query'), Buffer.concat([Buffer.from([2]), text8('query'), read]), Buffer.concat([Buffer.from([3]), text8('query'), read])],
    [head('reply'), Buffer.from('front-1-00000000'), reply, reply],
  ];
}

/** Whether it is a good message that does what no stranger may: peers trust each other (common/PROTOCOL.md). */
function isOrder([first]) {
  if (first?.subarray(0, 3).toString('latin1') !== 'E2\x01') return false;
  const service = first.subarray(5, 5 + first[4]).toString('latin1');
  if (first[3] === command.ready) return /^(intake|validation|eligibility|payments|query|scheduler)$/.test(service);
  if (first[3] === command.submit) return /^(intake|validation|eligibility|payments|scheduler)$/.test(service);
  return first[3] === command.drain || first[3] === command.leader;
}

function makeMessage(dice) {
  const good = goodMessages(dice), all = good.flat(), spices = ['E2', 'query', 'intake', '\xff\xff\xff\xff', '\x7f\xff\xff\xff\xff\xff\xff\xff', 'A'.repeat(300), '{"fields":{}}', '\0'.repeat(8)];
  let frames = [...dice.pick(good)];
  if (dice.chance(0.1)) frames.splice(dice.below(frames.length + 1), dice.below(2), dice.pick(all)); // another frame, or one in place of it
  if (dice.chance(0.02)) frames = frames.concat(Array(1001).fill(Buffer.from('x')));
  if (dice.chance(0.9)) {
    const at = dice.below(frames.length);
    frames[at] = mutate(dice, frames[at], all, spices);
  }
  return isOrder(frames) ? [head('hello')] : frames;
}

const isStatus = ([first]) => first?.[3] === command.status;

test('messages to the broker', async (t) => {
  const each = 25; // of a connection
  let sent = 0;
  const remark = await survives(t, 'broker', 8, async (i) => {
    if (i % each > 0) return;
    const dice = random(seed * 1_000_033 + i), dealer = new Dealer(socket, `bytes-${i}`);
    for (let n = 0; n < each; n++) dealer.send(makeMessage(dice));
    sent += each;
    // The broker has read them all when it answers.
    dealer.send([head('status')]);
    assert.ok(await dealer.receive(isStatus), `ECF2_TEST_SEED=${seed}, message ${i}: no answer${dealer.closed ? ', the connection ended' : ''}`);
    dealer.close();
  });
  assert.equal(sent, many);
  const dealer = new Dealer(socket, 'bytes-status');
  dealer.send([head('status')]);
  const { totals } = JSON.parse((await dealer.receive(isStatus))[1].toString());
  dealer.close();
  const bad = Object.values(totals.bad_messages).reduce((sum, n) => sum + n, 0);
  assert.ok(bad > many / 4 && bad < many, JSON.stringify(totals));
  note('mutated messages to the broker', { remark });
});

test('bytes to the broker that are no messages', async (t) => {
  const tls = Buffer.from('16030100ff010000fb0303000102030405060708090a0b0c0d0e0f', 'hex');
  const remark = await survives(t, 'broker', 16, async (i) => {
    const dice = random(seed * 1_000_037 + i), good = Buffer.concat([greeting, ready(`raw-${i}`), message([head('hello')])]);
    const frames = Buffer.from(dice.pick(['02ffffffffffffffff', '027fffffffffffffff', '020000000001800000', '0200000000ffffffff', '00ff', '04ff', '0600000000000000ff', '0405524541445900', 'ff'.repeat(40)]), 'hex');
    const bytes = dice.pick([
      () => dice.bytes(dice.below(500)),
      () => Buffer.from(lines(`GET ${declarations} HTTP/1.1`, 'Host: x')),
      () => tls,
      () => good.subarray(0, dice.below(good.length)),
      () => Buffer.concat([Buffer.from('ff00000000000000017f', 'hex'), Buffer.from([dice.below(4)]), dice.bytes(dice.below(80))]),
      () => Buffer.concat([greeting.subarray(0, 12), Buffer.from(dice.pick(['PLAIN', 'CURVE', 'GSSAPI', '']).padEnd(20, '\0')), Buffer.alloc(32), dice.bytes(200)]),
      () => mutate(dice, good, [good, tls], ['\xff', '\x7f', 'READY', 'Identity', 'DEALER', 'NULL']),
      () => Buffer.concat([good, frames, dice.bytes(dice.below(300))]),
    ])();
    await new Promise((resolve) => {
      const connection = net.connect({ path: socket });
      connection.on('error', () => {});
      connection.on('close', resolve);
      connection.on('connect', () => connection.write(bytes, () => {
        if (dice.chance(0.5)) connection.end();
        setTimeout(() => connection.destroy(), dice.chance(0.05) ? 200 : 2);
      }));
    });
  });
  note('bytes to the broker that are no messages', { remark });
});

test('nothing that was answered is lost', async () => {
  going = false;
  await load;
  await allDecided(system, 60_000);
  const counts = await count(system, client);
  // What mutated requests have sent is not in the client's record; invariants hold of it too.
  assert.deepEqual(counts.found.filter((text) => !text.endsWith('stored, and nobody has sent it')), []);
  assert.ok(counts.accepted > 20, `${counts.accepted} were accepted meanwhile`);
  note('declarations beside mutated requests and messages', { counts });
  allStand();
});
