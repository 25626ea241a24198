// What every operation of front/openapi.yaml answers in the same way, asked of each of them: without a token, malformed, for
// nobody's id, too large, above a limit, with a key that is taken, without waiting, and while others are away. Requests are made
// of the document (support/samples.mjs), so that one that is new there is asked too.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { document as theDocument } from '../support/contract.mjs';
import { MIB, isBulk, listOf, neededQuery, sample } from '../support/samples.mjs';
import { startSystem, until } from '../support/system.mjs';
import { Provider, london, startFront, titles } from './client.mjs';
import { A, world } from './world.mjs';

const document = theDocument(), { operations } = document;
const has = (status) => operations.filter(({ statuses }) => statuses.includes(status));
const decides = /^(validation|eligibility|payments)/;
const takesKey = ({ parameters }) => parameters.some(({ name }) => name === 'Idempotency-Key');

let system, a, batch;
const fronts = {};
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  a = new Provider(system, A);
  for (const operation of operations.filter(isBulk)) batch = await finished((await ask(operation)).headers.get('location'));
  fronts.limited = await startFront(system, { ECF2_RATE_TOKEN: '1', ECF2_RATE_PUBLIC: '1', ECF2_RATE_PROTECTED: '1', ECF2_TRUSTED_PROXIES: '127.0.0.1' });
  await system.start('front-99', { ECF2_BROKERS: `ipc://${system.dir}/nobody.sock` });
  fronts.alone = { url: `http://${system.processes.get('front-99').http}` };
});
after(() => system?.stop());

/** A request to an operation, as it should be but for what is told. */
function ask(operation, { id, query, method, ...more } = {}) {
  const made = sample(document, operation, { id, query });
  return system.request(method ?? made.method, made.path, { token: a.token, ...made, ...more, headers: { ...made.headers, ...more.headers } });
}

async function finished(location) {
  await until(`${location} is not finished`, async () => (await a.get(location)).body.data.attributes.finished_at !== null);
  return location.split('/').pop();
}

/** The id of something that an operation shows, of the first in its list; undefined: there is none. */
async function idFor(operation) {
  if (operation.path.startsWith('/api/v3/batches/')) return batch;
  const list = listOf(document, operation);
  return list && (await ask(list, { query: ['page[per_page]=1'] })).body.data[0]?.id;
}

const is = (answer, status) => assert.equal(answer.status, status, answer.text);

/** What an operation can answer whatever it does, by what it is. */
function statusesOf(operation) {
  const isWrite = operation.method !== 'get', isStream = Object.keys(document.at(...operation.place, 'responses', '200').node?.content ?? {}).includes('application/x-ndjson');
  if (operation.isOpen) return ['429'];
  return [
    '400', '401', '429', '503', ...(isWrite ? ['202', '422'] : ['200']), ...(isWrite && !isBulk(operation) ? ['200', '409', '500'] : []), ...(!isWrite && !isStream ? ['304'] : []), ...(operation.body ? ['413'] : []), ...(operation.path.includes('{') ? ['404'] : []),
  ];
}

test('every operation has the statuses that all of its kind can have', () => {
  const missing = operations.flatMap((operation) => statusesOf(operation).filter((status) => !operation.statuses.includes(status)).map((status) => `${operation.name}: ${status}`));
  assert.deepEqual(missing, []);
  assert.deepEqual(operations.filter(({ method, isOpen }) => method !== 'get' && !isOpen).filter((one) => !takesKey(one)), [], 'every write takes a key');
});

describe('401: no token', () => {
  for (const operation of has('401')) test(operation.name, async () => is(await ask(operation, { token: undefined }), 401));
});

describe('400: a filter that is none, a body that is no JSON, pages that are no numbers', () => {
  for (const operation of has('400')) {
    test(operation.name, async () => {
      const answer = await ask(operation, { query: ['filter=x'] });
      is(answer, 400);
      assert.deepEqual(titles(answer), ['Bad parameter']);
      if (operation.body) {
        const malformed = await ask(operation, { body: isBulk(operation) ? ' ' : '{' });
        is(malformed, 400);
        assert.deepEqual(titles(malformed), ['Bad request']);
      }
      if (operation.parameters.some(({ name }) => name === 'page[page]')) assert.deepEqual(titles(await ask(operation, { query: ['page=x'] })), ['Bad request']);
      if (takesKey(operation)) is(await ask(operation, { headers: { 'idempotency-key': 'a b' } }), 400);
      for (const name of neededQuery(document, operation).map((pair) => pair.split('=', 1)[0])) {
        const { path } = sample(document, operation), answer = await a.get(path.replace(name, 'filter[x]'));
        is(answer, 400);
        assert.deepEqual(titles(answer), ['Bad parameter'], name);
      }
    });
  }
});

describe('404: the id of nobody, or none at all', () => {
  for (const operation of has('404')) {
    test(operation.name, async () => {
      for (const id of [undefined, 'x', '00000000-0000-7000-8000-00000000000']) {
        const answer = await ask(operation, { id });
        is(answer, 404);
        assert.deepEqual(titles(answer), ['Resource not found']);
      }
    });
  }
});

describe('304: what somebody has, and HEAD', () => {
  for (const operation of operations.filter(({ method }) => method === 'get')) {
    test(operation.name, async (t) => {
      const id = operation.path.includes('{id}') ? await idFor(operation) : undefined;
      if (operation.path.includes('{id}') && id === undefined) return t.skip('this world has none');
      const shown = await ask(operation, { id });
      is(shown, 200);
      const head = await ask(operation, { id, method: 'HEAD' });
      assert.deepEqual([head.status, head.text, head.headers.get('content-type')], [200, '', shown.headers.get('content-type')]);
      if (!operation.statuses.includes('304')) return undefined;
      assert.equal(head.headers.get('etag'), shown.headers.get('etag'));
      is(await ask(operation, { id, headers: { 'if-none-match': shown.headers.get('etag') } }), 304);
      is(await ask(operation, { id, headers: { 'if-none-match': 'W/"0"' } }), 200);
      return undefined;
    });
  }
});

describe('a write that does not wait, and one that is only tried', () => {
  for (const operation of has('202')) {
    test(operation.name, async () => {
      const answer = await ask(operation, { headers: { prefer: 'respond-async' } });
      is(answer, 202);
      assert.equal(answer.headers.get('preference-applied'), 'respond-async');
      is(await a.get(answer.headers.get('location')), 200);
      const tried = await ask(operation, { headers: { prefer: 'handling=dry-run' } });
      is(tried, isBulk(operation) ? 400 : 200);
      if (!isBulk(operation)) assert.ok(tried.body.data.attributes.rules.length > 0, tried.text);
    });
  }
});

describe('a key that is taken', () => {
  for (const operation of operations.filter(takesKey)) {
    test(`${operation.name}: by another request 422, by the same its answer again`, async () => {
      const headers = { 'idempotency-key': randomUUID() };
      const first = await ask(operation, { headers }), again = await ask(operation, { headers });
      assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [first.status, 'true']);
      if (first.status !== 202) assert.equal(again.text, first.text);
      const other = await ask(operation, { headers, query: ['another=one'], body: `${sample(document, operation).body ?? ''} ` });
      is(other, 422);
      assert.deepEqual(titles(other), ['idempotency_key']);
    });
  }

  test('by one that is being decided 409', async () => {
    const paused = [...system.processes.keys()].filter((name) => decides.test(name));
    const all = has('409').map((operation) => ({ operation, headers: { 'idempotency-key': randomUUID() } }));
    let firsts = [];
    paused.forEach((name) => system.pause(name));
    try {
      firsts = all.map(({ operation, headers }) => ask(operation, { headers }));
      const keys = all.map(({ headers }) => headers['idempotency-key']);
      await until('they are not accepted', async () => (await system.db.query('select from idempotency_keys where key = any ($1)', [keys])).rowCount === keys.length);
      for (const { operation, headers } of all) {
        const answer = await ask(operation, { headers });
        is(answer, 409);
        assert.deepEqual(titles(answer), ['Conflict'], operation.name);
      }
    } finally {
      paused.forEach((name) => system.proceed(name));
    }
    for (const { status } of await Promise.all(firsts)) assert.ok([200, 404, 422].includes(status), String(status));
  });
});

describe('500: what was given up', () => {
  for (const operation of has('500')) {
    test(operation.name, async () => {
      const paused = [...system.processes.keys()].filter((name) => decides.test(name)), headers = { 'idempotency-key': randomUUID() };
      paused.forEach((name) => system.pause(name));
      try {
        const first = await ask(operation, { headers: { ...headers, prefer: 'wait=1' } });
        is(first, 202);
        const id = first.headers.get('location').split('/').pop();
        await system.db.query("insert into submission_dead_letters (submission_id, stage, attempts, reason) values ($1, 'validation', 5, 'worker died')", [id]);
        assert.equal(system.ctl('dead', 'drop', id).status, 0);
      } finally {
        paused.forEach((name) => system.proceed(name));
      }
      const again = await ask(operation, { headers });
      is(again, 500);
      assert.equal(again.headers.get('idempotency-replayed'), 'true');
    });
  }
});

describe('413: a body that is too large', () => {
  for (const operation of has('413')) {
    test(operation.name, async () => {
      const answer = await ask(operation, { body: ' '.repeat((isBulk(operation) ? 10 : 1) * MIB + 1) });
      is(answer, 413);
      assert.deepEqual(titles(answer), ['Content too large']);
    });
  }
});

describe('429: above a limit', () => {
  const headers = { 'x-forwarded-for': '192.0.2.1' };
  for (const operation of has('429')) {
    test(operation.name, async () => {
      await until('it is never limited', async () => {
        const { status } = await ask(operation, { url: fronts.limited.url, token: 'nobody', headers });
        assert.ok([200, 304, 401, 429].includes(status), String(status));
        return status === 429;
      });
    });
  }
});

describe('503: nobody is there to ask', () => {
  const isPublic = ({ path }) => path.startsWith('/api/docs/');
  for (const operation of has('503').filter((one) => !isPublic(one))) {
    test(operation.name, async () => {
      const answer = await ask(operation, { url: fronts.alone.url });
      is(answer, 503);
      assert.equal(answer.headers.get('location'), null);
    });
  }

  test('what the front has itself, while it has enough to do', async () => {
    const { url, name } = await startFront(system, { ECF2_MAX_IN_FLIGHT: '1' });
    const paused = [...system.processes.keys()].filter((one) => decides.test(one));
    const key = randomUUID();
    let waiting;
    paused.forEach((one) => system.pause(one));
    try {
      const [write] = has('409');
      waiting = ask(write, { url, headers: { 'idempotency-key': key } });
      await until('it is not accepted', async () => (await system.db.query('select from idempotency_keys where key = $1', [key])).rowCount > 0);
      for (const operation of has('503').filter(isPublic)) is(await ask(operation, { url }), 503);
      is(await a.get('/healthcheck/live', { url }), 200);
    } finally {
      paused.forEach((one) => system.proceed(one));
      await waiting;
      await system.kill(name, 'SIGTERM');
    }
  });
});
