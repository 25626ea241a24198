// Prefer: handling=dry-run (submissions.md 6, pipeline.md PL-55): what a write would become, and every rule with what it saw.
// Each input is tried dry, then in earnest, twice: both say the same, and the dry one leaves nothing behind.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, startFront, titles } from './client.mjs';
import { A, B, C, D, participant, statement, world } from './world.mjs';

const autumn24 = '2024-10-20 10:00';
const workers = { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }; // no scheduler: its own rows would be counted

let system, by;
before(async () => {
  system = await startSystem({ world: world(), workers, env: { ECF2_CLOCK: london(autumn24), ECF2_REQUEST_CLOCK: 'on' } });
  by = Object.fromEntries([A, B, C, D].map((name) => [name, new Provider(system, name)]));
});
after(() => system?.stop());

const ect = (name, declaration_type = 'started', declaration_date = '2024-10-07T09:00:00Z', evidence_held) => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type, declaration_date, ...(evidence_held && { evidence_held }),
});
const mentor = (...args) => ({ ...ect(...args), course_identifier: 'ecf-mentor' });

const clock = (at) => (at ? { 'x-with-server-date': london(at) } : {});
const dry = (at, more) => ({ headers: { prefer: 'handling=dry-run', ...clock(at), ...more } });
const real = (at) => ({ headers: clock(at) });

// ---- what is stored

/** How many rows every table has, and where every sequence stands. */
async function stored() {
  const { rows } = await system.db.query(`
    select relname as name, (xpath('/row/n/text()', query_to_xml(format(
             case relkind when 'S' then 'select last_value::text || is_called::text as n from %I' else 'select count(*) as n from only %I' end, relname), false, true, '')))[1]::text as n
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'S') order by relname`);
  return rows.map(({ name, n }) => `${name} ${n}`);
}

async function nothingStored(act) {
  const before = await stored();
  const answer = await act();
  assert.deepEqual(await stored(), before);
  return answer;
}

// ---- what is answered

const seen = new Map(); // rule → the results that it was seen with
const RULES = {
  'declaration.create': Array.from({ length: 19 }, (_, i) => `declarations.md 3.3/${i + 1}`),
  'declaration.void': ['V1', 'V3', 'V5', 'V6'].map((v) => `lead-provider-api.md 7.3/${v}`),
};

/** What holds of every answer of a dry run; gives its attributes. */
function isDry(answer, kind = 'declaration.create') {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get('preference-applied'), 'handling=dry-run');
  assert.equal(answer.headers.get('location'), null);
  assert.match(answer.headers.get('etag'), /^W\//);
  const { id, type, attributes } = answer.body.data;
  assert.deepEqual([id, type, attributes.kind, attributes.state, attributes.batch_id, attributes.line], [null, 'submission', kind, 'decided', null, null]);
  assert.deepEqual(Object.keys(attributes), ['kind', 'state', 'result', 'accepted_at', 'updated_at', 'decided_at', 'batch_id', 'line', 'response', 'resource', 'rules']);
  assert.equal(attributes.result, attributes.response.status === 200 ? 'succeeded' : 'rejected');
  assert.deepEqual(attributes.rules.map(({ rule }) => rule), RULES[kind]);
  for (const rule of attributes.rules) {
    assert.deepEqual(Object.keys(rule), ['rule', 'result', 'title', 'saw']);
    assert.match(rule.result, /^(passed|failed|skipped)$/);
    assert.equal(Object.keys(rule.saw).length > 0, rule.result !== 'skipped' || rule.rule.endsWith('/V1'), JSON.stringify(rule));
    seen.set(rule.rule, (seen.get(rule.rule) ?? new Set()).add(rule.result));
  }
  const failed = attributes.rules.filter(({ result }) => result === 'failed').map(({ title }) => title);
  assert.deepEqual([...new Set(failed)].sort(), [...new Set(attributes.response.body.errors?.map(({ title }) => title) ?? [])].sort());
  return attributes;
}

/** Both answers say the same, but for the id of what a dry run does not make, and the instant of the decision. */
function sameAs({ response, resource }, answer) {
  assert.equal(response.status, answer.status, answer.text);
  const plain = (content) => content.data && { ...content.data, id: undefined, attributes: { ...content.data.attributes, updated_at: undefined } };
  assert.deepEqual(plain(response.body) ?? response.body, plain(answer.body) ?? answer.body);
  assert.equal(resource?.type, answer.body.data?.type);
}

async function declares(provider, attributes, at) {
  const once = isDry(await nothingStored(() => provider.send(attributes, dry(at))));
  const answer = await provider.send(attributes, real(at));
  sameAs(once, answer);
  if (answer.status === 200) assert.deepEqual([once.response.body.data.id, once.resource], [null, { type: 'participant-declaration', id: null }]);
  else assert.equal(once.resource, null);
  return { once, answer };
}

const LONG = 'é'.repeat(5000);
const inputs = [
  ['W01', A, ect('W01'), autumn24, 200], ['W02', A, ect('W02', 'started', '2024-10-07T09:00:00Z', 'one-term-induction'), autumn24, 200],
  ['W03', A, ect('W03'), autumn24, 200],
  ['W04', A, ect('W04', 'retained-1', '2025-01-15T09:00:00Z', 'other'), '2025-03-31 10:00', 200],
  ['W05', A, ect('W05', 'retained-1', '2025-01-15T09:00:00Z', 'other'), '2025-04-01 00:30', 200],
  ['W06', A, ect('W06', 'retained-1', '2024-12-31T23:59:59Z', 'other'), '2025-02-01 10:00', 422],
  ['W06, a second later', A, ect('W06', 'retained-1', '2025-01-01T00:00:00Z', 'other'), '2025-02-01 10:00', 200],
  ['W07', A, ect('W07', 'retained-1', '2025-03-31T22:59:59Z', 'other'), '2025-04-10 10:00', 200],
  ['W08', A, ect('W08', 'retained-1', '2025-03-31T23:00:00Z', 'other'), '2025-04-10 10:00', 422],
  ['W09', A, ect('W09', 'retained-1', '2025-01-15T09:00:00Z'), '2025-02-01 10:00', 422],
  ['W10', A, ect('W10', 'retained-1', '2025-01-15T09:00:00Z', 'materials-engaged-with-offline'), '2025-02-01 10:00', 422],
  ['W11', A, ect('W11', 'started', '2025-10-06T09:00:00Z'), '2025-10-20 10:00', 422],
  ['W12', A, ect('W12', 'retained-2', '2026-05-06T09:00:00Z', 'training-event-attended'), '2026-05-20 10:00', 422],
  ['W12, engaged', A, ect('W12', 'retained-2', '2026-05-06T09:00:00Z', '75-percent-engagement-met'), '2026-05-20 10:00', 200],
  ['W13', A, mentor('W13', 'retained-1', '2026-02-06T09:00:00Z', 'other'), '2026-02-20 10:00', 422],
  ['W14', A, mentor('W14', 'completed', '2026-04-20T09:00:00Z', '75-percent-engagement-met'), '2026-04-25 10:00', 200],
  ['W15', A, ect('W15', 'extended-1', '2026-04-20T09:00:00Z', 'other'), '2026-04-25 10:00', 422],
  ['W16', A, ect('W16'), autumn24, 200], ['W16 again', A, ect('W16'), '2024-10-21 10:00', 422],
  ['W17', C, ect('W17'), autumn24, 200], ['W17 by the later provider', D, ect('W17', 'started', '2024-11-07T09:00:00Z'), '2025-03-01 10:00', 422],
  ['W18', C, ect('W18', 'retained-1', '2025-01-20T09:00:00Z', 'other'), '2025-03-01 10:00', 200],
  ['W19', A, ect('W19', 'started', '2024-10-20T09:00:01Z'), autumn24, 422], ['W19, now', A, ect('W19', 'started', '2024-10-20T09:00:00Z'), autumn24, 200],
  ['W20', A, ect('W20', 'started', '2024-10-07 09:00:00'), autumn24, 422],
  ['W21', B, ect('W21', 'started', '2024-12-07T09:00:00Z'), autumn24, 422], ['W21, not in the future', B, ect('W21'), autumn24, 422],
  ['W22', A, mentor('W22'), autumn24, 422],
  ['W23', A, ect('W23', 'retained-1', '2025-02-10T10:00:00Z', 'other'), '2025-03-01 10:00', 422],
  ['W23, a second earlier', A, ect('W23', 'retained-1', '2025-02-10T09:59:59Z', 'other'), '2025-03-01 10:00', 200],
  ['W24', A, ect('W24', 'retained-1', '2025-02-20T10:00:00Z', 'other'), '2025-03-01 10:00', 200],
  ['W25', A, ect('W25', 'completed', '2024-05-10T10:00:00Z', 'other'), '2025-10-01 10:00', 422],
  ['W26', B, ect('W26', 'extended-1', '2025-09-10T10:00:00Z', 'other'), '2025-10-01 10:00', 422],
  ['W26, not eligible', B, ect('W26 not eligible', 'extended-1', '2025-09-10T10:00:00Z', 'other'), '2025-10-01 10:00', 200],
  ['W27, started', A, ect('W27', 'started', '2025-10-20T09:00:00Z', 'other'), '2025-10-20 10:00', 200],
  ['W27', A, ect('W27', 'retained-1', '2025-10-19T09:00:00Z', 'other'), '2026-02-01 10:00', 422],
  ['W27, at once', A, ect('W27', 'retained-1', '2025-10-20T09:00:00Z', 'other'), '2026-02-01 10:00', 200],
  ['nobody', A, { ...ect('waits'), participant_id: '7b14347f-353b-4160-8f5e-14d2a270a26f' }, autumn24, 422],
  ['no UUID', A, { ...ect('waits'), participant_id: 12 }, autumn24, 422],
  ['blank participant', A, { ...ect('waits'), participant_id: ' ', declaration_date: 'x' }, autumn24, 422],
  ['blank course', A, { ...ect('waits'), course_identifier: null }, autumn24, 422],
  ['other course', A, { ...ect('waits'), course_identifier: LONG }, autumn24, 422],
  ['blank date', A, { ...ect('waits'), declaration_date: '' }, autumn24, 422],
  ['blank type', A, { ...ect('waits'), declaration_type: [] }, autumn24, 422],
  ['unknown type', A, { ...ect('waits'), declaration_type: `Started"\\\u0007${LONG}` }, autumn24, 422],
  ['duplicate, frozen', A, ect('duplicate, frozen', 'started', '2022-10-20T09:00:00Z'), '2025-10-01 10:00', 422],
  ['evidence and schedule', A, ect('W15', 'extended-1', '2026-04-20T09:00:00Z'), '2026-04-25 10:00', 422],
];

describe('a declaration, dry and then in earnest', () => {
  for (const [name, provider, attributes, at, status] of inputs) {
    test(name, async () => {
      const { once, answer } = await declares(by[provider], attributes, at);
      assert.equal(answer.status, status, answer.text);
      const again = isDry(await by[provider].send(attributes, dry(at)));
      if (status === 200) assert.deepEqual([again.response.status, titles({ body: again.response.body })[0]], [422, 'declaration_type'], 'what was accepted is there now');
      else assert.deepEqual([again.response, again.rules], [once.response, once.rules]);
      sameAs(again, await by[provider].send(attributes, real(at)));
    });
  }
});

describe('a void, dry and then in earnest', () => {
  async function set(table, api_id, values) {
    const columns = Object.keys(values).map((column, i) => `${column} = $${i + 2}`).join(', ');
    await system.db.query('set session_replication_role = replica');
    await system.db.query(`update ${table} set ${columns} where api_id = $1`, [api_id, ...Object.values(values)]);
    await system.db.query('reset session_replication_role');
  }
  const made = async (provider, name, attributes = ect(name), at = autumn24) => (await provider.accepted(attributes, { headers: clock(at), ...real(at) })).id;
  const voids = async (provider, id, at) => {
    const once = isDry(await nothingStored(() => provider.void(id, dry(at))), 'declaration.void');
    const answer = await provider.void(id, real(at));
    sameAs(once, answer);
    if (answer.status === 200) assert.deepEqual(once.resource, { type: 'participant-declaration', id }, 'this one is there already');
    return { once, answer };
  };

  test('W29, and what is voided already', async () => {
    const id = await made(by[A], 'W29');
    assert.equal((await voids(by[A], id, '2024-10-22 10:00')).answer.body.data.attributes.state, 'voided');
    assert.equal((await voids(by[A], id, '2024-10-22 10:00')).answer.status, 422);
  });

  test('W30, and what is refunded', async () => {
    const id = await made(by[C], 'W30');
    await set('declarations', id, { payment_status: 'paid' });
    const { once } = await voids(by[C], id, '2025-02-03 10:00');
    assert.equal(once.response.body.data.attributes.clawback_statement_id, statement(C, 2024, '2025-04'));
    assert.equal((await voids(by[C], id, '2025-02-03 10:00')).answer.status, 422);
  });

  test('W31 changes nothing of the mentor', async () => {
    const id = await made(by[A], 'W31', mentor('W31', 'completed', '2026-04-20T09:00:00Z', '75-percent-engagement-met'), '2026-04-25 10:00');
    assert.equal((await voids(by[A], id, '2026-05-01 10:00')).answer.status, 200);
  });

  test('W32: another provider\'s, nobody\'s and no id are not found alike', async () => {
    const id = await made(by[A], 'W32');
    for (const one of [id, randomUUID(), 'nonsense']) {
      const { once } = await voids(by[B], one, '2025-02-03 10:00');
      assert.equal(once.response.status, 404);
      assert.equal(once.rules[0].saw.participant_declaration_found, false);
    }
  });

  test('no statement is left', async () => {
    const id = await made(by[B], 'void no statement', ect('void no statement', 'extended-1', '2025-09-10T10:00:00Z', 'other'), '2025-10-01 10:00');
    const { rows: [last] } = await system.db.query(
      `select s.id from statements s join lead_providers p on p.id = s.lead_provider_id
        where p.name = $1 and s.contract_period_year = 2023 and s.fee_type = 'output' order by s.deadline_date desc limit 1`, [B]);
    await set('declarations', id, { payment_status: 'paid', payment_statement_id: last.id });
    const { once } = await voids(by[B], id, '2025-10-01 10:00');
    assert.deepEqual(once.rules.at(-1).saw, { state: 'paid', cohort: '2023', clawback_statement: null });
  });
});

test('every rule of both tables was seen passing, failing and skipped', () => {
  const first = new Set(['declarations.md 3.3/1', 'lead-provider-api.md 7.3/V1']); // nothing stands before them
  for (const rule of Object.values(RULES).flat()) {
    assert.deepEqual([...(seen.get(rule) ?? [])].sort(), ['failed', 'passed', ...(first.has(rule) ? [] : ['skipped'])], rule);
  }
});

describe('what is another provider\'s', () => {
  test('a participant of somebody else is as good as nobody', async () => {
    const nobody = randomUUID();
    const attempt = async (id) => isDry(await by[B].send({ ...ect('untouched'), participant_id: id }, dry(autumn24)));
    const [theirs, none] = [await attempt(participant('untouched')), await attempt(nobody)];
    const text = (attributes) => JSON.stringify([attributes.response, attributes.rules]).replaceAll(participant('untouched'), 'ID').replaceAll(nobody, 'ID');
    assert.equal(text(theirs), text(none));
  });

  test('of a declaration of somebody else only its type is told', async () => {
    const { rows: [one] } = await system.db.query(
      'select d.api_id, d.declaration_date from declarations d join teachers t on t.id = d.teacher_id where t.api_id = $1', [participant('W17')]);
    const answer = await by[D].send(ect('W17', 'started', '2024-11-07T09:00:00Z'), dry('2025-03-01 10:00'));
    const [row] = isDry(answer).rules.filter(({ rule }) => rule.endsWith('/8'));
    assert.deepEqual(row.saw, { declaration_type: 'started', existing_declaration: { declaration_type: 'started', of_another_lead_provider: true } });
    assert.ok(!answer.text.includes(one.api_id) && !answer.text.includes(one.declaration_date.toISOString().slice(0, 10)), answer.text);
  });

  test('and what is its own is shown', async () => {
    const [row] = isDry(await by[C].send(ect('W17', 'started', '2024-10-08T09:00:00Z'), dry('2025-03-01 10:00'))).rules.filter(({ rule }) => rule.endsWith('/8'));
    const { id, ...rest } = row.saw.existing_declaration;
    assert.equal((await by[C].get(`${DECLARATIONS}/${id}`)).status, 200);
    assert.deepEqual(rest, { declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', of_another_lead_provider: false });
  });
});

describe('how it is asked for', () => {
  test('it wins over other preferences, and a key is ignored', async () => {
    for (const [prefer, headers] of [['handling=dry-run', {}], ['respond-async, wait=0, handling=dry-run', {}], ['HANDLING = "dry\\-run"; x=1', {}],
      ['handling=dry-run', { 'idempotency-key': 'a key' }], ['handling=dry-run', { 'idempotency-key': randomUUID() }]]) {
      isDry(await nothingStored(() => by[A].send(ect('untouched'), { headers: { ...clock(autumn24), prefer, ...headers } })));
    }
  });

  test('what the front refuses without data it refuses as ever', async () => {
    const post = (content, token = by[A].token) => system.request('POST', DECLARATIONS, { token, body: content, headers: { prefer: 'handling=dry-run' } });
    for (const [content, status] of [['{', 400], ['{}', 400], [body({}), 400]]) {
      const answer = await nothingStored(() => post(content));
      assert.deepEqual([answer.status, answer.headers.get('preference-applied')], [status, null], answer.text);
    }
    assert.equal((await post(body(ect('untouched')), 'nonsense')).status, 401);
  });

  test('a read ignores it', async () => {
    const plain = await by[A].get(`${DECLARATIONS}/${randomUUID()}`);
    const answer = await by[A].get(`${DECLARATIONS}/${randomUUID()}`, { headers: { prefer: 'handling=dry-run, wait=3' } });
    assert.deepEqual([answer.status, answer.text, answer.headers.get('preference-applied')], [404, plain.text, null]);
  });

  test('it counts for the rate limits', async () => {
    const { url } = await startFront(system, { ECF2_RATE_TOKEN: '2' });
    const token = system.token(A);
    const send = () => system.request('POST', DECLARATIONS, { token, url, body: body(ect('untouched')), headers: { prefer: 'handling=dry-run' } });
    assert.deepEqual([(await send()).status, (await send()).status, (await send()).status], [200, 200, 429]);
  });
});

describe('beside the rest of the work', () => {
  const attempt = (attributes = ect('untouched')) => by[A].send(attributes, dry(autumn24));

  test('it waits for no lock, and no order', async () => {
    const other = await connect(system.cluster, system.database);
    try {
      await other.query('begin');
      await other.query(`select pg_advisory_xact_lock(0, 0), pg_advisory_xact_lock(1, hashtext('trn:' || trn)) from teachers where api_id = $1`, [participant('untouched')]);
      const started = performance.now();
      assert.equal(isDry(await attempt()).result, 'succeeded');
      assert.ok(performance.now() - started < 5000);
    } finally {
      await other.end();
    }
  });

  test('it is not counted as undecided', async () => {
    system.pause('validation');
    try {
      const all = Promise.all([attempt(), attempt(), attempt()]);
      const lane = () => system.status().brokers[0].status.services.validation.wait;
      await until('the broker does not have them', () => lane().waiting + lane().handed_out === 3);
      assert.deepEqual(system.status().brokers[0].status.undecided, { wait: 0, async: 0, bulk: 0 });
      system.proceed('validation');
      for (const answer of await all) isDry(answer);
    } finally {
      system.proceed('validation');
    }
  });

  test('a stage that fails answers 503 and writes nothing', async () => {
    const { rows: [{ errors }] } = await system.db.query('select count(*) as errors from submission_stages');
    await system.db.query('alter table milestones rename to milestones_away');
    try {
      const answer = await attempt();
      assert.deepEqual([answer.status, titles(answer), answer.headers.get('location')], [503, ['Service unavailable'], null], answer.text);
      assert.match(answer.headers.get('retry-after'), /^\d+$/);
    } finally {
      await system.db.query('alter table milestones_away rename to milestones');
    }
    assert.equal((await system.db.query('select count(*) as errors from submission_stages')).rows[0].errors, errors);
    isDry(await attempt());
  });

  test('without a worker of a stage: 503 in time; what ends before that stage is answered', async () => {
    await system.kill('eligibility');
    const started = performance.now();
    const [answer, refused] = await Promise.all([attempt(), attempt(ect('untouched', 'nonsense'))]);
    assert.deepEqual([answer.status, answer.headers.get('location')], [503, null], answer.text);
    assert.ok(performance.now() - started < 15_000);
    assert.equal(isDry(refused).response.status, 422);
    await system.start('eligibility');
    await system.ready();
    isDry(await attempt());
  });

  test('without a broker: 503 at once', async () => {
    await system.kill('broker');
    try {
      const answer = await until('the front still believes in it', async () => {
        const one = await attempt();
        return one.status === 503 && one;
      });
      assert.match(answer.body.errors[0].detail, /^Nothing was stored/);
    } finally {
      await system.start('broker');
      await system.ready();
    }
    isDry(await attempt());
  });
});
