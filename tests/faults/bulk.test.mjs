// Bulk requests when things die, and when too many come at once (pipeline.md PL-11, PL-13, PL-14, PL-16): all lines of a batch or
// none, none lost, none doubled; the front's memory stays within ECF2_BULK_MEMORY; single requests do not stand behind them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { after, test } from 'node:test';
import { bin } from '../support/cluster.mjs';
import { declaration, loadWorld, types } from '../support/declarations.mjs';
import { allDecided, brokenInvariants } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const BULK = '/api/v3/participant-declarations/bulk';
const MIB = 1 << 20;
const persons = 400;
const victims = ['front', 'broker', 'intake', 'validation', 'payments', 'scheduler'];
// At full length one by one; else two at a time, for each recovery takes seconds.
const rounds = long ? victims.map((victim) => [victim]) : [['front', 'payments'], ['broker', 'validation'], ['intake', 'scheduler']];
const batchesEach = long ? 12 : 3, linesEach = long ? 1_000 : 200; // of each round
const sanitized = /san-/.test(bin);

const system = await startSystem({ env: { ECF2_ACCEPT_LIMIT_MS: '10000' } });
after(() => system.stop());
const world = await loadWorld(system, { providers: 5, people: persons });

const one = async (query, values) => (await system.db.query(query, values)).rows[0];

/** Lines of one provider's people: all types, some rejected, some malformed. */
function linesOf(provider, count, seed) {
  const mine = world.people.filter((person) => person.provider === world.providers[provider]);
  return Array.from({ length: count }, (_, i) => {
    const turn = seed + i;
    if (turn % 17 === 3) return '{';
    const type = types[(turn / mine.length | 0) % types.length];
    return JSON.stringify(declaration(mine[turn % mine.length], type, turn % 11 === 5 ? { declaration_date: '2999-01-01T00:00:00Z' } : {}));
  }).join('\n');
}

/** One bulk request with a key, sent until it is answered 202; gives its Location. */
async function send(provider, body, key) {
  for (const end = performance.now() + 60_000; ;) {
    const answer = await system.request('POST', BULK, { token: world.providers[provider].token, body, headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key } }).catch(() => undefined);
    if (answer?.status === 202) return answer.headers.get('location');
    assert.ok(answer === undefined || answer.status === 503, `${answer?.status} ${answer?.text}`);
    assert.ok(performance.now() < end, `not accepted: ${answer?.text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What is wrong in the database with batches, by name. */
async function brokenBatches() {
  const checks = {
    'a batch without all of its lines': `select b.id from submission_batches b left join submissions s on s.batch_id = b.id group by b.id having count(s.id) <> b.line_count`,
    'lines without their batch': `select s.batch_id as id from submissions s where s.batch_id is not null and not exists (select from submission_batches b where b.id = s.batch_id)`,
    'a key without its batch, or two batches of one key': `select k.key as id from idempotency_keys k left join submission_batches b on b.id = k.submission_id group by k.key having count(b.id) <> 1`,
    'a batch without key': `select b.id from submission_batches b where not exists (select from idempotency_keys k where k.submission_id = b.id)`,
    'lines of one subject decided out of order': `select s.subject as id from submissions s join submission_outcomes o on o.submission_id = s.id where s.batch_id is not null
       group by s.subject having array_agg(s.accept_no order by o.decided_no) <> array_agg(s.accept_no order by s.accept_no)`,
  };
  const found = [];
  for (const [name, query] of Object.entries(checks)) {
    const { rows } = await system.db.query(query);
    if (rows.length > 0) found.push(`${name}: ${rows.length}, such as ${rows[0].id}`);
  }
  return found;
}

test('killed in the middle of uploads: all lines of a batch or none, each decided once', async (t) => {
  const sent = [];
  let recoveryMs = 0, seed = 0;
  for (const [i, round] of rounds.entries()) {
    const uploads = Array.from({ length: batchesEach }, (_, n) => {
      const provider = (i + n) % world.providers.length, key = randomUUID();
      return send(provider, linesOf(provider, linesEach, (seed += linesEach)), key).then((location) => sent.push({ provider, key, location }));
    });
    // Somewhere between the first byte and the last decision.
    await new Promise((resolve) => setTimeout(resolve, 20 + 60 * (i % 3)));
    for (const victim of round) await system.kill(victim);
    for (const victim of round) await system.start(victim);
    const back = performance.now();
    await Promise.all(uploads);
    await allDecided(system, 60_000);
    recoveryMs = Math.max(recoveryMs, performance.now() - back);
  }
  assert.equal(new Set(sent.map(({ location }) => location)).size, sent.length);
  assert.equal((await one('select count(*)::integer as n from submission_batches')).n, sent.length, 'a batch that nobody was told of');
  const counted = await one(`select count(*)::integer as lines, count(o.submission_id)::integer as decided, count(distinct s.id)::integer as ids,
    (count(*) - count(distinct s.subject))::integer as pairs
    from submissions s left join submission_outcomes o on o.submission_id = s.id where s.batch_id is not null`);
  const lines = sent.length * linesEach;
  assert.deepEqual([counted.lines, counted.decided, counted.ids], [lines, lines, lines]);
  const broken = [...(await brokenBatches()), ...(await brokenInvariants(system.db))];
  assert.deepEqual(broken, []);
  for (const { location, provider } of sent) {
    const { body } = await system.request('GET', location, { token: world.providers[provider].token });
    const { line_count, counts, finished_at } = body.data.attributes;
    assert.deepEqual([line_count, counts.undecided, counts.succeeded + counts.rejected], [linesEach, 0, linesEach]);
    assert.ok(finished_at);
  }
  assert.deepEqual((await system.db.query('select stage, detail from submission_stages')).rows, [], 'a death is no error');
  t.diagnostic(`${sent.length} batches, ${lines} lines; decided ${Math.round(recoveryMs)} ms after the victims were back, at the most`);
  note(`killed in the middle of bulk requests: ${victims.join(', ')}`, {
    counts: { sent: lines, accepted: lines, decided: counted.decided, lost: 0, doubled: 0, pairs: counted.pairs, outOfOrder: 0 }, recoveryMs,
    remark: `${sent.length} batches of ${linesEach} lines; ordered pairs are neighbours`,
  });
});

test('these checks can fail', async () => {
  const sabotage = {
    'a batch without all of its lines': 'delete from submissions where id = (select id from submissions where batch_line = 7 limit 1)',
    'lines without their batch': 'delete from submission_batches where id = (select id from submission_batches limit 1)',
    'a key without its batch': "update idempotency_keys set submission_id = gen_random_uuid(), accepted_at = accepted_at where key = (select key from idempotency_keys limit 1)",
    'a batch without key': 'delete from idempotency_keys where key = (select key from idempotency_keys limit 1)',
    'lines of one subject decided out of order': `update submission_outcomes set decided_no = 0 where submission_id = (
       select s.id from submissions s join (select subject, max(accept_no) as last from submissions group by subject having count(*) > 1 limit 1) as l on l.last = s.accept_no)`,
  };
  for (const [name, statement] of Object.entries(sabotage)) {
    await system.db.query('begin');
    try {
      await system.db.query('set local session_replication_role = replica');
      if (/idempotency_keys set/.test(statement)) await system.db.query('alter table idempotency_keys drop constraint idempotency_keys_accepted_at_of_id');
      await system.db.query(statement);
      const broken = await brokenBatches();
      assert.ok(broken.some((text) => text.startsWith(name)), `${name}: not noticed, but ${broken}`);
    } finally {
      await system.db.query('rollback');
    }
  }
});

test('a front that dies in the middle of a body has accepted nothing', async () => {
  const before = await one('select count(*)::integer as n from submission_batches');
  const body = linesOf(0, 50, 0);
  const { hostname, port } = new URL(system.url);
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(`POST ${BULK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.providers[0].token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await system.kill('front');
  await system.start('front');
  await system.ready();
  socket.destroy();
  assert.deepEqual(await one('select count(*)::integer as n from submission_batches'), before);
});

// ---- memory

const memory = (pid, field) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

/** An upload whose last byte is held back until `go`; gives { status, retryAfter, location }. */
function heldUpload(body, provider, go) {
  const { hostname, port } = new URL(system.url);
  const socket = net.connect(Number(port), hostname);
  const head = `POST ${BULK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.providers[provider].token}\r\nContent-Type: application/x-ndjson\r\n` +
    `Idempotency-Key: ${randomUUID()}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
  const written = new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.write(head);
    socket.write(body.subarray(0, -1), resolve);
  });
  const answer = new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), retryAfter: /retry-after: (\d+)/i.exec(text)?.[1], location: /location: (\S+)/i.exec(text)?.[1], text }));
  });
  go.then(() => socket.write(body.subarray(-1)));
  return { written, answer };
}

test('twenty uploads of more than 1.5 MiB at once: within ECF2_BULK_MEMORY, past it 503', async (t) => {
  const allowed = 32 * MIB; // the default
  const { pid } = system.processes.get('front').child;
  const before = await one('select count(*)::integer as n from submission_batches');
  // Of known attributes, so that what goes to intake is as large as what came.
  const people = world.people.filter((person) => person.provider === world.providers[0]).slice(0, 45);
  const body = Buffer.from(people.map((person) => `${JSON.stringify(declaration(person, 'extended-2', { evidence_held: 'x'.repeat(40_000) }))}\n`).join(''));
  assert.ok(body.length > 1.5 * MIB);
  let go;
  const start = new Promise((resolve) => (go = resolve));
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // the peak begins anew
  const rss = memory(pid, 'VmRSS');
  const uploads = Array.from({ length: 20 }, () => heldUpload(body, 0, start));
  await Promise.all(uploads.map(({ written }) => written));
  go();
  const answers = await Promise.all(uploads.map(({ answer }) => answer));
  const growth = memory(pid, 'VmHWM') - rss;
  const statuses = Object.fromEntries(Map.groupBy(answers, ({ status }) => status).entries().map(([status, { length }]) => [status, length]));
  t.diagnostic(`${JSON.stringify(statuses)}; the front grew by ${(growth / MIB).toFixed(1)} MiB`);
  assert.deepEqual(Object.keys(statuses), ['202', '503'], JSON.stringify(statuses));
  for (const { status, retryAfter, location } of answers) if (status === 503) assert.deepEqual([retryAfter, location], ['5', undefined]);
  if (!sanitized) assert.ok(growth <= allowed + 2 * MIB, `grew by ${growth}`);
  assert.equal((await one('select count(*)::integer as n from submission_batches')).n, before.n + statuses[202], 'what was told 503 is not stored');
  await allDecided(system, 60_000);
  assert.deepEqual(await brokenBatches(), []);
  await until('what uploads take is not given back', async () => (await system.metrics('front')).get('ecf2_bulk_bytes') === 0);
  note('twenty bulk requests of 1.7 MiB at once', { counts: { sent: 20, accepted: statuses[202] }, remark: `batches; ${statuses[503]} were told 503; the front grew by ${(growth / MIB).toFixed(1)} MiB of 32` });
});

// ---- beside single requests

test('single requests do not stand behind an upload', async (t) => {
  const lines = long ? 10_000 : 2_000;
  const provider = 1;
  const mine = world.people.filter((person) => person.provider === world.providers[2]);
  const measure = async (ms) => {
    const took = [];
    for (const end = performance.now() + ms; performance.now() < end;) {
      const person = mine[took.length % mine.length], began = performance.now();
      const answer = await system.request('POST', '/api/v3/participant-declarations', { token: person.provider.token, body: declaration(person, 'extended-3', { declaration_date: '2999-01-01T00:00:00Z' }) });
      assert.equal(answer.status, 422, answer.text);
      took.push(performance.now() - began);
    }
    took.sort((a, b) => a - b);
    return { p50: took[took.length >> 1], p99: took[Math.floor(took.length * 0.99)], n: took.length };
  };
  const alone = await measure(1_000);
  const location = await send(provider, linesOf(provider, lines, 0), randomUUID());
  const begun = performance.now();
  const beside = await measure(1_500);
  await allDecided(system, 120_000);
  const tookMs = performance.now() - begun;
  const { body } = await system.request('GET', location, { token: world.providers[provider].token });
  assert.equal(body.data.attributes.counts.undecided, 0);
  const shown = ({ p50, p99, n }) => `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms of ${n}`;
  t.diagnostic(`alone: ${shown(alone)}; beside ${lines} lines of bulk, decided within ${Math.round(tookMs)} ms: ${shown(beside)}`);
  note(`single requests beside a bulk request of ${lines} lines`, { remark: `alone ${shown(alone)}; beside ${shown(beside)}` });
  // Were they behind it, each would wait for all of it.
  assert.ok(beside.p50 < Math.max(tookMs / 3, 500), shown(beside));
});

// ---- results

test('results whose next page does not come end without their last chunk', { skip: long ? false : 'at full length only: a page has 10 s' }, async () => {
  const location = await send(0, '{\n'.repeat(10_000), randomUUID());
  const { hostname, port } = new URL(system.url);
  const socket = net.connect(Number(port), hostname);
  socket.write(`GET ${location}/results HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.providers[0].token}\r\n\r\n`);
  let text = '', stopped = false;
  try {
    await new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', resolve);
      socket.on('data', (chunk) => {
        text += chunk;
        if (!stopped) system.pause('query');
        stopped = true;
      });
    });
  } finally {
    system.proceed('query');
  }
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /transfer-encoding: chunked/i);
  assert.ok(!text.endsWith('\r\n0\r\n\r\n'), 'it looks as if it was whole');
  assert.ok(!text.includes('"line":10000,'));
  await system.ready();
  const whole = await system.request('GET', `${location}/results`, { token: world.providers[0].token });
  assert.deepEqual(whole.text.trimEnd().split('\n').map((one) => JSON.parse(one).line), Array.from({ length: 10_000 }, (_, i) => i + 1));
});
