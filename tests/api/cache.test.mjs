// Cached reads (architecture.md section 4, pipeline.md PL-52, lead-provider-api.md 3.10): what is a hit, for whom, and what
// an outcome stores for the next one. That none is older than what was told: tests/faults/freshness.test.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, startFront } from './client.mjs';
import { A, B, participant, world } from './world.mjs';

let system, a, b, made, path, scope;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00'), ECF2_LOOPS: '1' } });
  [a, b] = [A, B].map((name) => new Provider(system, name));
  made = await a.accepted(ect('untouched'));
  path = `${DECLARATIONS}/${made.id}`;
  const { rows: [{ id }] } = await system.db.query('select id from lead_providers where name = $1', [A]);
  scope = `{lp:${id}}:declarations`;
});
after(() => system?.stop());

const ect = (name) => ({ participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z' });
const redis = (...args) => {
  const done = spawnSync('redis-cli', ['-s', join(system.dir, 'redis.sock'), ...args], { encoding: 'latin1' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.replace(/\n$/, '');
};
const results = async (front = 'front') => {
  const seen = await system.metrics(front);
  return Object.fromEntries(['hit', 'joined', 'miss', 'stale', 'error'].map((result) => [result, seen.get(`ecf2_cache_requests_total{result="${result}"}`) ?? 0]));
};
/** Does it, and gives { answer, became }: what the cache had for it. */
async function reading(read, front = 'front') {
  const was = await results(front), answer = await read(), now = await results(front);
  return { answer, became: Object.keys(now).filter((result) => now[result] !== was[result]).join() };
}
const cold = () => redis('flushall');

describe('a hit', () => {
  test('of a list is for whoever asks for the same, in any spelling, but never for what has changed since', async () => {
    const list = (query) => reading(() => a.get(`${DECLARATIONS}${query}`));
    await a.get(path);
    cold();
    const first = await list('?filter[cohort]=2025,2024'), second = await list('?page[page]=1&filter%5Bcohort%5D=2024,x,2025&sort=-id');
    assert.deepEqual([first.became, second.became], ['miss', 'hit']);
    assert.equal(second.answer.text, first.answer.text);
    assert.ok(JSON.parse(first.answer.text).data.some(({ id }) => id === made.id));
    for (const other of ['', '?filter[cohort]=2024', '?filter[cohort]=2025,2024&page[page]=2', '?filter[cohort]=2025,2024&page[per_page]=1']) assert.equal((await list(other)).became, 'miss', other);
    for (const _ of [1, 2]) assert.equal((await list('?filter[updated_since]=2024-01-01')).became, '');
    assert.equal((await reading(() => b.get(`${DECLARATIONS}?filter[cohort]=2025,2024`))).answer.text.includes(made.id), false);
    const { id } = await a.accepted(ect('not with B'));
    const third = await list('?filter[cohort]=2025,2024');
    assert.notEqual(third.became, 'hit'); // 'stale', or 'miss' where it took longer than an entry lives
    assert.ok(JSON.parse(third.answer.text).data.some((one) => one.id === id));
  });
  test('is the very answer of the query worker, with its ETag', async () => {
    cold();
    await a.get(path); // whose token it is, is known from here on
    cold();
    const first = await reading(() => a.get(path)), second = await reading(() => a.get(path));
    assert.deepEqual([first.became, second.became], ['miss', 'hit']);
    assert.equal(second.answer.text, first.answer.text);
    for (const name of ['etag', 'cache-control', 'content-type', 'content-length', 'x-content-type-options']) assert.equal(second.answer.headers.get(name), first.answer.headers.get(name), name);
    assert.match(first.answer.headers.get('etag'), /^W\/"[0-9a-f]{32}"$/);
    assert.notEqual(second.answer.headers.get('x-request-id'), first.answer.headers.get('x-request-id'));
  });
  test('answers a conditional request, HEAD, and any spelling of the id', async () => {
    const { headers, text } = await a.get(path);
    const unchanged = await reading(() => a.get(path, { headers: { 'if-none-match': headers.get('etag') } }));
    assert.deepEqual([unchanged.became, unchanged.answer.status, unchanged.answer.text], ['hit', 304, '']);
    const head = await reading(() => system.request('HEAD', path, { token: a.token }));
    assert.deepEqual([head.became, head.answer.status, head.answer.headers.get('content-length')], ['hit', 200, String(Buffer.byteLength(text))]);
    const shouted = await reading(() => a.get(`${DECLARATIONS}/${made.id.toUpperCase()}?x=1`));
    assert.deepEqual([shouted.became, shouted.answer.text], ['hit', text]);
  });
  test('is nobody else’s', async () => {
    await a.get(path);
    for (let i = 0; i < 3; i++) {
      const others = await reading(() => b.get(path));
      assert.deepEqual([others.became, others.answer.status], ['miss', 404]);
    }
  });
  test('is counted by the limits, and refused to a token that was revoked', async () => {
    const { name } = await startFront(system, { ECF2_RATE_TOKEN: '5' });
    const [token, id] = /^(\S+)\s+id (\d+)/.exec(system.ctl('token', 'create', '--lead-provider', A).stdout).slice(1);
    const url = `http://${system.processes.get(name).http}`, ask = () => system.request('GET', path, { token, url });
    for (let i = 0; i < 5; i++) assert.equal((await ask()).status, 200);
    assert.ok((await results(name)).hit > 0);
    assert.equal((await ask()).status, 429);
    const read = () => system.request('GET', path, { token });
    for (let i = 0; i < 3; i++) await read();
    assert.equal((await reading(read)).became, 'hit');
    assert.equal(system.ctl('token', 'revoke', id).status, 0);
    assert.deepEqual(await reading(read).then(({ became, answer }) => [became, answer.status]), ['', 401]);
    await system.kill(name, 'SIGTERM');
  });
});

// From 16 KiB on an answer stays in the frame that it came in, for all who wait for it (front/brokers.c); below that it is copied.
describe('a page that the front does not copy', () => {
  const list = '/api/v3/participants', all = `${list}?page[per_page]=3000`, large = 16 * 1024;
  let whole;
  before(async () => {
    const records = [];
    for (let number = 1, size = -1; size !== records.length; number++) {
      size = records.length;
      const { text } = await a.get(`${list}?page[page]=${number}&page[per_page]=5`);
      assert.ok(Buffer.byteLength(text) < large);
      records.push(...JSON.parse(text).data.map((one) => JSON.stringify(one)));
    }
    whole = `{"data":[${records.join()}]}`;
    assert.ok(Buffer.byteLength(whole) > 2 * large);
  });
  test('has the bytes of its records, from the query worker and from the cache', async () => {
    cold();
    for (const expected of ['miss', 'hit']) assert.deepEqual(await reading(() => a.get(all)).then(({ became, answer }) => [became, answer.text === whole]), [expected, true]);
  });
  test('is one for all who ask at once, also for who wants its headers only, has it already, or has gone', async () => {
    const etag = (await a.get(all)).headers.get('etag');
    cold();
    await a.get(`${list}/${randomUUID()}`); // now the scope has a token: who asks for the same may join
    const was = await results(), gone = new AbortController();
    let answers;
    system.pause('query');
    try {
      answers = [...Array.from({ length: 4 }, () => a.get(all)), system.request('HEAD', all, { token: a.token }), a.get(all, { headers: { 'if-none-match': etag } })];
      const left = fetch(`${system.url}${all}`, { headers: { authorization: `Bearer ${a.token}` }, signal: gone.signal });
      await until('they do not join', async () => (await results()).joined === was.joined + answers.length);
      gone.abort();
      await assert.rejects(left, { name: 'AbortError' });
    } finally {
      system.proceed('query');
    }
    const told = await Promise.all(answers), bytes = Buffer.byteLength(whole);
    assert.deepEqual(told.map(({ status, text }) => [status, text === whole ? 'whole' : text]), [...Array(4).fill([200, 'whole']), [200, ''], [304, '']]);
    assert.deepEqual(told.slice(0, 5).map(({ headers }) => [Number(headers.get('content-length')), headers.get('etag')]), Array(5).fill([bytes, etag]));
    assert.deepEqual(await results().then(({ miss, joined }) => [miss - was.miss, joined - was.joined]), [1, answers.length]);
  });
});

describe('not a hit', () => {
  test('what is not found is not kept', async () => {
    const nowhere = `${DECLARATIONS}/${randomUUID()}`;
    for (let i = 0; i < 3; i++) assert.deepEqual(await reading(() => a.get(nowhere)).then(({ became, answer }) => [became, answer.status]), ['miss', 404]);
    assert.deepEqual(await reading(() => a.get(`${DECLARATIONS}/x`)).then(({ became, answer }) => [became, answer.status]), ['', 404]);
  });
  test('an entry of another token, of another version, or of strange bytes: it is read, and put right', async () => {
    const key = `${scope}:${scope.match(/\d+/)[0]}:${path}`;
    for (const [spoil, expected] of [
      [() => redis('set', scope, 'another token 16', 'xx'), 'stale'],
      [() => redis('del', scope), 'stale'],
      [() => redis('set', scope, 'of no known form'.slice(1), 'xx'), 'stale'],
      [() => redis('set', key, '\x02' + 'x'.repeat(60), 'xx'), 'error'],
      [() => redis('set', key, 'x', 'xx'), 'error'],
      [() => (redis('del', key), redis('lpush', key, 'x')), 'miss'], // MGET shows no list
      [() => redis('del', key), 'miss'],
    ]) {
      redis('del', scope, key);
      const { text } = await a.get(path);
      assert.equal((await reading(() => a.get(path))).became, 'hit', 'before it is spoilt');
      spoil();
      const spoilt = await reading(() => a.get(path));
      assert.deepEqual([spoilt.became, spoilt.answer.status, spoilt.answer.text], [expected, 200, text], String(spoil));
      if (/no known/.test(spoil)) assert.equal((await reading(() => a.get(path))).became, 'stale', 'nothing is filled under what is no token');
    }
    redis('del', scope, key);
  });
  test('an entry ends 2 s after its snapshot', async () => {
    await a.get(path);
    const left = Number(redis('pttl', `${scope}:${scope.match(/\d+/)[0]}:${path}`));
    assert.ok(left > 0 && left <= 2000, `${left} ms`);
    await until('it does not end', () => redis('exists', `${scope}:${scope.match(/\d+/)[0]}:${path}`) === '0', 2500);
  });
  test('an instant of its own (X-With-Server-Date)', async () => {
    const { name, url } = await startFront(system, { ECF2_REQUEST_CLOCK: 'on' });
    const at = { 'x-with-server-date': '2024-10-20T09:00:00Z' };
    for (const headers of [{}, {}, {}]) await a.get(path, { url, headers });
    assert.equal((await reading(() => a.get(path, { url }), name)).became, 'hit');
    assert.equal((await reading(() => a.get(path, { url, headers: at }), name)).became, '');
    await system.kill(name, 'SIGTERM');
  });
  test('what a list with updated_since has shown to be older', async () => {
    await a.get(path);
    assert.equal((await reading(() => a.get(path))).became, 'hit');
    // By SQL, as those do it who speak of it only when the cache has forgotten: month-end, ecf2ctl.
    const { rows: [{ before }] } = await system.db.query('select api_updated_at as before from declarations where api_id = $1', [made.id]);
    const update = (at) => system.db.query('update declarations set api_updated_at = $2 where api_id = $1', [made.id, at]);
    await update('2024-10-20T09:00:01Z');
    const list = JSON.parse((await a.get(`${DECLARATIONS}?filter[updated_since]=2024-10-20T09:00:01Z`)).text).data;
    assert.deepEqual(list.map(({ id, attributes }) => [id, attributes.updated_at]), [[made.id, '2024-10-20T09:00:01Z']]);
    const { answer, became } = await reading(() => a.get(path));
    assert.deepEqual([became, JSON.parse(answer.text).data.attributes.updated_at], ['stale', '2024-10-20T09:00:01Z']);
    await a.get(`${DECLARATIONS}?filter[updated_since]=2024-10-20T09:00:02Z`); // tells of nothing
    assert.equal((await reading(() => a.get(path))).became, 'hit');
    await update(before);
    cold();
  });
  test('without Redis', async () => {
    const { text } = await a.get(path);
    await system.kill('redis');
    for (let i = 0; i < 3; i++) {
      const { answer, became } = await reading(() => a.get(path));
      assert.deepEqual([answer.status, answer.text, became], [200, text, 'error']);
    }
    await system.start('redis');
    await until('no hit', async () => (await reading(() => a.get(path))).became === 'hit', 10_000);
  });
});

describe('an outcome stores the scopes that show what it tells', () => {
  const scopes = async (kind) => (await system.db.query(
    'select o.scopes from submission_outcomes o join submissions s on s.id = o.submission_id where s.kind = $1 order by o.decided_no desc limit 1', [kind])).rows[0].scopes;
  test('of a declaration, of what follows a duplicate, and of a void', async () => {
    const { id } = await a.accepted(ect('duplicate'));
    assert.ok((await scopes('declaration.create')).includes(scope));
    await a.rejected({ ...ect('duplicate'), declaration_date: '2024-10-08T09:00:00Z' }, ['declaration_type']);
    assert.deepEqual(await scopes('declaration.create'), [scope], 'it tells of the first one');
    await a.voided(id);
    assert.ok((await scopes('declaration.void')).includes(scope));
    await a.notVoided(id, /./);
    assert.deepEqual(await scopes('declaration.void'), [scope]);
  });
  test('everybody’s who may see it', async () => {
    const { rows } = await system.db.query(
      `select o.scopes, s.caller_id, array_agg(distinct p.lead_provider_id) as seeing
         from submission_outcomes o join submissions s on s.id = o.submission_id join declarations d on d.api_id = o.resource_api_id
         join training_periods p on p.teacher_id = d.teacher_id and p.role = d.role and p.lead_provider_id is not null
        where o.result = 'succeeded' group by 1, 2`);
    assert.ok(rows.length > 0);
    for (const { scopes: stored, seeing } of rows) for (const id of seeing) assert.ok(stored.includes(`{lp:${id}}:declarations`), `${id}: ${stored}`);
  });
  test('a dry run, which stores none, gives a new token too: what it says may be newer than what is cached', async () => {
    const dry = (method, where, more) => system.request(method, where, { token: a.token, headers: { prefer: 'handling=dry-run' }, ...more });
    for (const tried of [() => dry('PUT', `${path}/void`), () => dry('PUT', `${DECLARATIONS}/${randomUUID()}/void`), () => dry('POST', DECLARATIONS, { body: body(ect('untouched')) })]) {
      const before = redis('get', scope);
      assert.equal((await tried()).status, 200);
      assert.notEqual(redis('get', scope), before);
    }
  });
  test('who polls an outcome of the last minute gets a new token first, who polls an older one does not', async () => {
    const sent = await system.request('POST', DECLARATIONS, { token: a.token, body: body(ect('untouched')), headers: { prefer: 'respond-async' } });
    const location = sent.headers.get('location');
    await system.decided(location, a.token);
    const poll = async () => {
      const before = redis('get', scope);
      assert.equal((await a.get(location)).body.data.attributes.state, 'decided');
      return redis('get', scope) !== before;
    };
    assert.equal(await poll(), true);
    await system.db.query("update submission_outcomes set decided_at = decided_at - interval '61 seconds' where submission_id = $1", [location.split('/').pop()]);
    assert.equal(await poll(), false);
  });
});
