// submissions.md sections 1 to 3 over HTTP: waiting, not waiting, and what a submission looks like afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, parse, postText, raw, startFront } from './client.mjs';
import { A, B, participant, world } from './world.mjs';

let system, a, b;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  [a, b] = [A, B].map((name) => new Provider(system, name));
});
after(() => system?.stop());

const ect = (name, more = {}) => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...more,
});
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const whole = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const ids = new Map(); // submissions of tests above, by name

/** 202 as submissions.md section 2 and 3 have it; gives the Location. */
function isAccepted(answer, applied) {
  assert.equal(answer.status, 202, answer.text);
  const location = answer.headers.get('location');
  const [, prefix, id] = /^(\/api\/v3\/submissions\/)(.*)$/.exec(location);
  assert.ok(prefix && uuid.test(id), location);
  assert.equal(answer.headers.get('preference-applied'), applied);
  assert.match(answer.headers.get('retry-after'), /^([1-9]|10)$/);
  const { data } = answer.body;
  assert.deepEqual(Object.keys(answer.body), ['data']);
  assert.deepEqual([data.id, data.type], [id, 'submission']);
  const { accepted_at, updated_at, state, ...rest } = data.attributes;
  assert.match(accepted_at, whole);
  assert.match(updated_at, whole);
  assert.ok(state === 'received', state);
  assert.deepEqual(rest, { kind: 'declaration.create', result: null, decided_at: null, batch_id: null, line: null, response: null, resource: null });
  assert.equal(accepted_at, new Date(parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString().replace(/\.\d+Z/, 'Z'), 'the id tells when');
  return location;
}

describe('waiting', () => {
  test('is what happens without Prefer', async () => {
    const answer = await a.send(ect('waits'));
    assert.equal(answer.status, 200, answer.text);
    for (const name of ['location', 'preference-applied', 'retry-after']) assert.equal(answer.headers.get(name), null, name);
  });

  test('unknown preferences are ignored', async () => {
    const answer = await a.send(ect('unknown preference'), { headers: { prefer: 'return=minimal, respond-asynchronously, "respond-async", wait, handling=lenient;x="a,respond-async"' } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get('preference-applied'), null);
  });

  for (const [name, value, applied] of [['wait huge', 'wait=99999999999999999999', 'wait=25'], ['wait 1', 'wait=20', 'wait=20'], ['wait quoted', 'wait="20"', 'wait=20'],
    ['wait twice', 'wait=20, wait=0', 'wait=20'], ['wait both', 'respond-async, wait=20', 'respond-async, wait=20']]) {
    test(`Prefer: ${value} waits`, async () => {
      const answer = await a.send(ect(name), { headers: { prefer: value } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers.get('preference-applied'), applied);
    });
  }

  for (const value of ['wait=soon', 'wait=-1', 'wait=', 'wait=1.5', 'wait=0x10', 'wait = ', ',,;=', '"']) {
    test(`Prefer: ${value} is no preference`, async () => {
      const answer = await a.send(ect('wait nonsense', { declaration_type: 'nonsense' }), { headers: { prefer: value } });
      assert.equal(answer.status, 422, answer.text);
      assert.equal(answer.headers.get('preference-applied'), null);
    });
  }
});

describe('not waiting', () => {
  test('respond-async: 202, then the very answer of a waiting call', async () => {
    const location = isAccepted(await a.send(ect('async'), { headers: { prefer: 'respond-async' } }), 'respond-async');
    const decided = await system.decided(location, a.token);
    assert.deepEqual([decided.state, decided.result, decided.response.status], ['decided', 'succeeded', 200]);
    assert.equal(decided.response.body.data.attributes.state, 'eligible');
    const { id } = decided.response.body.data;
    assert.deepEqual(decided.resource, { type: 'participant-declaration', id });
    const shown = await a.get(`${DECLARATIONS}/${id}`);
    assert.deepEqual(shown.body, decided.response.body);
    assert.ok((await a.get(location)).text.includes(shown.text), 'byte for byte');
    ids.set('async', location);
  });

  test('a rejection is stored as the waiting call tells it', async () => {
    const attributes = ect('async rejected', { declaration_type: 'extended-1', evidence_held: 'nonsense' });
    const location = isAccepted(await a.send(attributes, { headers: { prefer: 'respond-async' } }), 'respond-async');
    const decided = await system.decided(location, a.token);
    const waited = await a.send(attributes);
    assert.deepEqual([waited.status, decided.response], [422, { status: 422, body: waited.body }]);
    assert.deepEqual([decided.result, decided.resource], ['rejected', null]);
  });

  test('wait=0 does not wait', async () => {
    const answer = await a.send(ect('wait 0'), { headers: { prefer: 'wait=0' } });
    await system.decided(isAccepted(answer, 'wait=0'), a.token);
  });

  for (const value of ['Respond-Async', 'foo=bar, respond-async', 'respond-async;x=y', ' respond-async ,', 'respond-async, respond-async']) {
    test(`Prefer: ${value} does not wait`, async () => {
      const answer = await a.send(ect('async'), { headers: { prefer: value } });
      const decided = await system.decided(isAccepted(answer, 'respond-async'), a.token);
      assert.equal(decided.response.status, 422, 'declared above');
    });
  }

  test('several Prefer fields are one list', async () => {
    const content = JSON.stringify(body(ect('several Prefer')));
    const answer = await raw(system.url, postText(a.token, content, { headers: ['Prefer: foo', 'prefer: respond-async', 'PREFER: wait=0', 'Connection: close'] }));
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.headers['preference-applied'], 'respond-async, wait=0');
    await system.decided(answer.headers.location, a.token);
  });

  test('wait=1 while nobody decides: 202 after a second; afterwards the answer is there', async () => {
    system.pause('validation');
    const began = performance.now();
    const answer = await a.send(ect('wait negative'), { headers: { prefer: 'wait=1' } }).finally(() => system.proceed('validation'));
    const took = performance.now() - began;
    const location = isAccepted(answer, 'wait=1');
    assert.ok(took > 900 && took < 6000, `${took} ms`);
    assert.equal((await system.decided(location, a.token)).response.status, 200);
  });

  test('what the front can decide itself is answered at once, in every mode', async () => {
    const options = { headers: { prefer: 'respond-async' } };
    const { rows: [{ count: before }] } = await system.db.query('select count(*) from submissions');
    assert.equal((await system.request('POST', DECLARATIONS, { token: a.token, body: {}, ...options })).status, 400);
    assert.equal((await system.request('POST', DECLARATIONS, { token: 'nonsense', body: body(ect('untouched')), ...options })).status, 401);
    const { rows: [{ count }] } = await system.db.query('select count(*) from submissions');
    assert.equal(count, before, 'and stores nothing');
  });

  test('the front\'s own limit bounds waiting', async () => {
    const { url } = await startFront(system, { ECF2_WAIT_LIMIT_MS: '0' });
    const answer = await a.send(ect('foreign'), { url });
    assert.equal(answer.status, 202, answer.text);
    const location = answer.headers.get('location');
    await system.decided(location, a.token);
    ids.set('foreign', location);
  });
});

describe('GET /api/v3/submissions/{id}', () => {
  test('another provider\'s is the 404 of what does not exist, byte for byte', async () => {
    const location = ids.get('foreign');
    const foreign = await b.get(location);
    const none = await b.get('/api/v3/submissions/01936f2e-0000-7000-8000-000000000000');
    const own = await a.get(location);
    assert.deepEqual([own.status, foreign.status, none.status], [200, 404, 404]);
    assert.equal(foreign.text, none.text);
    assert.deepEqual(Object.keys(foreign.body), ['errors']);
    assert.equal(foreign.body.errors[0].title, 'Resource not found');
    const quiet = (headers) => [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
    assert.deepEqual(quiet(foreign.headers), quiet(none.headers));
    assert.equal((await system.request('GET', location, { token: 'nonsense' })).status, 401);
    assert.equal((await system.request('GET', location)).status, 401);
  });

  test('an id that is no UUID, or of another version, is not found', async () => {
    for (const id of ['1', 'x', 'null', '01936f2e', '00000000-0000-0000-0000-000000000000', '7b14347f-353b-4160-8f5e-14d2a270a26f', 'ffffffff-ffff-7fff-bfff-ffffffffffff',
      '%00', '..', "'--", 'a'.repeat(3000), '{01936f2e-0000-7000-8000-000000000000}', '01936f2e000070008000000000000000', '00000000-0000-7000-8000-000000000000']) {
      const answer = await raw(system.url, `GET /api/v3/submissions/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.token}\r\nConnection: close\r\n\r\n`);
      assert.equal(answer.status, 404, id);
      assert.deepEqual(JSON.parse(answer.body).errors.map(({ title }) => title), ['Resource not found'], id);
    }
  });

  test('an id that is no UUID gets the bytes of one that does not exist', async () => {
    const none = await a.get('/api/v3/submissions/01936f2e-0000-7000-8000-000000000000');
    assert.equal((await a.get('/api/v3/submissions/1')).text, none.text);
  });

  test('the id in capital letters is the same', async () => {
    const location = ids.get('async');
    const id = location.split('/').pop();
    assert.equal((await a.get(location.replace(id, id.toUpperCase()))).text, (await a.get(location)).text);
  });

  for (const path of [() => ids.get('async'), async () => `${DECLARATIONS}/${(await a.get(ids.get('async'))).body.data.attributes.resource.id}`]) {
    test('HEAD and conditional GET', async () => {
      const where = await path();
      const full = await a.get(where);
      const etag = full.headers.get('etag');
      assert.match(etag, /^W\/"[^"]+"$/);
      assert.equal(full.headers.get('cache-control'), 'max-age=0, private, must-revalidate');

      const head = await raw(system.url, `HEAD ${where} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.token}\r\nConnection: close\r\n\r\n`);
      assert.deepEqual([head.status, head.body, head.headers.etag, head.headers['content-length']], [200, '', etag, full.headers.get('content-length')]);

      for (const value of [etag, etag.slice(2), `"x", ${etag}`, '*', `W/"y",${etag}`]) {
        const same = await a.get(where, { headers: { 'if-none-match': value } });
        assert.deepEqual([same.status, same.text, same.headers.get('etag')], [304, '', etag], value);
      }
      for (const value of ['W/"other"', '"', etag.slice(0, -1), 'W/', '']) {
        assert.equal((await a.get(where, { headers: { 'if-none-match': value } })).status, 200, value);
      }
    });
  }

  test('undecided: Retry-After, and every later field null', async () => {
    system.pause('validation');
    try {
      const location = isAccepted(await a.send(ect('conditional'), { headers: { prefer: 'respond-async' } }), 'respond-async');
      const shown = await a.get(location);
      assert.equal(shown.status, 200);
      assert.match(shown.headers.get('retry-after') ?? '', /^([1-9]|10)$/);
      const { attributes } = shown.body.data;
      assert.deepEqual([attributes.state, attributes.result, attributes.decided_at, attributes.response, attributes.resource], ['received', null, null, null, null]);
      system.proceed('validation');
      await system.decided(location, a.token);
      assert.equal((await a.get(location)).headers.get('retry-after'), null);
    } finally {
      system.proceed('validation');
    }
  });
});

test('pipelined waiting calls are answered one after the other', async () => {
  const content = JSON.stringify(body(ect('waits', { declaration_type: 'nonsense' })));
  const one = (headers) => postText(a.token, content, { headers });
  const answer = await raw(system.url, one([]) + one(['Prefer: respond-async']) + one(['Connection: close']));
  assert.deepEqual([...answer.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, s]) => s), ['422', '202', '422']);
  assert.equal(parse(answer.text).status, 422);
});

describe('before anything is accepted', () => {
  const stored = async () => (await system.db.query('select count(*)::integer as n from submissions')).rows[0].n;
  const parameter = (answer) => {
    assert.equal(answer.status, 400, answer.text);
    assert.deepEqual(answer.body.errors.map(({ title }) => title), ['Bad parameter']);
  };

  test('filter that is no set of pairs: 400, after syntax and before structure, on every endpoint (lead-provider-api.md 3.2/4, 3.2/5, 3.4/1)', async () => {
    const before = await stored();
    const post = (query, text) => system.request('POST', `${DECLARATIONS}?${query}`, { token: a.token, body: text });
    const good = JSON.stringify(body(ect('waits')));
    for (const query of ['filter=x', 'filter=', 'filter[]=x', 'filter%5B%5D=x', 'page=1&filter']) {
      parameter(await post(query, good));
      parameter(await post(query, '{}'));
      parameter(await a.get(`${DECLARATIONS}/${participant('waits')}?${query}`));
      parameter(await a.get(`/api/v3/submissions/nonsense?${query}`));
    }
    assert.deepEqual((await post('filter=x', '{')).body.errors.map(({ title }) => title), ['Bad request']);
    assert.equal((await system.request('POST', `${DECLARATIONS}?filter=x`, { body: good })).status, 401);
    assert.equal((await a.get('/api/v3/nowhere?filter=x')).status, 404);
    assert.equal((await a.get(`/api/v3/submissions/nonsense?filter[cohort]=2024&filter[unknown]=`)).status, 404);
    assert.equal(await stored(), before);
  });
});
