// The client that lives a year (support/lead_provider.mjs), against a server that answers as the contract allows and no system
// would when it is asked to: is it as careful as it must be, and does it see a fault where there is one?
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { LeadProvider, Unexpected } from '../support/lead_provider.mjs';

let server, answers = [], got = [], provider, now;
before(() => new Promise((resolve) => {
  server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    got.push({ method: request.method, url: decodeURIComponent(request.url), headers: request.headers, text, at: performance.now() });
    const { status, headers = {}, body } = typeof answers === 'function' ? answers(request) : (answers.shift() ?? { status: 500, body: { errors: [] } });
    if (status === undefined) return request.socket.destroy();
    response.writeHead(status, { 'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json', ...headers });
    return response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1', resolve);
}));
after(() => (server.closeAllConnections(), server.close()));
beforeEach(() => {
  [answers, got, now] = [[], [], new Date('2025-09-01T10:00:00Z')];
  provider = new LeadProvider({ urls: [`http://127.0.0.1:${server.address().port}`], token: 'token', name: 'A', cohorts: [2024, 2025], clock: () => now, patienceMs: 1500 });
});

const row = (id, updated_at, more = {}) => ({ id, type: 'participant-declaration', attributes: { updated_at, lead_provider_name: 'A', ...more } });
const list = (...data) => ({ status: 200, body: { data } });
const keys = () => got.map(({ headers }) => headers['idempotency-key']);
const gaps = () => got.slice(1).map(({ at }, i) => Math.round(at - got[i].at));

test('what is not answered, or "later", is sent again with its key and no earlier than it says', async () => {
  answers = [{}, { status: 503, headers: { 'retry-after': '1' } }, { status: 409, headers: { 'retry-after': '0' } },
    { status: 503, headers: { 'retry-after': new Date(Date.now() - 5000).toUTCString(), location: '/api/v3/submissions/x' } }, { status: 200, body: { data: row('a', '2025-09-01T10:00:00Z') } }];
  const { status } = await provider.declare({ participant_id: 'p' });
  assert.deepEqual([status, got.length, new Set(keys()).size], [200, 5, 1]);
  assert.match(keys()[0], /^[0-9a-f-]{36}$/);
  assert.ok(gaps()[1] >= 990 && gaps()[2] < 900, gaps().join());
  assert.equal(new Set(got.map(({ text }) => text)).size, 1, 'the very bytes');
  assert.deepEqual(provider.one('declarations', 'a'), { id: 'a', updated_at: '2025-09-01T10:00:00Z', lead_provider_name: 'A' }, 'what it was told is in its copy');
});

test('429 holds all its requests', async () => {
  let refused = 0;
  answers = () => (refused++ ? list() : { status: 429, headers: { 'ratelimit-limit': '1', 'ratelimit-remaining': '0', 'ratelimit-reset': '1' }, body: { error: 'Too many requests' } });
  const first = provider.sync('statements');
  while (refused === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await Promise.all([first, provider.sync('partnerships')]);
  assert.deepEqual(got.slice(1).map(({ at }) => at - got[0].at > 900), [true, true]);
});

test('it does not wait for ever', async () => {
  answers = () => ({ status: 503, headers: { 'retry-after': '2' } });
  await assert.rejects(provider.declare({}), Unexpected);
  answers = () => ({});
  await assert.rejects(provider.sync('statements'), /no answer in 1500 ms/);
});

test('202 is followed at the pace it asks for', async () => {
  const submission = (state, response = null) => ({ status: 200, headers: state === 'decided' ? {} : { 'retry-after': '1' }, body: { data: { id: 's', type: 'submission', attributes: { state, response } } } });
  answers = [{ status: 202, headers: { location: '/api/v3/submissions/s' }, body: {} }, submission('received'), submission('decided', { status: 422, body: { errors: [{ title: 'participant_id', detail: 'no' }] } })];
  assert.deepEqual(await provider.declare({}, { prefer: 'respond-async' }), { status: 422, body: { errors: [{ title: 'participant_id', detail: 'no' }] } });
  assert.deepEqual(got.map(({ url }) => url), ['/api/v3/participant-declarations', '/api/v3/submissions/s', '/api/v3/submissions/s']);
  assert.equal(got[0].headers.prefer, 'respond-async');
  assert.ok(gaps()[1] >= 990, gaps().join());
});

test('a batch gives its results in the order of its lines', async () => {
  const batch = (finished_at) => ({ status: 200, headers: { 'retry-after': '0' }, body: { data: { attributes: { finished_at } } } });
  const line = (n, status, body) => JSON.stringify({ line: n, response: { status, body } });
  answers = [{ status: 202, headers: { location: '/api/v3/batches/b' }, body: {} }, batch(null), batch('2025-09-01T10:00:00Z'),
    { status: 200, body: `${line(1, 200, { data: row('a', '2025-09-01T10:00:00Z') })}\n${line(2, 422, { errors: [] })}\n` }];
  assert.deepEqual((await provider.declareAll([{ a: 1 }, { a: 2 }])).map(({ status }) => status), [200, 422]);
  assert.deepEqual([got[0].headers['content-type'], got[0].text.split('\n').length], ['application/x-ndjson', 3]);
  assert.ok(provider.one('declarations', 'a'));
});

test('it reads until a page is empty, then what has moved since two polls ago', async () => {
  answers = [list(row('a', '1'), row('b', '1')), list(row('c', '1')), list()];
  assert.equal((await provider.sync('declarations')).size, 3);
  const asked = () => got.splice(0).map(({ url }) => url.replace(/^[^?]*\?/, ''));
  assert.deepEqual(asked(), ['page[page]=1', 'page[page]=2', 'page[page]=3']);
  for (const [day, since] of [[2, 1], [3, 1], [4, 2], [5, 3]]) {
    now = new Date(`2025-09-0${day}T10:00:00Z`);
    answers = [list(row('b', String(day))), list()];
    assert.deepEqual([...(await provider.sync('declarations')).keys()], ['b']);
    assert.deepEqual(asked(), [1, 2].map((page) => `filter[updated_since]=2025-09-0${since}T10:00:00.000Z&page[page]=${page}`));
  }
  assert.deepEqual(provider.all('declarations').map(({ id, updated_at }) => id + updated_at), ['a1', 'b5', 'c1']);
});

test('schools are of a cohort each, and what has no updated_since is read whole', async () => {
  const school = (cohort) => ({ id: 's', type: 'school', attributes: { cohort } });
  answers = [list(school('2024')), list(), list(school('2025')), list()];
  await provider.sync('schools');
  assert.deepEqual([...provider.copy.get('schools').keys()], ['2024/s', '2025/s']);
  answers = [list(), list()];
  await provider.sync('delivery-partners');
  await provider.sync('delivery-partners');
  assert.ok(!got.some(({ url }) => url.includes('updated_since')));
});

test('what has not changed is not sent again', async () => {
  answers = [{ status: 200, headers: { etag: 'W/"1"' }, body: { data: 1 } }, { status: 304 }, { status: 200, headers: { etag: 'W/"2"' }, body: { data: 2 } }];
  const seen = [];
  for (let i = 0; i < 3; i++) seen.push((await provider.get('/api/v3/statements/x')).body.data);
  assert.deepEqual(seen, [1, 1, 2]);
  assert.deepEqual(got.map(({ headers }) => headers['if-none-match']), [undefined, 'W/"1"', 'W/"1"']);
});

test('a copy that differs is a fault, unless no updated_at could have told', async () => {
  const enrolment = { participant_status: 'joining', working_pattern: null, pupil_premium_uplift: false, sparsity_uplift: false, schedule_identifier: 'x' };
  const person = (updated_at, more) => ({ id: 'p', type: 'participant', attributes: { updated_at, ecf_enrolments: [{ ...enrolment, ...more }] } });
  const differ = async (name, mine, theirs) => {
    answers = [list(...mine), list()];
    await provider.fullSync(name);
    answers = [list(...theirs), list()];
    return (await provider.differences([name])).map(({ what, gap }) => `${what}${gap ? ` ${/\((.*)\)/.exec(gap)[1]}` : ''}`);
  };
  assert.deepEqual(await differ('participants', [person('1')], [person('1')]), []);
  assert.deepEqual(await differ('participants', [person('1')], [person('1', { participant_status: 'active' })]), ['stale 3.13']);
  for (const other of [person('2'), person('1', { schedule_identifier: 'y' }), person('1', { participant_status: 'leaving', schedule_identifier: 'y' })]) assert.deepEqual(await differ('participants', [person('1')], [other]), ['stale']);
  assert.deepEqual(await differ('participants', [person('1', { participant_status: 'active' })], [person('1', { participant_status: 'left' })]), ['stale'], 'somebody who withdrew');
  assert.deepEqual(await differ('participants', [person('1')], []), ['gone']);
  assert.deepEqual(await differ('participants', [], [person('1')]), ['missing']);
  assert.deepEqual(await differ('declarations', [row('a', '1')], [row('a', '2'), row('b', '1')]), ['stale', 'missing']);
  assert.deepEqual(await differ('declarations', [row('a', '1')], [row('a', '1'), row('b', '1', { lead_provider_name: 'B' })]), ['missing 7.1']);
  const partnership = (updated_at, participants_currently_training) => ({ id: 'q', attributes: { updated_at, participants_currently_training } });
  assert.deepEqual(await differ('partnerships', [partnership('1', 1)], [partnership('1', 2)]), ['stale 3.13']);
  for (const [mine, theirs] of [[[partnership('1', 1)], [partnership('2', 1)]], [[], [partnership('1', 1)]], [[partnership('1', 1)], []]]) assert.match((await differ('partnerships', mine, theirs)).join(), /^(stale|missing|gone)$/);
  const transfer = (updated_at, status, joining) => ({ id: 't', attributes: { updated_at, transfers: [{ status, leaving: { provider: 'A' }, joining: { provider: joining } }] } });
  assert.deepEqual(await differ('transfers', [transfer('1', 'incomplete', 'A')], [transfer('1', 'complete', 'A')]), ['stale 3.13']);
  assert.deepEqual(await differ('transfers', [transfer('1', 'incomplete', 'A')], [transfer('2', 'incomplete', 'A')]), ['stale']);
  assert.deepEqual(await differ('transfers', [transfer('1', 'incomplete', 'B')], [transfer('2', 'incomplete', 'B')]), ['stale 6']);
});

test('what nobody expects is told as it came', async () => {
  answers = [{ status: 500, body: { error: 'Internal server error' } }];
  await assert.rejects(provider.sync('statements'), (error) => error instanceof Unexpected && error.answer.status === 500);
});
