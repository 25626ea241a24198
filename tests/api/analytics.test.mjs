// API requests recorded for analytics (lead-provider-api.md 3.14/2, metrics.md UA-1 to UA-3, UA-9, UA-11 and 6.3): what is
// recorded of each, what is not, and that nobody waits for it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, parse, raw, startFront, statuses, titles } from './client.mjs';
import { A, B, participant, world } from './world.mjs';

let system, a, b, providerId, on;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  [a, b] = [A, B].map((name) => new Provider(system, name));
  ({ rows: [{ id: providerId }] } = await system.db.query('select id::integer from lead_providers where name = $1', [A]));
  on = await startFront(system, { ECF2_ANALYTICS: 'on' });
});
after(() => system?.stop());

const ect = (name = 'untouched') => ({ participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z' });

/** What is recorded of the requests with this id. */
const eventsOf = async (id) => (await system.db.query('select * from usage_events where request_uuid = $1', [id])).rows;

/** The one event of a request, which has an id of its own; `data`. */
async function eventOf(id) {
  const rows = await until(`nothing is recorded of ${id}`, async () => {
    const found = await eventsOf(id);
    return found.length > 0 && found;
  }, 10_000);
  assert.equal(rows.length, 1, 'once');
  assert.equal(rows[0].event_type, 'persist_api_request');
  return rows[0];
}

/** Sends, and gives { answer, event, data }. */
async function recorded(method, path, { token = a.token, headers = {}, url = on.url, ...more } = {}) {
  const id = randomUUID();
  const answer = await system.request(method, path, { token, url, headers: { 'x-request-id': id, ...headers }, ...more });
  const event = await eventOf(id);
  assert.equal(event.data.status_code, answer.status);
  return { id, answer, event, data: event.data };
}

/** Notes of one loop are stored in their order: behind this whatever was sent before would be there. */
const allAreStored = (url = on.url) => recorded('GET', '/api/v3/statements', { url });

/** A request as text; gives the first answer. */
const sendText = (method, path, { id, token, fields = [], content = '', url = on.url } = {}) => raw(url, [`${method} ${path} HTTP/1.1`, 'Host: example.org',
  ...(token ? [`Authorization: Bearer ${token}`] : []), ...(id ? [`X-Request-Id: ${id}`] : []), ...fields, 'Connection: close', '', content].join('\r\n'));

describe('what is recorded (lead-provider-api.md 3.14/2)', () => {
  test('of a read: each field of metrics.md 6.3 (lead-provider-api.md 3.14/2)', async () => {
    const from = Date.now();
    const { id, answer, event, data } = await recorded('GET', '/api/v3/statements?filter[cohort]=2024&page%5Bpage%5D=1&email=a%40b.example&filter[cohort]=2025', {
      headers: { 'user-agent': 'tests/1', 'cache-control': 'no-cache', accept: 'application/json', 'accept-encoding': 'gzip', referer: 'https://elsewhere.example', cookie: 'a=b', 'if-none-match': '"x"' },
    });
    assert.equal(answer.status, 200, answer.text);
    const query = 'filter[cohort]=2024&page%5Bpage%5D=1&email=[FILTERED]&filter[cohort]=2025';
    const { response_headers: headers, ...rest } = data;
    assert.deepEqual(rest, {
      request_method: 'GET', request_path: '/api/v3/statements',
      request_headers: {
        version: 'HTTP/1.1', host: new URL(on.url).host, user_agent: 'tests/1', accept: 'application/json', accept_encoding: 'gzip', connection: 'keep-alive',
        cache_control: 'no-cache', query_string: query,
      },
      request_body: { 'filter[cohort]': ['2024', '2025'], 'page[page]': ['1'], email: ['[FILTERED]'] },
      response_body: {}, status_code: 200, user_description: `Lead provider: ${A}`, lead_provider: { id: providerId, name: A },
    });
    assert.deepEqual(Object.keys(headers).sort(), ['Cache-Control', 'Content-Type', 'ETag', 'Strict-Transport-Security', 'X-Content-Type-Options', 'X-Request-Id', 'X-Robots-Tag']);
    for (const [name, value] of Object.entries(headers)) assert.equal(value, answer.headers.get(name), name);
    assert.equal(headers['X-Request-Id'], id);
    assert.ok(event.occurred_at >= from - 1000 && event.occurred_at <= Date.now() + 1000, 'machine time');
    assert.match(event.event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  test('of each provider its own name; of the same id twice, twice (lead-provider-api.md 3.14/2)', async () => {
    const id = randomUUID();
    for (const { token } of [a, b]) await system.request('GET', '/api/v3/statements', { url: on.url, token, headers: { 'x-request-id': id } });
    await until('not both are recorded', async () => (await eventsOf(id)).length === 2);
    assert.deepEqual((await eventsOf(id)).map(({ data }) => data.lead_provider.name).sort(), [A, B]);
  });

  test('of HTTP/1.0, without fields, and of bytes that are no UTF-8 (lead-provider-api.md 3.14/2)', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await raw(on.url, `GET /api/v3/statements HTTP/1.0\r\nAuthorization: Bearer ${a.token}\r\nX-Request-Id: ${first}\r\n\r\n`);
    await raw(on.url, Buffer.from(`GET /api/v3/statements?x=%00%ff HTTP/1.1\r\nHost: x\r\nUser-Agent: a\xe9b\r\nAuthorization: Bearer ${a.token}\r\nX-Request-Id: ${second}\r\nConnection: close\r\n\r\n`, 'latin1'));
    assert.deepEqual((await eventOf(first)).data.request_headers, { version: 'HTTP/1.0', query_string: '' });
    const { data } = await eventOf(second);
    assert.equal(data.request_headers.user_agent, 'a\ufffdb');
    assert.deepEqual(data.request_body, { x: ['\ufffd\ufffd'] });
  });
});

describe('bodies (lead-provider-api.md 3.14/2)', () => {
  test('of a write that is accepted, and of one that is rejected with its answer (lead-provider-api.md 3.14/2)', async () => {
    const made = await recorded('POST', DECLARATIONS, { body: body(ect('W01')) });
    assert.equal(made.answer.status, 200, made.answer.text);
    assert.deepEqual([made.data.request_body, made.data.response_body], [body(ect('W01')), {}]);
    const again = await recorded('POST', DECLARATIONS, { body: body(ect('W01')) });
    assert.equal(again.answer.status, 422, again.answer.text);
    assert.deepEqual([again.data.request_body, again.data.response_body], [body(ect('W01')), again.answer.body]);
    assert.deepEqual(titles(again.answer).length > 0, true);
  });

  test('hidden keys, at any depth (lead-provider-api.md 3.14/2)', async () => {
    const sent = { data: { type: 'participant-declaration', attributes: { ...ect(), Email: 'planted@example.org', more: [{ trn: '7654321', secret: { a: 1 }, shown: true }] } } };
    const { data } = await recorded('POST', DECLARATIONS, { body: sent, headers: { prefer: 'handling=dry-run' } });
    assert.deepEqual(data.request_body.data.attributes, { ...ect(), Email: '[FILTERED]', more: [{ trn: '[FILTERED]', secret: '[FILTERED]', shown: true }] });
  });

  test('that cannot be parsed: recorded as such (lead-provider-api.md 3.14/2)', async () => {
    for (const sent of ['{', '{"data":', '{"a":1,"a":2}', '"\\u0000"', '1\0', Buffer.from([0x22, 0xff, 0x22])]) {
      const { answer, data } = await recorded('POST', DECLARATIONS, { body: sent });
      assert.equal(answer.status, 400, answer.text);
      assert.deepEqual(data.request_body, { error: 'the body is not JSON', bytes: sent.length });
      assert.deepEqual(data.response_body, answer.body);
    }
  });

  test('that are long: by their size (lead-provider-api.md 3.14/2)', async () => {
    const padded = (size) => JSON.stringify(body(ect())).padEnd(size);
    const fits = await recorded('POST', DECLARATIONS, { body: padded(16384), headers: { prefer: 'handling=dry-run' } });
    assert.deepEqual(fits.data.request_body, body(ect()));
    const long = await recorded('POST', DECLARATIONS, { body: padded(16385), headers: { prefer: 'handling=dry-run' } });
    assert.deepEqual(long.data.request_body, { error: 'the body is not recorded', bytes: 16385 });
    const refused = await recorded('POST', DECLARATIONS, { body: padded((1 << 20) + 1) });
    assert.equal(refused.answer.status, 413);
    assert.deepEqual([refused.data.request_body, refused.data.response_body], [{ error: 'the body is not recorded', bytes: (1 << 20) + 1 }, refused.answer.body]);
  });

  test('of a write that reads none: it, or the parameters (lead-provider-api.md 3.14/2)', async () => {
    const path = `${DECLARATIONS}/${randomUUID()}/void`;
    const without = await recorded('PUT', `${path}?trn=1&x=2`);
    assert.equal(without.answer.status, 404, without.answer.text);
    assert.deepEqual(without.data.request_body, { trn: ['[FILTERED]'], x: ['2'] });
    const small = await recorded('PUT', path, { body: { token: 'x', y: 2 } });
    assert.deepEqual([small.answer.status, small.data.request_body], [404, { token: '[FILTERED]', y: 2 }]);
    const large = await recorded('PUT', path, { body: '"'.padEnd(5000) });
    assert.deepEqual([large.answer.status, large.data.request_body], [404, { error: 'the body is not recorded', bytes: 5000 }]);
  });

  test('of a bulk request: by its size, whatever came of it (lead-provider-api.md 3.14/2)', async () => {
    const line = JSON.stringify(body(ect('W02'))), headers = { 'content-type': 'application/x-ndjson' };
    const { answer, data } = await recorded('POST', `${DECLARATIONS}/bulk`, { body: `${line}\n`, headers });
    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual([data.request_body, data.response_body], [{ error: 'the body is not recorded', bytes: line.length + 1 }, {}]);
    assert.equal(data.response_headers.Location, answer.headers.get('location'));
    const refused = await recorded('POST', `${DECLARATIONS}/bulk`, { body: line });
    assert.deepEqual([refused.answer.status, refused.data.request_body], [400, { error: 'the body is not recorded', bytes: line.length }]);
    const results = await until('the batch is not there', async () => {
      const { status } = await a.get(`${answer.headers.get('location')}/results`);
      return status === 200 && recorded('GET', `${answer.headers.get('location')}/results`);
    });
    assert.deepEqual([results.data.status_code, results.data.response_body], [200, {}], 'a streamed answer');
  });
});

describe('answers (lead-provider-api.md 3.14/2)', () => {
  test('a hit and a miss of the cache, and 304: no body (lead-provider-api.md 3.14/2)', async () => {
    const tag = (await recorded('GET', '/api/v3/delivery-partners')).answer.headers.get('etag');
    const hits = (await system.metrics(on.name)).get('ecf2_cache_requests_total{result="hit"}') ?? 0;
    await recorded('GET', '/api/v3/delivery-partners');
    const { answer, data } = await recorded('GET', '/api/v3/delivery-partners', { headers: { 'if-none-match': tag } });
    assert.equal(answer.status, 304);
    assert.deepEqual([data.response_body, data.response_headers.ETag], [{}, tag]);
    assert.ok((await system.metrics(on.name)).get('ecf2_cache_requests_total{result="hit"}') > hits, 'some were hits');
  });

  test('404: the body; to HEAD: none (lead-provider-api.md 3.14/2)', async () => {
    const path = `/api/v3/statements/${randomUUID()}`;
    const { answer, data } = await recorded('GET', path);
    assert.deepEqual([data.status_code, data.response_body], [404, answer.body]);
    const head = await recorded('HEAD', path);
    assert.deepEqual([head.data.request_method, head.data.status_code, head.data.response_body], ['HEAD', 404, {}]);
  });

  test('202 to who does not wait (lead-provider-api.md 3.14/2)', async () => {
    const { answer, data } = await recorded('POST', DECLARATIONS, { body: body(ect('W03')), headers: { prefer: 'respond-async' } });
    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual([data.response_body, data.response_headers.Location], [{}, answer.headers.get('location')]);
    await system.decided(answer.headers.get('location'), a.token);
  });

  test('400 of a parameter, and a path that is none, by a token that is known (lead-provider-api.md 3.14/2)', async () => {
    system.forgetReads(); // the token is looked up anew, and known to Redis for 10 s from then on
    const { data, answer } = await recorded('GET', '/api/v3/statements?filter=x');
    assert.deepEqual([data.status_code, data.response_body], [400, answer.body]);
    const id = randomUUID();
    assert.equal((await sendText('GET', '/api/v3/nothing?token=abc', { id, token: a.token })).status, 404);
    const nowhere = (await eventOf(id)).data;
    assert.deepEqual([nowhere.status_code, nowhere.request_path, nowhere.request_headers.query_string, nowhere.lead_provider.name, nowhere.response_body],
      [404, '/api/v3/nothing', 'token=[FILTERED]', A, { error: 'Not found' }]);
  });

  test('429, by a token that is known (lead-provider-api.md 3.14/2)', async () => {
    const { url } = await startFront(system, { ECF2_ANALYTICS: 'on', ECF2_RATE_TOKEN: '2' });
    const provider = new Provider(system, B), ids = [1, 2, 3].map(() => randomUUID());
    const answers = [];
    for (const id of ids) answers.push(await system.request('GET', '/api/v3/statements', { url, token: provider.token, headers: { 'x-request-id': id } }));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 429]);
    const { data } = await eventOf(ids[2]);
    assert.deepEqual([data.status_code, data.response_body, data.lead_provider.name], [429, { error: 'Too many requests' }, B]);
    assert.equal(data.response_headers['Retry-After'], answers[2].headers.get('retry-after'));
  });

  test('none, to a client that has gone: 499 (lead-provider-api.md 3.14/2)', async () => {
    const id = randomUUID(), content = JSON.stringify(body(ect('W04')));
    system.pause('validation');
    try {
      await sendAndGo(id, content);
      const { data } = await eventOf(id);
      assert.deepEqual([data.status_code, data.response_body, data.response_headers, data.request_body], [499, {}, {}, body(ect('W04'))]);
    } finally {
      system.proceed('validation');
    }
  });
});

/** Posts, and ends the connection once the submission is stored. */
async function sendAndGo(id, content) {
  let socket;
  const gone = raw(on.url, (connection) => {
    socket = connection;
    connection.write(`POST ${DECLARATIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.token}\r\nX-Request-Id: ${id}\r\nContent-Type: application/json\r\nContent-Length: ${content.length}\r\n\r\n${content}`);
  });
  await until('it is not stored', async () => (await system.db.query('select from submissions where trace_id = $1', [id])).rowCount > 0);
  socket.resetAndDestroy();
  await gone;
}

describe('what is not recorded (lead-provider-api.md 3.14/2)', () => {
  test('requests without a token that is valid, and other paths (lead-provider-api.md 3.14/2)', async () => {
    const revoked = new Provider(system, A), ids = Array.from({ length: 7 }, () => randomUUID());
    const { rows: [{ id: tokenId }] } = await system.db.query('select max(id) as id from api_tokens');
    assert.equal(system.ctl('token', 'revoke', String(tokenId)).status, 0);
    assert.equal((await sendText('GET', '/api/v3/statements', { id: ids[0] })).status, 401);
    assert.equal((await sendText('GET', '/api/v3/statements', { id: ids[1], token: 'x'.repeat(32) })).status, 401);
    assert.equal((await sendText('GET', '/api/v3/statements', { id: ids[2], token: revoked.token })).status, 401);
    assert.equal((await sendText('GET', '/api/v3/nothing', { id: ids[3] })).status, 404);
    assert.equal((await sendText('GET', '/api/v3/nothing', { id: ids[4], token: revoked.token })).status, 404);
    assert.equal((await sendText('GET', '/healthcheck', { id: ids[5], token: a.token })).status, 200);
    assert.equal((await sendText('GET', '/api/docs/v3/openapi.yaml', { id: ids[6], token: a.token })).status, 200);
    await allAreStored();
    assert.deepEqual((await system.db.query('select data from usage_events where request_uuid = any ($1)', [ids])).rows, []);
  });

  test('anything, unless it is switched on (lead-provider-api.md 3.14/2)', async () => {
    const id = randomUUID();
    assert.equal((await a.get('/api/v3/statements', { headers: { 'x-request-id': id } })).status, 200);
    assert.equal((await a.void(randomUUID(), { headers: { 'x-request-id': id }, body: { x: 1 } })).status, 404);
    await allAreStored();
    assert.deepEqual(await eventsOf(id), []);
    assert.deepEqual([...(await system.metrics('front')).keys()].filter((name) => name.startsWith('ecf2_usage_')), []);
  });

  test('tokens and what is planted under hidden names, in any column of any row (lead-provider-api.md 3.14/2)', async () => {
    await recorded('GET', '/api/v3/statements?trn=7654321&q=planted%20words&filter[last_name]=Plantedname&ap%69_key=plantedkey');
    const { rows } = await system.db.query('select e::text as row from usage_events as e');
    assert.ok(rows.length > 20);
    for (const planted of [a.token, b.token, 'planted', 'Planted', '7654321', 'a@b.example', 'a%40b']) {
      assert.deepEqual(rows.filter(({ row }) => row.includes(planted)), [], planted);
    }
    assert.doesNotMatch(system.logs(on.name) + system.logs('intake'), /planted|7654321/i);
  });
});

describe('nobody waits for it, and nothing fails with it (lead-provider-api.md 3.14/2)', () => {
  const counted = async (process, result) => (await system.metrics(process)).get(`ecf2_usage_events_total{result="${result}"}`) ?? 0;

  test('PostgreSQL takes none: answers are the same, the loss is counted (lead-provider-api.md 3.14/2)', async () => {
    const id = randomUUID(), lost = await counted('intake', 'lost');
    await system.db.query('revoke insert on usage_events from ecf2_intake');
    try {
      const answer = await a.send(ect('W05'), { url: on.url, headers: { 'x-request-id': id } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await a.get('/api/v3/statements', { url: on.url })).status, 200);
      await until('the loss is not counted', async () => (await counted('intake', 'lost')) >= lost + 2);
      assert.match(system.logs('intake'), /notes_lost/);
    } finally {
      await system.db.query('grant insert on usage_events to ecf2_intake');
    }
    const { id: next } = await allAreStored();
    assert.deepEqual([(await eventsOf(id)).length, (await eventsOf(next)).length], [0, 1]);
  });

  test('a note that PostgreSQL refuses takes no other with it (lead-provider-api.md 3.14/2)', async () => {
    const other = await startFront(system, { ECF2_ANALYTICS: 'on' }), ids = [randomUUID(), randomUUID()];
    await system.db.query(`alter table usage_events add constraint refused check (data->'request_headers'->>'user_agent' is distinct from 'refused') not valid`);
    try {
      await Promise.all([on, other].map(({ url }) => allAreStored(url))); // tokens are known
      await system.kill('intake', 'SIGTERM');
      const ask = (url, headers) => system.request('GET', '/api/v3/statements', { url, token: a.token, headers });
      await ask(on.url, { 'x-request-id': ids[0], 'user-agent': 'refused' });
      await ask(other.url, { 'x-request-id': ids[1] });
      await until('they are not at the broker', () => system.status().brokers[0].status.services.intake.async.waiting === 2, 3_000);
      await system.start('intake'); // it gets both at once
      await eventOf(ids[1]);
      assert.deepEqual(await eventsOf(ids[0]), []);
      assert.deepEqual([await counted('intake', 'lost'), await counted('intake', 'stored')], [1, 1]);
    } finally {
      await system.db.query('alter table usage_events drop constraint refused');
    }
  });

  test('intake is away: answers are the same (lead-provider-api.md 3.14/2)', async () => {
    system.pause('intake');
    try {
      assert.equal((await a.get('/api/v3/delivery-partners', { url: on.url })).status, 200);
      assert.equal((await a.get(`/api/v3/statements/${randomUUID()}`, { url: on.url })).status, 404);
    } finally {
      system.proceed('intake');
    }
    await allAreStored();
  });

  test('no broker: what is noted waits, up to a limit; beyond it is dropped and counted (lead-provider-api.md 3.14/2)', async () => {
    const long = `/api/v3/statements?x=${'y'.repeat(3500)}`, first = randomUUID(), dropped = await counted(on.name, 'dropped');
    system.forgetReads(); // the token is looked up anew, and known to Redis for 10 s from then on
    await allAreStored();
    await system.kill('broker');
    const pipelined = (n, id) => Array.from({ length: n }, (_, i) => `GET ${long} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.token}\r\nX-Request-Id: ${i === 0 && id ? id : randomUUID()}\r\n\r\n`).join('');
    const { text } = await raw(on.url, pipelined(300, first), { enough: (all) => statuses(all).length >= 300 });
    assert.equal(statuses(text).length, 300, 'each is answered');
    assert.deepEqual(parse(text).status, statuses(text)[0]);
    await until('nothing is dropped', async () => (await counted(on.name, 'dropped')) > dropped, 5_000);
    const noted = await counted(on.name, 'noted'), gone = await counted(on.name, 'dropped');
    assert.ok(noted - gone > 100, `${noted} noted, ${gone} dropped`);
    await system.start('broker');
    await eventOf(first);
  });

  test('a front that ends tells what it has noted (lead-provider-api.md 3.14/2)', async () => {
    await until('the front has not found the broker again', async () => (await system.request('GET', '/healthcheck/ready', { url: on.url })).status === 200);
    const id = randomUUID();
    assert.equal((await a.get('/api/v3/statements', { url: on.url, headers: { 'x-request-id': id } })).status, 200);
    await system.kill(on.name, 'SIGTERM');
    await eventOf(id);
  });
});
