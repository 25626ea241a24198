// Bulk declarations (submissions.md section 4, pipeline.md PL-1, PL-13, PL-15, PL-16, PL-54): every bad request, every bad line,
// and each line's outcome beside that of the same line sent alone. Long (ECF2_FAULTS=long): ten thousand lines.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { declaration, loadWorld, types } from '../support/declarations.mjs';
import { long } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, body, raw, startFront, titles } from './client.mjs';

const BULK = `${DECLARATIONS}/bulk`;
const MIB = 1 << 20;
const SIZES = long ? { lines: 10_000, malformed: 500, subjects: 300 } : { lines: 1_000, malformed: 50, subjects: 60 };
const DECIDED_MS = 120_000;

let system, world, next = 0;
before(async () => {
  system = await startSystem({ env: { ECF2_ACCEPT_LIMIT_MS: '10000' } });
  world = await loadWorld(system, { providers: 2, people: 2 * (2 * SIZES.subjects + 100) });
  await system.db.query(`update webhook_endpoints set event_kinds = '{submission.decided,batch.finished}', created_at = now() - interval '1 day'`);
});
after(() => system?.stop());

/** Somebody of the first provider (of the second), for whom nobody has declared. */
const somebody = (provider = 0) => world.people[2 * next++ + provider];
const line = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const started = (person) => declaration(person, 'started');

/** One bulk request; lines: texts, Buffers or values. */
function bulk(lines, { provider = 0, headers = {}, type = 'application/x-ndjson', url, query, end = '\n' } = {}) {
  const body = Array.isArray(lines)
    ? Buffer.concat(lines.flatMap((one, i) => [Buffer.isBuffer(one) ? one : Buffer.from(line(one)), Buffer.from(i < lines.length - 1 ? '\n' : end)]))
    : lines;
  return send(body, { provider, headers: { ...(type && { 'content-type': type }), ...headers }, url, query });
}

const send = (body, { provider = 0, headers = {}, url, query = '', token = world.providers[provider].token } = {}) => system.request('POST', BULK + query, { token, body, headers, url });

const read = (path, provider = 0, headers = {}) => system.request('GET', path, { token: world.providers[provider].token, headers });
const one = async (query, values) => (await system.db.query(query, values)).rows[0];
const stored = async () => (await one(`select (select count(*) from submission_batches)::integer as batches, (select count(*) from submissions)::integer as lines,
  (select count(*) from idempotency_keys)::integer as keys`));

/** The results of a batch as objects; `whole`: once all are decided. */
async function results(location, { provider = 0 } = {}) {
  const answer = await read(`${location}/results`, provider);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers.get('content-type'), /^application\/x-ndjson/);
  assert.ok(answer.text.endsWith('\n'));
  return answer.text.trimEnd().split('\n').map((text) => JSON.parse(text));
}

const finished = (location, provider = 0) => until(`${location} is not finished`, async () => {
  const { body } = await read(location, provider);
  return body?.data?.attributes.finished_at && body.data;
}, DECIDED_MS);

async function accepted(lines, more) {
  const answer = await bulk(lines, more);
  assert.equal(answer.status, 202, answer.text);
  return answer.headers.get('location');
}

// ---- what is refused as a whole

describe('nothing is accepted of', () => {
  const refused = [
    ['another type', () => bulk([started(somebody())], { type: 'application/json' }), 400, /application\/x-ndjson/],
    ['no type', () => raw(system.url, `POST ${BULK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.providers[0].token}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`), 400],
    ['no line', () => bulk(''), 400, /at least one line/],
    ['blank lines only', () => bulk('\n \r\n\t\n\n  '), 400, /at least one line/],
    ['10 001 lines', () => bulk('{}\n'.repeat(10_001)), 413, /10000 lines/],
    ['a line behind 10 000 blank ones', () => bulk(`${'\n'.repeat(10_000)}{}`), 413, /10000 lines/],
    ['more than 10 MiB', () => bulk(`${' '.repeat(10 * MIB)}\n`), 413, /smaller body/],
    ['more than 10 MiB in chunks', () => bulk(new Blob([' '.repeat(11 * MIB)]).stream()), 413, /smaller body/],
    ['far more than 10 MiB, which nobody reads', () => raw(system.url, `POST ${BULK} HTTP/1.1\r\nHost: x\r\nContent-Length: ${20 * MIB + 1}\r\n\r\n`), 413],
    ['a dry run', () => bulk([started(somebody())], { headers: { prefer: 'handling=dry-run' } }), 400, /dry run of a bulk request/],
    ['a malformed key', () => bulk([started(somebody())], { headers: { 'idempotency-key': 'a b' } }), 400, /Idempotency-Key/],
    ['a malformed filter', () => bulk([started(somebody())], { query: '?filter=x' }), 400, /filter/],
    ['a token that nobody has', () => send('{}', { token: 'nobody', headers: { 'content-type': 'application/x-ndjson' } }), 401],
  ];
  for (const [name, request, status, detail] of refused) {
    test(name, async () => {
      const before = await stored();
      const answer = await request();
      assert.equal(answer.status, status, answer.text ?? answer.body);
      if (detail) assert.match(answer.body.errors[0].detail, detail);
      assert.equal(answer.headers.get?.('location') ?? null, null);
      assert.deepEqual(await stored(), before);
    });
  }

  test('a body that ends in its middle', async () => {
    const before = await stored();
    const text = `${line(started(somebody()))}\n`;
    const head = `POST ${BULK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.providers[0].token}\r\nContent-Type: application/x-ndjson\r\n`;
    await raw(system.url, `${head}Content-Length: ${2 * text.length}\r\n\r\n${text}`, { end: true });
    await raw(system.url, `${head}Transfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n`, { end: true });
    await raw(system.url, `${head}Content-Length: ${2 * text.length}\r\n\r\n${text}`, { ms: 300 }); // and is cut off
    assert.deepEqual(await stored(), before);
  });
});

// ---- lines that are malformed, one by one

test('a malformed line is rejected alone, with its number', async () => {
  const people = Array.from({ length: 4 }, () => somebody());
  const [first] = people;
  const good = (n) => started(people[n]);
  const large = line(body({ ...good(0).data.attributes, evidence_held: 'x'.repeat(2 * MIB) }));
  const cases = [
    [good(0), undefined],
    ['', 'blank'],
    [' \t\r', 'blank'],
    ['{', /well-formed JSON/],
    ['nonsense', /well-formed JSON/],
    [Buffer.from(line(good(0)).replace('started', 'star\0ed')), /null characters/],
    [Buffer.concat([Buffer.from('{"data":{"attributes":{"participant_id":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}}}')]), /UTF-8/],
    ['{"data":{"attributes":{"participant_id":"a","participant_id":"b"}}}', /duplicate keys/],
    ['{"data":{"attributes":{"participant_id":"\\u0000"}}}', /null characters/],
    [`${'['.repeat(40)}${']'.repeat(40)}`, /32 levels/],
    ['[]', /documented JSON structure/],
    ['"text"', /documented JSON structure/],
    ['{"data":{"attributes":{}}}', /documented JSON structure/],
    ['{"data":{"attributes":{"other":1}}}', /documented JSON structure/],
    [`${line(good(1))} ${line(good(1))}`, /well-formed JSON/],
    [large, /smaller body/],
    [good(1), undefined],
    [`  ${line(good(2))}\r`, undefined],
    [good(3), undefined],
  ];
  const answer = await bulk(cases.map(([text]) => text), { end: '' });
  assert.equal(answer.status, 202, answer.text);
  const location = answer.headers.get('location');
  const malformed = cases.filter(([, wrong]) => wrong instanceof RegExp).length;
  const { data } = answer.body;
  assert.equal(location, `/api/v3/batches/${data.id}`);
  assert.deepEqual(data, {
    id: data.id, type: 'batch',
    attributes: { kind: 'declaration.create', line_count: cases.length - 2, accepted_at: data.attributes.accepted_at, finished_at: null,
      counts: { undecided: 4, succeeded: 0, rejected: malformed, failed: 0, dead: 0 } },
  });
  const { attributes } = await finished(location);
  assert.deepEqual(attributes.counts, { undecided: 0, succeeded: 4, rejected: malformed, failed: 0, dead: 0 });
  const lines = await results(location);
  assert.deepEqual(lines.map((row) => row.line), cases.flatMap(([, wrong], i) => (wrong === 'blank' ? [] : [i + 1])));
  for (const row of lines) {
    const [, wrong] = cases[row.line - 1];
    assert.deepEqual(Object.keys(row), ['line', 'submission_id', 'state', 'result', 'response']);
    assert.equal(row.state, 'decided');
    assert.deepEqual([row.result, row.response.status], wrong ? ['rejected', 400] : ['succeeded', 200], JSON.stringify(row));
    if (!wrong) continue;
    assert.deepEqual(titles(row.response), ['Bad request']);
    assert.match(row.response.body.errors[0].detail, wrong);
    assert.ok(row.response.body.errors[0].detail.startsWith(`Line ${row.line}: `));
    // What is said is what the single call says (but that its large body is 413).
    const [text] = cases[row.line - 1];
    if (text === large) continue;
    const alone = await system.request('POST', DECLARATIONS, { token: first.provider.token, headers: { 'content-type': 'application/json' }, body: Buffer.isBuffer(text) ? undefined : text });
    if (!Buffer.isBuffer(text)) assert.deepEqual([alone.status, alone.body.errors[0].detail], [400, row.response.body.errors[0].detail.replace(/^Line \d+: /, '')]);
  }

  // Each is a submission of its own.
  const [bad] = lines.filter((row) => row.result === 'rejected');
  const shown = (await read(`/api/v3/submissions/${bad.submission_id}`)).body.data.attributes;
  assert.deepEqual([shown.batch_id, shown.line, shown.state, shown.result, shown.response, shown.resource], [data.id, bad.line, 'decided', 'rejected', bad.response, null]);

  // PL-1: ids have the batch's millisecond, then the line's number.
  const { rows } = await system.db.query('select id, batch_line, accept_no from submissions where batch_id = $1 order by id', [data.id]);
  assert.deepEqual(rows.map((row) => row.batch_line), lines.map((row) => row.line), 'ids ascend with lines');
  assert.deepEqual(rows.toSorted((a, b) => Number(a.accept_no) - Number(b.accept_no)), rows, 'and so do accept_nos');
  for (const { id, batch_line } of rows) {
    const hex = id.replaceAll('-', '');
    assert.equal(hex.slice(0, 12), data.id.replaceAll('-', '').slice(0, 12));
    assert.equal(hex[12], '7');
    assert.equal((parseInt(hex.slice(13, 16), 16) << 2) | ((parseInt(hex[16], 16) & 3)), batch_line);
  }
  assert.equal(await one('select id from submissions where id = $1', [data.id]), undefined, 'no line has the id of the batch');

  // PL-54: every outcome is told once, malformed or not; then the batch.
  const told = await until('the batch is not told', async () => {
    const found = await system.db.query(
      `select d.kind, d.submission_id, d.batch_id, d.trace_id from webhook_deliveries d
       where d.batch_id = $1 or d.submission_id in (select id from submissions where batch_id = $1)`, [data.id]);
    return found.rows.some((row) => row.kind === 'batch.finished') && found.rows;
  });
  assert.deepEqual(told.filter((row) => row.kind === 'submission.decided').map((row) => row.submission_id).toSorted(), rows.map((row) => row.id));
  assert.equal(told.length, rows.length + 1);
  assert.deepEqual(new Set(told.map((row) => row.trace_id)), new Set([answer.headers.get('x-request-id')]));
});

test('ten thousand malformed lines are stored as quickly as others, and the front stays ready', async () => {
  const location = await accepted('{\n'.repeat(10_000));
  assert.equal((await system.request('GET', '/healthcheck/ready')).status, 200);
  const lines = await results(location); // page by page
  assert.deepEqual(lines.map((row) => row.line), Array.from({ length: 10_000 }, (_, i) => i + 1));
  assert.ok(lines.every((row) => row.result === 'rejected' && row.response.body.errors[0].detail.startsWith(`Line ${row.line}: `)));
  assert.deepEqual((await read(location)).body.data.attributes.counts, { undecided: 0, succeeded: 0, rejected: 10_000, failed: 0, dead: 0 });
});

// ---- preferences, polling, results

describe('polling', () => {
  test('undecided lines are in the results, with nulls; the batch says when to come again', async () => {
    await system.kill('validation', 'SIGTERM');
    let location;
    try {
      location = await accepted([started(somebody()), '{', started(somebody())]);
      const answer = await read(location);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('retry-after'), /^\d+$/);
      assert.ok(answer.headers.get('etag'));
      assert.equal((await read(location, 0, { 'if-none-match': answer.headers.get('etag') })).status, 304);
      assert.deepEqual(answer.body.data.attributes.counts, { undecided: 2, succeeded: 0, rejected: 1, failed: 0, dead: 0 });
      assert.equal(answer.body.data.attributes.finished_at, null);
      const lines = await results(location);
      assert.deepEqual(lines.map(({ state, result, response }) => [state, result, response?.status]), [['received', null, undefined], ['decided', 'rejected', 400], ['received', null, undefined]]);
      assert.equal(lines[0].response, null);
    } finally {
      await system.start('validation');
      await system.ready();
    }
    const { attributes } = await finished(location);
    assert.deepEqual(attributes.counts, { undecided: 0, succeeded: 2, rejected: 1, failed: 0, dead: 0 });
    const done = await read(location);
    assert.equal(done.headers.get('retry-after'), null);
    assert.match(attributes.finished_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('a batch of malformed lines only is finished at once', async () => {
    const location = await accepted(['{', '[]']);
    const { body } = await read(location);
    assert.ok(body.data.attributes.finished_at);
    assert.deepEqual(body.data.attributes.counts, { undecided: 0, succeeded: 0, rejected: 2, failed: 0, dead: 0 });
  });

  test("somebody else's batch is not found, nor one that is none", async () => {
    const location = await accepted([started(somebody())]);
    const [{ submission_id }] = await results(location);
    for (const [path, provider] of [[location, 1], [`/api/v3/batches/${randomUUID()}`, 0], [`/api/v3/batches/${submission_id}`, 0], ['/api/v3/batches/x', 0]]) {
      for (const what of ['', '/results']) {
        const answer = await read(path + what, provider);
        assert.equal(answer.status, 404, `${path}${what}: ${answer.text}`);
        assert.deepEqual(titles(answer), ['Resource not found']);
      }
    }
    assert.equal((await read(`/api/v3/submissions/${location.split('/').at(-1)}`)).status, 404);
  });

  test('always 202, whatever is preferred', async () => {
    for (const [prefer, applied] of [[undefined, null], ['respond-async', 'respond-async'], ['wait=5', null], ['respond-async, wait=5', 'respond-async']]) {
      const answer = await bulk([started(somebody())], { headers: prefer && { prefer } });
      assert.equal(answer.status, 202, answer.text);
      assert.equal(answer.headers.get('preference-applied'), applied, prefer);
      assert.equal(answer.headers.get('retry-after'), '1');
    }
  });

  test('HEAD of results has a head and no body', async () => {
    const location = await accepted([started(somebody())]);
    const answer = await system.request('HEAD', `${location}/results`, { token: world.providers[0].token });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, '');
  });

  test('one provider reads some results at once, and leaves room for another', async () => {
    const [mine, theirs] = [await accepted('{\n'.repeat(2000)), await accepted(['{'], { provider: 1 })];
    const read = (location, provider) => system.request('GET', `${location}/results`, { token: world.providers[provider].token });
    system.pause('query'); // all of the first pages are asked for before one result is through
    const many = Array.from({ length: 24 }, () => read(mine, 0));
    const inHand = async () => (await system.metrics('front')).get('ecf2_http_waiting_requests');
    await until('they do not come', async () => (await inHand()) >= many.length);
    const other = read(theirs, 1);
    system.proceed('query');
    const answers = await Promise.all(many), good = answers.filter(({ status }) => status === 200);
    assert.ok(good.length === 16 || good.length === 17, String(answers.map(({ status }) => status))); // two loops, one instant
    for (const { text } of good) assert.equal(text.split('\n').length, 2001);
    for (const { status, headers } of answers) assert.ok(status === 200 || (status === 503 && headers.get('retry-after') === '5'), String(status));
    assert.equal((await other).status, 200);
    assert.equal((await read(mine, 0)).status, 200, 'the others are through');
  });
});

// ---- idempotency keys

describe('an idempotency key', () => {
  const keyed = (lines, key, more = {}) => bulk(lines, { ...more, headers: { 'idempotency-key': key } });

  test('the same again: its 202 and Location, undecided and decided; nothing is stored twice', async () => {
    const key = randomUUID(), lines = [started(somebody()), '{'];
    await system.kill('validation', 'SIGTERM');
    let first;
    try {
      first = await keyed(lines, key);
      assert.equal(first.status, 202, first.text);
      assert.equal(first.headers.get('idempotency-replayed'), null);
      const again = await keyed(lines, key);
      assert.deepEqual([again.status, again.headers.get('location'), again.headers.get('idempotency-replayed')], [202, first.headers.get('location'), 'true']);
      assert.deepEqual(again.body, first.body);
    } finally {
      await system.start('validation');
      await system.ready();
    }
    const location = first.headers.get('location');
    await finished(location);
    const before = await stored();
    const again = await keyed(lines, key);
    assert.deepEqual([again.status, again.headers.get('location'), again.headers.get('idempotency-replayed')], [202, location, 'true']);
    assert.deepEqual(again.body, (await read(location)).body);
    assert.deepEqual(await stored(), before);
    const row = await one('select submission_id, caller_id::text from idempotency_keys where key = $1', [key]);
    assert.deepEqual(row, { submission_id: location.split('/').at(-1), caller_id: world.providers[0].id });
  });

  test('another body, path or caller', async () => {
    const key = randomUUID(), person = somebody(), lines = [started(person)];
    await accepted(lines, { headers: { 'idempotency-key': key } });
    const before = await stored();
    for (const answer of [
      await keyed([...lines, '{'], key),
      await bulk([...lines, ''], { headers: { 'idempotency-key': key } }), // a blank line is another body
      await system.request('POST', DECLARATIONS, { token: person.provider.token, body: started(person), headers: { 'idempotency-key': key } }),
    ]) {
      assert.equal(answer.status, 422, answer.text);
      assert.deepEqual(titles(answer), ['idempotency_key']);
    }
    assert.deepEqual(await stored(), before);
    assert.equal((await keyed([started(somebody(1))], key, { provider: 1 })).status, 202);
  });

  test('of a single request holds a bulk one off', async () => {
    const key = randomUUID(), person = somebody();
    assert.equal((await system.request('POST', DECLARATIONS, { token: person.provider.token, body: started(person), headers: { 'idempotency-key': key } })).status, 200);
    assert.equal((await keyed([started(somebody())], key)).status, 422);
  });

  test('ten at once: one batch', async () => {
    const key = randomUUID(), lines = [started(somebody()), started(somebody())];
    const answers = await Promise.all(Array.from({ length: 10 }, () => keyed(lines, key)));
    assert.deepEqual(answers.map(({ status }) => status), Array(10).fill(202));
    assert.equal(new Set(answers.map(({ headers }) => headers.get('location'))).size, 1);
    assert.equal(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null).length, 1);
  });
});

// ---- limits

test('a batch is one request for the rate limits', async () => {
  const { url, name } = await startFront(system, { ECF2_RATE_TOKEN: '2' });
  const token = system.token(world.providers[0].name);
  const lines = () => Buffer.from(Array.from({ length: 5 }, () => `${line(started(somebody()))}\n`).join(''));
  const sent = [];
  for (let i = 0; i < 3; i++) sent.push(await send(lines(), { url, token, headers: { 'content-type': 'application/x-ndjson' } }));
  assert.deepEqual(sent.map(({ status }) => status), [202, 202, 429]);
  await system.kill(name, 'SIGTERM');
});

test('where the limit of undecided lines is reached, or memory is short, nothing is accepted', async () => {
  const small = await startFront(system, { ECF2_BULK_MEMORY: String(MIB) });
  const full = await startFront(system, { ECF2_LIMIT_BULK: '1' });
  const before = await stored();
  const large = await send(Buffer.from(`${' '.repeat(MIB)}\n{`), { url: small.url, headers: { 'content-type': 'application/x-ndjson' } });
  assert.deepEqual([large.status, large.headers.get('retry-after'), large.headers.get('location')], [503, '5', null], large.text);
  assert.match(large.body.errors[0].detail, /^Nothing was accepted/);
  assert.deepEqual(await stored(), before);
  assert.equal((await send(Buffer.from('{\n'), { url: small.url, headers: { 'content-type': 'application/x-ndjson' } })).status, 202, 'what was refused takes no memory');

  await system.kill('validation', 'SIGTERM');
  try {
    const location = await accepted([started(somebody()), started(somebody())]);
    await until('nobody tells of unfed lines', async () => (await bulk([started(somebody())], { url: full.url })).status === 503);
    assert.equal((await bulk([started(somebody())])).status, 202, 'another front has another limit');
    assert.equal((await read(location)).body.data.attributes.counts.undecided, 2);
  } finally {
    await system.start('validation');
    await system.ready();
  }
  for (const { name } of [small, full]) await system.kill(name, 'SIGTERM');
});

test('bodies of whoever has no token leave room for those whose token was good before', async () => {
  const { name, url } = await startFront(system, { ECF2_BULK_MEMORY: String(4 * MIB), ECF2_ACCEPT_LIMIT_MS: '10000' });
  const { hostname, port } = new URL(url), strangers = [];
  const held = async () => Number((await system.metrics(name)).get('ecf2_bulk_bytes'));
  const upload = (provider) => send(Buffer.from(`${' '.repeat(MIB / 4)}\n{`), { url, provider, headers: { 'content-type': 'application/x-ndjson' } });
  assert.equal((await system.request('GET', '/api/v3/submissions', { url, token: world.providers[0].token })).status, 200); // this front knows the first provider now
  for (let i = 0; i < 2; i++) {
    const socket = net.connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(`POST ${BULK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nobody-${i}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${MIB}\r\n\r\n${' '.repeat(0.7 * MIB)}`);
    strangers.push(socket);
  }
  await until('the strangers hold nothing', async () => (await held()) > 2.7 * MIB);
  assert.equal((await upload(1)).status, 503, 'nobody has asked this front with that token yet');
  assert.equal((await upload(0)).status, 202);
  assert.equal((await upload(1)).status, 202, 'now it has');
  for (const socket of strangers) socket.destroy();
  await until('what is gone takes memory', async () => (await held()) === 0);
  await system.kill(name, 'SIGTERM');
});

// ---- many

/** What may differ between two people, taken out of an answer. */
function comparable({ status, body }) {
  const attributes = body?.data?.attributes;
  if (!attributes) return [status, body?.errors?.map(({ title, detail }) => [title, detail.replace(/^Line \d+: /, '').replace(/it is \S+ now/, 'it is now')])];
  const { declaration_type, declaration_date, course_identifier, state, evidence_held, delivery_partner_id, statement_id, lead_provider_name } = attributes;
  return [status, { declaration_type, declaration_date, course_identifier, state, evidence_held, delivery_partner_id, statement_id, lead_provider_name }];
}

test(`${SIZES.lines} lines, ${SIZES.malformed} malformed, ${SIZES.subjects} subjects: in input order, each as if it was sent alone`, async (t) => {
  const together = Array.from({ length: SIZES.subjects }, () => somebody());
  const alone = Array.from({ length: SIZES.subjects }, () => somebody());
  const wrong = ['{', '{"data":{"attributes":{}}}', '[1', '{"data":1}'];
  const every = SIZES.lines / SIZES.malformed;
  const plan = Array.from({ length: SIZES.lines }, (_, i) => {
    if (i % every === every - 1) return { text: wrong[(i / every | 0) % wrong.length] };
    const n = i % SIZES.subjects, round = i / SIZES.subjects | 0;
    const type = types[round % types.length];
    // Again, but not the same: an identical one that is accepted while the first is undecided gets its record (declarations.md 7.1).
    const later = (round / types.length | 0) * 3600_000 + Date.parse(declaration(world.people[0], type).data.attributes.declaration_date);
    const more = round >= types.length ? { declaration_date: new Date(later).toISOString() } : round % 4 === 3 ? { declaration_date: '2999-01-01T00:00:00Z' } : round % 5 === 4 ? { course_identifier: 'nonsense' } : {};
    return { n, make: (people) => declaration(people[n], type, more) };
  });
  const begun = performance.now();
  const location = await accepted(plan.map(({ text, make }) => text ?? make(together)));
  t.diagnostic(`accepted in ${Math.round(performance.now() - begun)} ms`);
  const singles = new Map();
  const byPerson = Map.groupBy(plan.entries(), ([i, { n }]) => n ?? `malformed ${i % 20}`);
  await Promise.all([...byPerson.values()].map(async (mine) => {
    for (const [i, { text, make }] of mine) singles.set(i, await system.request('POST', DECLARATIONS, { token: world.providers[0].token, headers: { 'content-type': 'application/json' }, body: text ?? make(alone) }));
  }));
  await finished(location);
  t.diagnostic(`finished in ${Math.round(performance.now() - begun)} ms, beside as many single requests`);
  const lines = await results(location);
  assert.deepEqual(lines.map((row) => row.line), plan.map((_, i) => i + 1));
  for (const [i, row] of lines.entries()) assert.deepEqual(comparable(row.response), comparable(singles.get(i)), `line ${i + 1}: ${line(plan[i].text ?? plan[i].make(together))}`);
  assert.ok(lines.some((row) => row.response.status === 200) && lines.some((row) => row.response.status === 422));

  const { rows } = await system.db.query(
    `select s.subject from submissions s join submission_outcomes o on o.submission_id = s.id
     where s.batch_id = $1 group by s.subject having array_agg(s.batch_line order by o.decided_no) <> array_agg(s.batch_line order by s.batch_line)`, [location.split('/').at(-1)]);
  assert.deepEqual(rows, [], 'lines of one subject are decided in order');
});

test('a new leader tells of what finished meanwhile, and of nothing twice', async () => {
  const person = somebody();
  const location = await accepted([started(person)]);
  await finished(location);
  const times = async (batch) => (await one('select count(*)::integer as n from webhook_deliveries where batch_id = $1', [batch.split('/').at(-1)])).n;
  await until('not told', () => times(location));
  await system.kill('scheduler');
  const more = await accepted(['{', '[]']); // decided as soon as it is accepted
  assert.equal(await times(more), 0);
  await system.start('scheduler');
  await until('not told', () => times(more));
  const { rows } = await system.db.query(`select batch_id from webhook_deliveries where kind = 'batch.finished' group by 1 having count(*) <> 1`);
  assert.deepEqual(rows, []);
});

test('of what had finished before there was an endpoint nobody is told, and it is looked at once', async () => {
  const endpoint = (change) => system.db.query(`update webhook_endpoints set ${change} where lead_provider_id = $1`, [world.providers[1].id]);
  await endpoint(`event_kinds = '{submission.decided}'`);
  const location = await accepted(['{'], { provider: 1 }), id = location.split('/').at(-1);
  await endpoint(`event_kinds = '{batch.finished}', created_at = clock_timestamp()`);
  const looks = () => system.logs('scheduler').split('\n').filter((text) => text.includes('"batch_finished"') && text.includes(id)).length;
  await until('the leader does not look', looks);
  for (let turn = 0; turn < 2; turn++) {
    const other = await accepted(['{']);
    await until('not told', async () => (await one('select count(*)::integer as n from webhook_deliveries where batch_id = $1', [other.split('/').at(-1)])).n);
  }
  assert.equal(looks(), 1);
  assert.equal((await one('select count(*)::integer as n from webhook_deliveries where batch_id = $1', [id])).n, 0);
});
