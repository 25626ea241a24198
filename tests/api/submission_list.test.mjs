// GET /api/v3/submissions (submissions.md section 3): one's own of the last 13 months, oldest first, by state and by change.
// Submissions, stages, outcomes and dead letters are written by SQL, with times that nobody could wait for; no scheduler runs
// that would take them for forgotten ones. What is expected is worked out from the same facts by the words of section 3.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../support/cluster.mjs';
import { startSystem } from '../support/system.mjs';
import { Provider, raw, titles } from './client.mjs';
import { statementsOf, tellStatements } from './people.mjs';
import { A, B, participant, world } from './world.mjs';

const SUBMISSIONS = '/api/v3/submissions';
const day = 86_400_000, now = Date.now();
const states = ['received', 'awaiting_teaching_record', 'decided', 'dead'];

let system, a, b;
const stored = []; // { id, who, accepted, state, updated (ms) }
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 } });
  [a, b] = [A, B].map((name) => new Provider(system, name));
  const { rows } = await system.db.query('select id, name from lead_providers');
  for (const one of [a, b]) one.id = rows.find(({ name }) => name === one.name).id;
  await system.db.query('select ensure_partitions($1, $2)', [new Date(now - 430 * day), new Date(now + 7 * day)]);
  await fill();
});
after(() => system?.stop());

/** A version 7 UUID of this millisecond. */
function idAt(ms) {
  const hex = randomUUID().replaceAll('-', '');
  const text = Math.floor(ms).toString(16).padStart(12, '0') + '7' + hex.slice(13);
  return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

/** Stores one with what became of it; `facts` are rows of the other tables, by their times. */
async function store(who, accepted, { stages = [], letters = [], outcome, batch } = {}) {
  const id = idAt(accepted), at = new Date(Math.floor(accepted));
  await system.db.query(
    `insert into submissions (id, accepted_at, kind, caller_type, caller_id, mode, subject, as_of, trace_id, request_digest, payload, batch_id, batch_line)
     values ($1, $2, 'declaration.create', 'lead_provider', $3, $4, 'trn:' || left($5, 7), $2, $5, decode(repeat('00', 32), 'hex'), '{"fields":{}}', $6, $7)`,
    [id, at, who.id, batch ? 'bulk' : 'async', randomUUID(), batch?.id ?? null, batch?.line ?? null]);
  for (const [i, { stage, ms }] of stages.entries()) {
    await system.db.query(`insert into submission_stages (accepted_at, submission_id, stage, attempt, at, worker, duration_us) values ($1, $2, $3, $4, $5, 'w', 1)`, [at, id, stage, i + 1, new Date(ms)]);
  }
  for (const { died, resolved, how } of letters) {
    await system.db.query(`insert into submission_dead_letters (submission_id, dead_at, stage, attempts, reason, resolved_at, resolution) values ($1, $2, 'payments', 5, 'r', $3, $4)`,
      [id, new Date(died), resolved ? new Date(resolved) : null, how ?? null]);
  }
  if (outcome) {
    await system.db.query(`insert into submission_outcomes (accepted_at, submission_id, decided_at, result, http_status, body) values ($1, $2, $3, $4, $5, $6)`,
      [at, id, new Date(outcome.ms), outcome.result, { succeeded: 200, rejected: 422, failed: 500 }[outcome.result], JSON.stringify({ errors: [{ title: 'x', detail: 'é "quoted"' }] })]);
  }
  const last = stages.at(-1), resolved = Math.max(-1, ...letters.map((letter) => letter.resolved ?? -1));
  const state = outcome ? 'decided' : letters.some((letter) => !letter.resolved) ? 'dead' : last?.stage === 'records' && last.ms > resolved ? 'awaiting_teaching_record' : 'received';
  const updated = Math.max(+at, outcome?.ms ?? 0, last?.ms ?? 0, ...letters.flatMap(({ died, resolved: r }) => [died, r ?? 0]));
  stored.push({ id, who, accepted: +at, state, updated });
}

async function fill() {
  const decided = (ms, result = 'succeeded') => ({ outcome: { ms, result } });
  for (let k = 0; k < 60; k++) { // over all of the 13 months, with gaps
    const at = now - 390 * day + k * 6.3 * day + (k % 5) * day;
    if (at < now - 9 * day) await store(k % 4 === 0 ? b : a, at, decided(at + 1000, ['succeeded', 'rejected'][k % 2]));
  }
  for (let k = 0; k < 12; k++) await store(k % 3 === 0 ? b : a, now - 6 * day + k * 3600_000, k % 2 ? decided(now - 5 * day) : {});
  const m = now - 2 * day;
  await store(a, m, { stages: [{ stage: 'validation', ms: m + 1000 }] });
  await store(a, m + 1, { stages: [{ stage: 'validation', ms: m + 1000 }, { stage: 'records', ms: m + 2000 }] });
  await store(a, m + 2, { stages: [{ stage: 'records', ms: m + 1000 }, { stage: 'validation', ms: m + 2000 }] });
  await store(a, m + 3, { stages: [{ stage: 'records', ms: m + 1000 }], letters: [{ died: m + 2000, resolved: m + 3000, how: 'retried' }] });
  await store(a, m + 4, { letters: [{ died: m + 2000, resolved: m + 3000, how: 'retried' }], stages: [{ stage: 'records', ms: m + 4000 }] });
  await store(a, m + 5, { letters: [{ died: m + 2000 }] });
  await store(b, m + 6, { letters: [{ died: m + 2000 }] });
  await store(a, m + 7, { letters: [{ died: m + 2000, resolved: m + 3000, how: 'retried' }], ...decided(m + 5000) });
  // Old ones that have changed lately: dead for long and dropped now, and dead still.
  await store(a, now - 200 * day, { letters: [{ died: now - 193 * day, resolved: now - 3600_000, how: 'dropped' }], ...decided(now - 3600_000, 'failed') });
  await store(a, now - 250 * day, { letters: [{ died: now - 243 * day }] });
  await store(b, now - 300 * day, { letters: [{ died: now - 1800_000 }] });
  // A batch: many of one millisecond.
  const batch = { id: idAt(now - day), at: now - day };
  for (let line = 1; line <= 40; line++) await store(a, batch.at, { batch: { id: batch.id, line }, ...(line % 2 ? decided(now - day + 5000) : {}) });
  stored.sort((x, y) => x.accepted - y.accepted || (x.id < y.id ? -1 : 1));
}

const mine = (who, matches = () => true) => stored.filter((one) => one.who === who && matches(one)).map(({ id }) => id);
async function ids(who, query = '') {
  const answer = await who.get(`${SUBMISSIONS}?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.data.map(({ id }) => id);
}

test('the facts make every state', () => {
  for (const state of states) assert.ok(stored.some((one) => one.state === state && one.who === a), state);
  assert.ok(mine(a).length > 100 && mine(b).length > 10);
});

test('one\'s own, oldest first, and nobody else\'s', async () => {
  for (const who of [a, b]) assert.deepEqual(await ids(who, 'page[per_page]=3000'), mine(who));
  assert.equal((await system.request('GET', SUBMISSIONS)).status, 401);
});

test('each is what showing it shows', async () => {
  const { body: { data } } = await a.get(`${SUBMISSIONS}?page[per_page]=3000`);
  for (const one of data.filter((_, i) => i % 7 === 0 || i > data.length - 60)) {
    const shown = await a.get(`${SUBMISSIONS}/${one.id}`);
    assert.equal(shown.text, JSON.stringify({ data: one }));
    assert.equal(one.attributes.state, stored.find(({ id }) => id === one.id).state);
  }
});

describe('filter[state]', () => {
  for (const state of states) {
    test(state, async () => {
      for (const who of [a, b]) assert.deepEqual(await ids(who, `filter[state]=${state}&page[per_page]=3000`), mine(who, (one) => one.state === state));
    });
  }
  for (const value of ['Decided', 'decided,dead', 'nonsense', '%00', '"', '%27;--']) {
    test(`${value}: an empty list`, async () => assert.deepEqual(await ids(a, `filter[state]=${value}`), []));
  }
  test('blank: all; other filters are ignored', async () => assert.deepEqual(await ids(a, 'filter[state]=%20&filter[kind]=x&filter[cohort]=2024&page[per_page]=3000'), mine(a)));
});

describe('filter[updated_since]', () => {
  for (const [name, since] of [['an hour and a bit', now - 3700_000], ['a moment before a change', now - 3600_000], ['a moment after it', now - 3600_000 + 1], ['two days', now - 2 * day], ['ten days', now - 10 * day],
    ['half a year', now - 180 * day], ['for ever', 0], ['tomorrow', now + day]]) {
    test(name, async () => {
      const text = new Date(since).toISOString();
      for (const who of [a, b]) {
        assert.deepEqual(await ids(who, `filter[updated_since]=${text}&page[per_page]=3000`), mine(who, (one) => one.updated >= since));
        for (const state of states) {
          assert.deepEqual(await ids(who, `filter[updated_since]=${text}&filter[state]=${state}&page[per_page]=3000`), mine(who, (one) => one.updated >= since && one.state === state), state);
        }
      }
    });
  }
  test('what is no date: 400', async () => {
    const answer = await a.get(`${SUBMISSIONS}?filter[updated_since]=x`);
    assert.deepEqual([answer.status, titles(answer)], [400, ['Bad request']]);
  });
});

describe('pages', () => {
  for (const [size, filter, matches] of [[1, 'filter[state]=decided&', (one) => one.state === 'decided'], [13, '', undefined], [100, '', undefined], [9, `filter[updated_since]=${new Date(now - 100 * day).toISOString()}&`, (one) => one.updated >= now - 100 * day]]) {
    test(`of ${size} ${filter}`, async () => {
      const read = [], all = size === 1 ? mine(a, matches).slice(0, 45) : mine(a, matches);
      for (let page = 1; read.length < all.length; page++) {
        const some = await ids(a, `${filter}page[page]=${page}&page[per_page]=${size}`);
        assert.ok(some.length > 0, `page ${page} of ${all.length}`);
        read.push(...some);
      }
      assert.deepEqual(read, all);
      assert.deepEqual(await ids(a, `${filter}page[page]=100000&page[per_page]=${size}`), []);
    });
  }
  for (const query of ['page=1', 'page[page]=0', 'page[per_page]=x']) test(`${query}: 400`, async () => assert.equal((await a.get(`${SUBMISSIONS}?${query}`)).status, 400));
  test('filter=x: 400 Bad parameter', async () => assert.deepEqual(titles(await a.get(`${SUBMISSIONS}?filter=x`)), ['Bad parameter']));
});

test('HEAD and If-None-Match', async () => {
  const full = await a.get(SUBMISSIONS), etag = full.headers.get('etag');
  assert.match(etag, /^W\/"[0-9a-f]+"$/);
  const head = await raw(system.url, `HEAD ${SUBMISSIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.token}\r\nConnection: close\r\n\r\n`);
  assert.deepEqual([head.status, head.body, head.headers.etag, head.headers['content-length']], [200, '', etag, full.headers.get('content-length')]);
  const same = await a.get(SUBMISSIONS, { headers: { 'if-none-match': etag } });
  assert.deepEqual([same.status, same.text], [304, '']);
  assert.equal((await b.get(SUBMISSIONS, { headers: { 'if-none-match': etag } })).status, 200);
});

test('what is sent now comes last, with what became of it', async () => {
  const sent = await a.send({ participant_id: participant('untouched'), course_identifier: 'ecf-induction', declaration_type: 'nonsense', declaration_date: '2024-10-07T09:00:00Z' }, { headers: { prefer: 'respond-async' } });
  const id = sent.headers.get('location').split('/').pop();
  await system.decided(sent.headers.get('location'), a.token);
  const { body: { data } } = await a.get(`${SUBMISSIONS}?page[per_page]=3000`);
  assert.deepEqual([data.at(-1).id, data.at(-1).attributes.result], [id, 'rejected']);
  assert.deepEqual((await ids(a, `filter[updated_since]=${new Date(now + 1).toISOString()}`)).at(-1), id);
});

// A filter looks at letters of what is not decided only, and of what has changed at none: nearly all is decided, and long ago.
test('what a filter passes over costs one look-up', async () => {
  const text = readFileSync(join(root, 'workers/query/sql/list_submissions.sql'), 'utf8'), client = system.db;
  const window = [new Date(now - 8 * day).toISOString(), new Date(now + day).toISOString()], open = mine(a, ({ accepted, state }) => accepted >= now - 8 * day && state !== 'decided').length;
  await client.query('begin');
  try {
    await client.query('set local plan_cache_mode = force_custom_plan; set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off');
    await client.query(`prepare list_some (text, bigint, timestamptz, timestamptz, text, timestamptz, bigint, bigint) as ${text}`);
    for (const [state, since, looks] of [['received', null, open], [null, new Date(now - 3600_000).toISOString(), 1]]) {
      const given = (value) => (value ? `'${value}'` : 'null');
      const { rows: [{ 'QUERY PLAN': [{ Plan }] }] } = await client.query(
        `explain (analyze, format json) execute list_some ('lead_provider', ${a.id}, '${window[0]}', '${window[1]}', ${given(state)}, ${given(since)}, 0, 3000)`);
      const loops = (node) => (node['Relation Name'] === 'submission_dead_letters' ? node['Actual Loops'] : 0) + (node.Plans ?? []).reduce((sum, one) => sum + loops(one), 0);
      assert.ok(loops(Plan) > 0 && loops(Plan) <= looks, `${state} ${since}: ${loops(Plan)} looks at letters for ${looks}`);
    }
  } finally {
    await client.query('rollback');
  }
});

// PL-36: the statement for a window of four weeks has no other partition in its plan, so that it locks none.
test('a window touches its own partitions only', async () => {
  const text = readFileSync(join(root, 'workers/query/sql/list_submissions.sql'), 'utf8');
  const client = system.db;
  await client.query(`begin`);
  try {
    await client.query('set local plan_cache_mode = force_custom_plan');
    await client.query(`prepare list_submissions (text, bigint, timestamptz, timestamptz, text, timestamptz, bigint, bigint) as ${text}`);
    const from = new Date(now - 200 * day).toISOString(), until = new Date(now - 172 * day).toISOString();
    const { rows } = await client.query(`explain (costs off) execute list_submissions ('lead_provider', ${a.id}, '${from}', '${until}', 'decided', '${from}', 0, 100)`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    const touched = (name) => new Set([...plan.matchAll(new RegExp(`\\b${name}_w\\d{8}\\b`, 'g'))].map(String)).size;
    for (const name of ['submissions', 'submission_outcomes', 'submission_stages']) assert.ok(touched(name) >= 4 && touched(name) <= 6, `${name}: ${touched(name)} partitions\n${plan}`);
    const { rows: [{ n }] } = await client.query(`select count(distinct c.relname)::integer as n from pg_locks l join pg_class c on c.oid = l.relation where l.pid = pg_backend_pid() and c.relname ~ '^submissions_w\\d{8}$'`);
    assert.ok(n <= 6, `${n} partitions are locked`);
  } finally {
    await client.query('rollback');
  }
});

// The query worker is begun again, so it stands last.
test('a window takes a statement, and one more to show what it has, however much that is (lead-provider-api.md 3.14/1)', async () => {
  await tellStatements(system);
  const statements = (query) => statementsOf(system, async () => assert.equal((await a.get(`${SUBMISSIONS}?${query}`)).status, 200));
  for (const n of [1, 10, 3000]) {
    const names = (await statements(`page[per_page]=${n}`)).join(' ');
    assert.match(names, /^list_submissions( list_submissions| show_submissions list_submissions)*( show_submissions)?$/, `${n}`);
    assert.ok(names.split(' ').length <= 2 * 16, `${n}: ${names}`);
  }
  assert.match((await statements('page[per_page]=3000&filter[updated_since]=2020-01-01')).join(' '), /^find_oldest_letter( list_submissions( show_submissions)?)+$/);
});
