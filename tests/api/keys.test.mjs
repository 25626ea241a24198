// Idempotency keys (submissions.md section 5, pipeline.md PL-10, PL-11, PL-15): every row of the table, over two fronts.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { long } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, parse, postText, raw, titles } from './client.mjs';

const PAIRS = long ? 1_000 : 100;
let system, world, next = 0;
before(async () => {
  system = await startSystem({ fronts: 2, env: { ECF2_ACCEPT_LIMIT_MS: '20000' } });
  world = await loadWorld(system, { providers: 2, people: 2 * (PAIRS + 120) });
  // What is stored is to come back byte for byte.
  await system.db.query(`update lead_providers set name = 'Zoë "& Söhne" \\ / ' || id`);
});
after(() => system?.stop());

/** Somebody of the first provider (of the second), for whom nobody has declared. */
const somebody = (provider = 0) => world.people[2 * next++ + provider];
const front = (n) => system.urls[n % 2];
const newKey = () => randomUUID();

/** One request with this key; more: { prefer, url, token, headers, trace }. */
const send = (person, key, { body = declaration(person, 'started'), url = front(next), token = person.provider.token, prefer, headers } = {}) =>
  system.request('POST', DECLARATIONS, { url, token, body, headers: { ...(key !== undefined && { 'idempotency-key': key }), ...(prefer && { prefer }), ...headers } });

const one = async (query, values) => (await system.db.query(query, values)).rows[0];
const count = async (table) => (await one(`select count(*)::integer as n from ${table}`)).n;
/** The submissions of a person, oldest first: [{ id, mode, digest, result, status, payload, at }]. */
const submissionsOf = async (person) => (await system.db.query(
  `select s.id, s.mode, encode(s.request_digest, 'hex') as digest, s.payload, o.result, o.http_status as status
   from submissions s left join submission_outcomes o on o.submission_id = s.id where s.subject = $1 order by s.accept_no`, [person.subject])).rows;
const stored = (person, n = 1) => until('not stored', async () => (await submissionsOf(person)).length >= n);
const rowsOf = async (key) => (await system.db.query('select * from idempotency_keys where key = $1 order by accepted_at', [key])).rows;

/** Validation does not run while `work` does. */
async function undecided(work) {
  await system.kill('validation', 'SIGTERM');
  try {
    return await work();
  } finally {
    await system.start('validation');
    await system.ready();
  }
}

/** The answer of an earlier request, given again. */
function isReplay(answer, first) {
  assert.deepEqual([answer.status, answer.text], [first.status, first.text]);
  assert.equal(answer.headers.get('idempotency-replayed'), 'true');
  for (const name of ['etag', 'content-type', 'cache-control']) assert.equal(answer.headers.get(name), first.headers.get(name), name);
  for (const name of ['location', 'retry-after', 'preference-applied']) assert.equal(answer.headers.get(name), null, name);
}

function isConflict(answer) {
  assert.equal(answer.status, 409, answer.text);
  assert.deepEqual(titles(answer), ['Conflict']);
  assert.match(answer.body.errors[0].detail, /same Idempotency-Key/);
  assert.equal(answer.headers.get('retry-after'), '1');
  for (const name of ['location', 'preference-applied', 'idempotency-replayed']) assert.equal(answer.headers.get(name), null, name);
}

function isAnotherRequest(answer) {
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(titles(answer), ['idempotency_key']);
  assert.deepEqual(Object.keys(answer.body.errors[0]), ['title', 'detail']);
  for (const name of ['location', 'retry-after', 'preference-applied', 'idempotency-replayed']) assert.equal(answer.headers.get(name), null, name);
}

/** 202 of the submission with this id; `replayed`: again. */
function isAccepted(answer, id, { replayed = true, state = 'received' } = {}) {
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.headers.get('location'), `/api/v3/submissions/${id}`);
  assert.equal(answer.headers.get('idempotency-replayed'), replayed ? 'true' : null);
  const { data } = answer.body;
  assert.deepEqual([data.id, data.type, data.attributes.state], [id, 'submission', state]);
}

/** A version 7 id of an instant (ms). */
function idAt(ms) {
  const hex = Math.floor(ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${randomUUID().slice(15, 18)}${randomUUID().slice(18)}`;
}

/** What was accepted `age` seconds ago with this key, as intake would have stored it, by a digest that is made here. */
async function storeAged(person, key, age, { mode = 'wait', method = 'POST', path = DECLARATIONS, answer } = {}) {
  const { now } = await one('select extract(epoch from clock_timestamp()) * 1000 as now');
  const id = idAt(Number(now) - age * 1000);
  const body = declaration(person, 'started');
  const digest = createHash('sha256').update(`${method} ${path}\n${JSON.stringify(body)}`).digest();
  await system.db.query(
    `insert into submissions (id, accepted_at, kind, caller_type, caller_id, mode, subject, as_of, trace_id, request_digest, payload)
     select $1, uuid_v7_time($1), 'declaration.create', 'lead_provider', $2, $3, $4, now(), $1::text, $5, $6`,
    [id, person.provider.id, mode, person.subject, digest, { fields: body.data.attributes }]);
  await system.db.query(
    `insert into idempotency_keys (day, caller_type, caller_id, key, request_digest, submission_id, accepted_at, expires_at)
     select (t at time zone 'UTC')::date, 'lead_provider', $2, $3, $4, $1, t, t + interval '24 hours' from uuid_v7_time($1) as t`,
    [id, person.provider.id, key, digest]);
  if (answer) {
    await system.db.query(
      `insert into submission_outcomes (accepted_at, submission_id, result, http_status, body) values (uuid_v7_time($1), $1, 'succeeded', 200, $2)`, [id, answer]);
  }
  return id;
}

describe('the first with a key', () => {
  test('is handled, and the key is stored with it', async () => {
    const person = somebody(), key = newKey();
    const answer = await send(person, key);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get('idempotency-replayed'), null);
    const [submission] = await submissionsOf(person);
    const expected = createHash('sha256').update(`POST ${DECLARATIONS}\n${JSON.stringify(declaration(person, 'started'))}`).digest('hex');
    assert.equal(submission.digest, expected, 'method, path and body bytes');
    assert.deepEqual(Object.keys(submission.payload), ['fields'], 'the key is in no payload');
    const { rows } = await system.db.query(
      `select submission_id, caller_type, caller_id::text, encode(request_digest, 'hex') as digest, accepted_at = uuid_v7_time(submission_id) as dated,
              expires_at = accepted_at + interval '24 hours' as lives from idempotency_keys where key = $1`, [key]);
    assert.deepEqual(rows, [{ submission_id: submission.id, caller_type: 'lead_provider', caller_id: person.provider.id, digest: expected, dated: true, lives: true }]);
  });

  test('without a key nothing is stored', async () => {
    const before = await count('idempotency_keys');
    assert.equal((await send(somebody())).status, 200);
    assert.equal(await count('idempotency_keys'), before);
  });
});

describe('the same request again, decided', () => {
  test('waiting: the stored status and body, by either front, however it is asked for', async () => {
    const person = somebody(), key = newKey(), first = await send(person, key);
    assert.equal(first.status, 200, first.text);
    assert.match(first.text, /Zoë/);
    for (const more of [{ url: front(0) }, { url: front(1) }, { prefer: 'wait=5' }, { prefer: 'respond-async' }]) isReplay(await send(person, key, more), first);
    assert.equal((await submissionsOf(person)).length, 1);
    assert.equal((await rowsOf(key)).length, 1);
  });

  test('a rejection likewise', async () => {
    const person = somebody(), key = newKey(), body = declaration(person, 'nonsense');
    const first = await send(person, key, { body, url: front(0) });
    assert.equal(first.status, 422, first.text);
    isReplay(await send(person, key, { body, url: front(1) }), first);
    assert.equal((await submissionsOf(person)).length, 1);
  });

  test('the request that had 202 because its patience ended: the answer, once there is one', async () => {
    const person = somebody(), key = newKey();
    const { id } = await undecided(async () => {
      const first = await send(person, key, { prefer: 'wait=1' });
      const [submission] = await submissionsOf(person);
      isAccepted(first, submission.id, { replayed: false });
      isConflict(await send(person, key, { prefer: 'wait=1' }));
      return submission;
    });
    const { response } = await system.decided(`/api/v3/submissions/${id}`, person.provider.token);
    const again = await send(person, key);
    assert.deepEqual([again.status, again.body, again.headers.get('idempotency-replayed')], [200, response.body, 'true']);
    assert.equal((await submissionsOf(person)).length, 1);
  });

  test('asynchronous: its 202 and Location, decided or not, however it is asked for', async () => {
    const person = somebody(), key = newKey();
    const id = await undecided(async () => {
      const first = await send(person, key, { prefer: 'respond-async', url: front(0) });
      const [submission] = await submissionsOf(person);
      isAccepted(first, submission.id, { replayed: false });
      isAccepted(await send(person, key, { prefer: 'respond-async', url: front(1) }), submission.id);
      isAccepted(await send(person, key, { url: front(1) }), submission.id);
      return submission.id;
    });
    await system.decided(`/api/v3/submissions/${id}`, person.provider.token);
    for (const prefer of ['respond-async', 'wait=5', undefined]) isAccepted(await send(person, key, { prefer }), id, { state: 'decided' });
    assert.equal((await submissionsOf(person)).length, 1);
  });
});

describe('the same request again, undecided', () => {
  test('the first one waits: 409, and later its answer', async () => {
    const person = somebody(), key = newKey();
    let waiting;
    await undecided(async () => {
      waiting = send(person, key, { url: front(0) });
      await stored(person);
      for (const more of [{ url: front(0) }, { url: front(1) }, { url: front(1), prefer: 'respond-async' }]) isConflict(await send(person, key, more));
    });
    const first = await waiting;
    assert.equal(first.status, 200, first.text);
    assert.equal(first.headers.get('idempotency-replayed'), null);
    isReplay(await send(person, key, { url: front(1) }), first);
    assert.equal((await submissionsOf(person)).length, 1);
  });

  test('accepted more than 30 s ago: its 202 and Location; less: 409', async () => {
    const [old, young, later] = [somebody(), somebody(), somebody()], keys = [newKey(), newKey(), newKey()];
    const ids = await undecided(async () => {
      const accepted = [await storeAged(old, keys[0], 31), await storeAged(young, keys[1], 20), await storeAged(later, keys[2], 3600)];
      isAccepted(await send(old, keys[0]), accepted[0]);
      isConflict(await send(young, keys[1]));
      isAccepted(await send(later, keys[2]), accepted[2]);
      return accepted;
    });
    const { response } = await system.decided(`/api/v3/submissions/${ids[0]}`, old.provider.token);
    const again = await send(old, keys[0]);
    assert.deepEqual([again.status, again.body], [200, response.body]);
  });

  test('one that rests as a dead letter is undecided; dropped by an operator it is decided', async () => {
    const person = somebody(), key = newKey();
    await undecided(async () => {
      const id = await storeAged(person, key, 40);
      await system.db.query(`insert into submission_dead_letters (submission_id, stage, attempts, reason) values ($1, 'validation', 5, 'worker died')`, [id]);
      isAccepted(await send(person, key), id, { state: 'dead' });
      const { status, stderr } = system.ctl('dead', 'drop', id);
      assert.equal(status, 0, stderr);
      const again = await send(person, key);
      assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [500, 'true']);
    });
  });

  test('without a query worker: as far as is known', async () => {
    const person = somebody(), key = newKey();
    const token = system.token((await one('select api_id from lead_providers where id = $1', [person.provider.id])).api_id); // known for 10 s after its first use
    const first = await send(person, key, { token });
    assert.equal(first.status, 200, first.text);
    await system.kill('query', 'SIGTERM');
    try {
      isConflict(await send(person, key, { token }));
    } finally {
      await system.start('query');
      await system.ready();
    }
    assert.equal((await send(person, key)).text, first.text);
  });
});

describe('another request with this key: 422', () => {
  test('another body, by bytes', async () => {
    const person = somebody(), key = newKey(), body = declaration(person, 'started');
    assert.equal((await send(person, key)).status, 200);
    isAnotherRequest(await send(person, key, { body: declaration(person, 'retained-1') }));
    isAnotherRequest(await send(person, key, { body: `${JSON.stringify(body)} ` }));
    isAnotherRequest(await send(person, key, { body: JSON.stringify(body, null, 1), prefer: 'respond-async' }));
    assert.equal((await submissionsOf(person)).length, 1);
    assert.equal((await rowsOf(key)).length, 1);
  });

  test('while the first is undecided too', async () => {
    const person = somebody(), key = newKey();
    await undecided(async () => {
      assert.equal((await send(person, key, { prefer: 'respond-async' })).status, 202);
      isAnotherRequest(await send(person, key, { body: declaration(person, 'retained-1') }));
    });
  });

  test('another path, another method', async () => {
    for (const more of [{ path: `${DECLARATIONS}/${randomUUID()}/void` }, { method: 'PUT' }]) {
      const person = somebody(), key = newKey();
      await storeAged(person, key, 60, more);
      isAnotherRequest(await send(person, key));
    }
  });
});

describe('a void', () => {
  test('is kept by its key like a declaration, and told from another by the body that nobody reads', async () => {
    const person = somebody(), key = newKey(), declared = await send(person);
    assert.equal(declared.status, 200, declared.text);
    const path = `${DECLARATIONS}/${declared.body.data.id}/void`;
    const put = (more) => system.request('PUT', path, { token: person.provider.token, headers: { 'idempotency-key': key }, url: front(0), ...more });
    const first = await put();
    assert.deepEqual([first.status, first.body?.data.attributes.state], [200, 'voided'], first.text);
    isReplay(await put({ url: front(1) }), first);
    isAnotherRequest(await put({ body: {} }));
    isAnotherRequest(await put({ body: 'x'.repeat(5000) }));
    isAnotherRequest(await send(person, key));
    assert.equal((await put({ body: 'x'.repeat(1.5 * (1 << 20)) })).status, 413, 'too large to be compared');
    assert.equal((await put({ headers: { 'idempotency-key': 'a b' } })).status, 400);
    const another = newKey(), rejected = await put({ headers: { 'idempotency-key': another }, body: { any: 'thing' } });
    assert.equal(rejected.status, 422, rejected.text);
    isReplay(await put({ headers: { 'idempotency-key': another }, body: { any: 'thing' }, url: front(1) }), rejected);
    assert.deepEqual((await submissionsOf(person)).map(({ status }) => status), [200, 200, 422]);
  });

  test('of one that is not there: 404 is the outcome, and is given again', async () => {
    const key = newKey(), path = `${DECLARATIONS}/${randomUUID()}/void`;
    const put = (url) => system.request('PUT', path, { token: world.people[0].provider.token, headers: { 'idempotency-key': key }, url });
    const first = await put(front(0));
    assert.equal(first.status, 404, first.text);
    isReplay(await put(front(1)), first);
    assert.equal((await rowsOf(key)).length, 1);
  });
});

describe('whose key, and for how long', () => {
  test('another provider\'s equal key is its own; a provider\'s tokens share theirs (lead-provider-api.md 3.1/3)', async () => {
    const [one, other] = [somebody(0), somebody(1)], key = newKey();
    const first = await send(one, key);
    assert.deepEqual([first.status, (await send(other, key)).status], [200, 200]);
    assert.equal((await rowsOf(key)).length, 2);
    const { rows: [{ api_id }] } = await system.db.query('select api_id from lead_providers where id = $1', [one.provider.id]);
    isReplay(await send(one, key, { token: system.token(api_id) }), first);
  });

  test('keys are told apart by every byte', async () => {
    const key = newKey();
    for (const other of [key, key.toUpperCase(), `${key}.`, `"${key}"`, `\\${key}`]) assert.equal((await send(somebody(), other)).status, 200);
    assert.equal((await rowsOf(key)).length, 1);
  });

  test('24 hours after its acceptance a key is free, and the new row stands beside the old one', async () => {
    const person = somebody(), key = newKey();
    const old = await storeAged(person, key, 24 * 3600 + 2, { answer: '{"data":null}' });
    const again = await send(person, key);
    assert.equal(again.status, 200, again.text);
    assert.equal(again.headers.get('idempotency-replayed'), null);
    const rows = await rowsOf(key);
    assert.deepEqual([rows.length, rows[0].submission_id], [2, old]);
    isReplay(await send(person, key), again);
    isAnotherRequest(await send(person, key, { body: declaration(person, 'retained-1') }));
  });

  test('just before it is not', async () => {
    const person = somebody(), key = newKey();
    const answer = (await send(somebody(), newKey())).text.replace(/"lead_provider_name":".*?"([,}])/, '"lead_provider_name":"é \\" / \\\\ \\n"$1');
    await storeAged(person, key, 24 * 3600 - 60, { answer });
    const again = await send(person, key);
    assert.deepEqual([again.status, again.text, again.headers.get('idempotency-replayed')], [200, answer, 'true']);
    assert.equal((await rowsOf(key)).length, 1);
  });

  test('days that nobody can ask for any more are dropped', async () => {
    const left = () => one(
      `select count(*)::integer as n from pg_inherits where inhparent = 'idempotency_keys'::regclass
         and to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') < (now() at time zone 'UTC')::date - 1`);
    await until('keys of the day before yesterday are still there', async () => (await left()).n === 0);
  });
});

describe('what stores no key', () => {
  test('answers before acceptance: 400, 401, 404, 413, 503', async () => {
    const person = somebody(), key = newKey();
    const refused = {
      400: { body: '{' },
      401: { token: 'nonsense' },
      413: { body: `{"data":"${'x'.repeat(1.5 * (1 << 20))}"}` },
    };
    for (const [status, more] of Object.entries(refused)) assert.equal((await send(person, key, more)).status, Number(status));
    assert.equal((await send(person, key, { body: {} })).status, 400);
    const nowhere = await system.request('POST', `${DECLARATIONS}/nowhere`, { token: person.provider.token, body: {}, headers: { 'idempotency-key': key } });
    assert.equal(nowhere.status, 404);
    assert.equal(system.ctl('drain', 'on').status, 0);
    try {
      await until('not draining', async () => (await send(person, key, { url: front(0) })).status === 503 && (await send(person, key, { url: front(1) })).status === 503);
    } finally {
      system.ctl('drain', 'off');
      await system.ready();
    }
    const [submission] = await submissionsOf(person);
    assert.equal((await rowsOf(key)).length, submission ? 1 : 0, 'nothing without its submission');
    assert.equal((await until('still draining', async () => {
      const answer = await send(person, key);
      return answer.status !== 503 && answer;
    })).status, 200);
    assert.equal((await submissionsOf(person)).length, 1);
  });

  test('a dry run, which ignores it', async () => {
    const person = somebody(), key = newKey();
    for (const value of [key, 'no key at all']) assert.equal((await send(person, value, { prefer: 'handling=dry-run' })).body.data.attributes.response.status, 200);
    assert.equal((await rowsOf(key)).length, 0);
    assert.equal((await send(person, key)).status, 200);
  });

  test('a read, which ignores it', async () => {
    for (const key of [newKey(), 'no key at all']) {
      const { status } = await system.request('GET', `${DECLARATIONS}/${randomUUID()}`, { token: world.people[0].provider.token, headers: { 'idempotency-key': key } });
      assert.equal(status, 404);
      assert.equal((await rowsOf(key)).length, 0);
    }
  });
});

describe('a header that is none', () => {
  const post = async (person, fields, url = front(0)) => raw(url, postText(person.provider.token, JSON.stringify(declaration(person, 'started')), { headers: [...fields, 'Connection: close'] }));
  const malformed = {
    'empty': [''], 'blanks only': ['  '], 'a blank inside': ['a b'], 'a tab inside': ['a\tb'], 'two with a comma and a blank': ['a, b'], '256 characters': ['x'.repeat(256)],
    'above ASCII': [Buffer.from('é').toString('latin1')], 'twice': ['a', 'b'], 'twice the same': ['a', 'a'], 'twice, one empty': ['a', ''],
  };
  for (const [name, values] of Object.entries(malformed)) {
    test(`${name}: 400`, async () => {
      const person = somebody();
      const answer = await post(person, values.map((value, i) => `${i === 0 ? 'Idempotency-Key' : 'idempotency-KEY'}: ${value}`));
      assert.equal(answer.status, 400, answer.text);
      const [{ title, detail }] = JSON.parse(answer.body).errors;
      assert.equal(title, 'Bad request');
      assert.match(detail, /one Idempotency-Key header only, of 1 to 255 visible ASCII characters/);
      assert.equal(answer.headers.location, undefined);
      assert.equal((await submissionsOf(person)).length, 0);
    });
  }

  test('every visible character of ASCII, 255 of them, with blanks around: good', async () => {
    const visible = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('');
    const person = somebody(), key = visible.repeat(3).slice(0, 255);
    const first = await post(person, [`IDEMPOTENCY-key: \t ${key}  `]);
    assert.equal(first.status, 200, first.text);
    assert.deepEqual((await rowsOf(key)).length, 1);
    const again = await post(person, [`Idempotency-Key:${key}`], front(1));
    assert.deepEqual([again.status, again.body, again.headers['idempotency-replayed']], [200, first.body, 'true']);
  });
});

describe('at the same instant', () => {
  /** What became of requests with one key: one accepted, the others told of it. */
  async function isOnce(person, key, answers) {
    const rows = await submissionsOf(person);
    assert.equal(rows.length, 1, `accepted ${rows.length} times`);
    const held = await rowsOf(key);
    assert.deepEqual(held.map(({ submission_id }) => submission_id), [rows[0].id]);
    const firsts = answers.filter(({ headers, status }) => status === 200 && headers.get('idempotency-replayed') === null);
    assert.equal(firsts.length, 1, JSON.stringify(answers.map(({ status, text }) => [status, text])));
    for (const answer of answers) {
      if (answer === firsts[0]) continue;
      if (answer.status === 409) isConflict(answer);
      else isReplay(answer, firsts[0]);
    }
    return answers.map(({ status }) => status);
  }

  /** So many keys, with each a request by each of these fronts, all at once: [[person, key, answers]]. */
  const together = (keys, fronts) => Promise.all(Array.from({ length: keys }, async () => {
    const person = somebody(), key = newKey();
    return [person, key, await Promise.all(fronts.map((n) => send(person, key, { url: front(n) })))];
  }));

  test(`${PAIRS} pairs over two fronts: each is accepted once`, async () => {
    const seen = {};
    const before = await count('declarations');
    for (const pair of await together(PAIRS, [0, 1])) for (const status of await isOnce(...pair)) seen[status] = (seen[status] ?? 0) + 1;
    assert.equal(await count('declarations') - before, PAIRS);
    assert.ok(seen[409] > 0, `none met the other: ${JSON.stringify(seen)}`);
  });

  test('over two intakes', async () => {
    await system.start('intake-2');
    try {
      for (let round = 0; round < 10; round++) for (const four of await together(3, [0, 1, 0, 1])) await isOnce(...four);
    } finally {
      await system.kill('intake-2', 'SIGTERM');
    }
  });

  test('in one group, with another request among them', async () => {
    const person = somebody(), key = newKey(), decoy = somebody();
    system.pause('intake');
    const answers = [send(decoy, newKey())]; // intake has asked for work: it gets this alone
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const n of [0, 1, 0]) answers.push(send(person, key, { url: front(n) }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const other = send(person, key, { body: declaration(person, 'retained-1') });
    await new Promise((resolve) => setTimeout(resolve, 200));
    system.proceed('intake');
    const [, ...same] = await Promise.all(answers);
    isAnotherRequest(await other);
    await isOnce(person, key, same);
  });

  test('whoever has the lock of a key for long holds up nobody else', async () => {
    const person = somebody(), key = newKey();
    await system.db.query('begin');
    await system.db.query('select pg_advisory_xact_lock(4, hashtext($1))', [`lead_provider ${person.provider.id} ${key}`]);
    const waiting = send(person, key);
    for (let i = 0; i < 5; i++) {
      const others = await Promise.all([send(somebody(), newKey()), send(somebody())]);
      assert.deepEqual(others.map(({ status }) => status), [200, 200]);
    }
    assert.equal((await submissionsOf(person)).length, 0, 'it was not waited for');
    await system.db.query('commit');
    const answer = await waiting;
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await submissionsOf(person)).length, 1);
  });
});

describe('whatever ends meanwhile', () => {
  const heldLines = () => system.logs('intake').split('\n').filter((line) => line.includes('"event":"key_held"')).length;

  test('the front dies between accepting and answering: the other one gives the answer', async () => {
    const person = somebody(), key = newKey();
    const { http } = system.processes.get('front'), url = `http://${http}`, other = system.urls.find((u) => u !== url);
    await undecided(async () => {
      const lost = send(person, key, { url }).catch(() => 'lost');
      await stored(person);
      await system.kill('front');
      assert.equal(await lost, 'lost');
      isConflict(await send(person, key, { url: other }));
    });
    const [{ id }] = await submissionsOf(person);
    await until('not decided', async () => (await submissionsOf(person))[0].result);
    const { body: { data: { attributes: { response } } } } = await system.request('GET', `/api/v3/submissions/${id}`, { token: person.provider.token, url: other });
    const again = await send(person, key, { url: other });
    assert.deepEqual([again.status, again.body, again.headers.get('idempotency-replayed')], [200, response.body, 'true']);
    assert.equal((await submissionsOf(person)).length, 1);
    await system.start('front');
    await system.ready();
  });

  test('the front\'s own second attempt is acknowledged, not refused', async () => {
    const person = somebody(), key = newKey();
    let waiting;
    const before = heldLines();
    await system.kill('scheduler', 'SIGTERM'); // which would send it again itself
    await undecided(async () => {
      waiting = send(person, key);
      await stored(person);
      const [{ id }] = await submissionsOf(person);
      const accepted = () => system.logs('intake').split('\n').filter((line) => line.includes('"event":"submission_accepted"') && line.includes(id)).length;
      assert.equal(accepted(), 1);
      await system.kill('broker'); // with what it has: the front asks again, and intake gets the same id
      await system.start('broker');
      await until('it was not sent again', () => accepted() >= 2);
    });
    const answer = await waiting;
    await system.start('scheduler');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get('idempotency-replayed'), null);
    assert.equal((await submissionsOf(person)).length, 1);
    assert.equal(heldLines(), before);
  });
});
