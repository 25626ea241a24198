// GET /api/v3/participant-declarations: who sees what (lead-provider-api.md 7.1), filters (3.4), pages (3.5), order, entity
// tags (3.10). Declarations are written by SQL here, so that their times, partners and states are those that a case needs;
// what is expected follows from the rows by the words of the specification, in `visible` below.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { connect } from '../support/cluster.mjs';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, london, raw, titles } from './client.mjs';
import { takesFewStatements } from './lists.mjs';
import { A, B, C, D, participant, uuidOf, world } from './world.mjs';

const types = ['started', 'retained-1', 'retained-2', 'retained-3', 'retained-4', 'completed', 'extended-1', 'extended-2', 'extended-3'];
const otherPartner = uuidOf('Partner Y');
const day = 86_400_000;
const began = Date.parse('2025-09-01T08:00:00Z');

let system, declarations; // [{ id, api_id, lead_provider, … }] as they are stored
const provider = {};
before(async () => {
  // No scheduler: month-end would move what is stored here.
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }, env: { ECF2_CLOCK: london('2026-02-02 10:00') } });
  for (const name of [A, B, C, D]) provider[name] = new Provider(system, name);
  await system.db.query('insert into delivery_partners (name, api_id) values ($1, $2)', ['Partner Y', otherPartner]);
  await fill();
  await read();
});
after(() => system?.stop());

/** Three declarations for each training period of the world: by its provider, in all states, seven a minute. */
async function fill() {
  await system.db.query(`update training_periods set finished_on = '2025-06-30' where lead_provider_id = (select id from lead_providers where name = $1)
    and teacher_id = (select id from teachers where api_id = $2)`, [D, participant('void seen by D')]);
  await system.db.query('delete from declarations');
  await system.db.query(
    `with chosen as (
       select p.*, row_number() over (order by p.teacher_id, p.started_on, t.n) as i, (select api_id from teachers where id = p.teacher_id) = $3 as seen_by_d,
              row_number() over (partition by p.teacher_id, p.role order by p.started_on, t.n) as k,
              (select s.id from statements s where s.lead_provider_id = p.lead_provider_id and s.contract_period_year = p.contract_period_year order by s.id limit 1) as statement_id
       from training_periods p cross join generate_series(1, 3) as t (n) where p.lead_provider_id is not null)
     insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, declaration_date, payment_status,
       clawback_status, payment_statement_id, clawback_statement_id, delivery_partner_when_created_id, created_at, api_updated_at)
     select id, teacher_id, role, lead_provider_id, contract_period_year, ($1::declaration_type[])[(k - 1) % 9 + 1],
            case k % 3 when 0 then '2025-02-14 00:00Z' when 1 then '2025-06-30 00:00Z' else '2025-06-30 00:00:01Z' end::timestamptz,
            state.payment::payment_status, state.clawback::clawback_status,
            case when state.payment <> 'no_payment' then statement_id end, case when state.clawback <> 'no_clawback' then statement_id end,
            (select dp.id from delivery_partners dp where dp.name = case when i % 5 = 0 then 'Partner Y' else 'Partner X' end),
            to_timestamp($2::float8) + (i / 7) * interval '1 minute', to_timestamp($2::float8) + (i % 97) * interval '1 hour' + (i % 3) * interval '1 microsecond'
     from chosen cross join lateral (select case when seen_by_d and k % 3 = 1 then 1 else i % 7 end as nth) as chosen_state
     cross join lateral (select case nth when 0 then 'no_payment' when 1 then 'eligible' when 2 then 'payable' when 3 then 'voided' else 'paid' end as payment,
                                            case nth when 5 then 'awaiting_clawback' when 6 then 'clawed_back' else 'no_clawback' end as clawback) as state`,
    [types, began / 1000, participant('void seen by D')]);
}

async function read() {
  system.forgetReads();
  ({ rows: declarations } = await system.db.query(
    `select d.id::integer, d.api_id, lp.name as lead_provider, t.api_id as participant, d.role, d.contract_period_year as cohort, dp.api_id as partner, d.payment_status,
            d.clawback_status, d.declaration_date as date, to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as created,
            to_char(d.api_updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as updated,
            (select jsonb_object_agg(p.name, p.finished_on) from (
               select distinct on (o.name) o.name, tp.finished_on from training_periods tp join lead_providers o on o.id = tp.lead_provider_id
               where tp.teacher_id = d.teacher_id and tp.role = d.role order by o.name, tp.started_on desc) as p) as latest
     from declarations d join lead_providers lp on lp.id = d.lead_provider_id join teachers t on t.id = d.teacher_id
     join delivery_partners dp on dp.id = d.delivery_partner_when_created_id`));
  declarations.sort((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : a.id - b.id));
}

/** 7.1. */
function isVisible(d, name) {
  if (d.lead_provider === name) return true;
  if (!['no_payment', 'eligible', 'payable', 'paid'].includes(d.payment_status) || d.clawback_status !== 'no_clawback' || !(name in (d.latest ?? {}))) return false;
  return d.latest[name] === null || d.date <= new Date(`${d.latest[name]}T00:00:00Z`);
}
const visible = (name, more = () => true) => declarations.filter((d) => isVisible(d, name) && more(d)).map((d) => d.api_id);

const get = (name, query = '', options) => provider[name].get(`${DECLARATIONS}${query}`, options);
async function ids(name, query = '?page[per_page]=3000') {
  const answer = await get(name, query);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['data']);
  return answer.body.data.map(({ id }) => id);
}

describe('who sees what', () => {
  test('the world has every case', () => {
    for (const name of [A, B, C, D]) assert.ok(visible(name).length > 10, `${name}: ${visible(name).length}`);
    const near = [];
    for (const name of [C, D]) {
      const others = declarations.filter((d) => d.lead_provider !== name && name in (d.latest ?? {}));
      assert.ok(others.some((d) => isVisible(d, name)) && others.some((d) => !isVisible(d, name)), name);
      near.push(...others);
      assert.ok(others.some((d) => d.latest[name] !== null && d.date > new Date(`${d.latest[name]}T00:00:00Z`)), `${name}: declared after the end`);
      assert.ok(others.some((d) => d.latest[name] !== null && +d.date === +new Date(`${d.latest[name]}T00:00:00Z`) && isVisible(d, name)), `${name}: declared at the end`);
    }
    for (const status of ['no_payment', 'eligible', 'payable', 'paid', 'voided']) assert.ok(near.some((d) => d.payment_status === status), status);
  });

  for (const name of [A, B, C, D]) test(`${name} lists exactly what it may see, oldest first`, async () => assert.deepEqual(await ids(name), visible(name)));

  test('show finds what the list has, and nothing else; the same bytes', async () => {
    for (const name of [C, D]) {
      const listed = new Map((await get(name, '?page[per_page]=3000')).body.data.map((one) => [one.id, one]));
      const near = declarations.filter((d) => d.lead_provider !== name && name in (d.latest ?? {}));
      for (const d of [...near, ...declarations.filter((one) => one.lead_provider === name).slice(0, 10), ...declarations.filter((one) => one.lead_provider === A).slice(0, 5)]) {
        const shown = await provider[name].get(`${DECLARATIONS}/${d.api_id}`);
        assert.equal(shown.status, listed.has(d.api_id) ? 200 : 404, d.api_id);
        if (shown.status === 200) assert.equal(shown.text, JSON.stringify({ data: listed.get(d.api_id) }));
      }
    }
  });

  test('another\'s, by its id, is not voidable', async () => {
    const seen = declarations.find((d) => d.lead_provider === C && isVisible(d, D));
    assert.equal((await provider[D].void(seen.api_id)).status, 404);
  });

  test('without a token, or with a wrong one: 401', async () => {
    assert.equal((await system.request('GET', DECLARATIONS)).status, 401);
    assert.equal((await system.request('GET', DECLARATIONS, { token: 'x' })).status, 401);
  });

  test('who comes to train somebody sees what others have declared for them, and no longer when nobody trains them', async () => {
    const { rows: [{ id }] } = await system.db.query(
      `select p.teacher_id as id from training_periods p join teachers t on t.id = p.teacher_id where t.api_id = $1`, [participant('W26')]);
    const flags = async () => (await system.db.query('select has_others from teacher_provider_status where teacher_id = $1 order by lead_provider_id', [id])).rows.map((r) => r.has_others);
    const before = (await ids(C)).length;
    assert.deepEqual(await flags(), [false]);
    await system.db.query(`update training_periods set finished_on = '2025-12-31' where teacher_id = $1`, [id]);
    await system.db.query(
      `with made as (insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year, school_partnership_id,
         lead_provider_id, schedule_id)
       select p.school_period_id, p.teacher_id, p.role, p.school_id, '2026-01-01', 'provider_led', p.contract_period_year, sp.id, sp.lead_provider_id, p.schedule_id
       from training_periods p join lead_providers lp on lp.name = $2 join school_partnerships sp on sp.lead_provider_id = lp.id and sp.contract_period_year = p.contract_period_year
       where p.teacher_id = $1 returning *)
       insert into teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id, latest_ect_contract_period_year)
       select lead_provider_id, teacher_id, id, contract_period_year from made`, [id, C]);
    assert.deepEqual(await flags(), [true, true]);
    await read();
    assert.ok(visible(C).length > before);
    assert.deepEqual(await ids(C), visible(C));
    await system.db.query(`with gone as (delete from teacher_provider_status where teacher_id = $1 and lead_provider_id = (select id from lead_providers where name = $2))
      delete from training_periods where teacher_id = $1 and started_on = '2026-01-01'`, [id, C]);
    assert.deepEqual(await flags(), [false]);
    await read();
    assert.equal((await ids(C)).length, before);
  });
});

describe('filters (lead-provider-api.md 3.4/2, 3.4/3, 3.4/4, 3.4/5, 3.4/12)', () => {
  const all = '&page[per_page]=3000';
  const person = () => declarations.find((d) => isVisible(d, A)).participant;
  const cases = [
    ['cohort', () => 'filter[cohort]=2024', (d) => d.cohort === 2024],
    ['several cohorts', () => 'filter[cohort]=2022,2025', (d) => [2022, 2025].includes(d.cohort)],
    ['cohort, as the specification has it', () => 'filter[cohort]=2024,invalid,,20A1,%20,1099', (d) => d.cohort === 2024],
    ['cohort with a space is dropped', () => 'filter[cohort]=%202024,2025', (d) => d.cohort === 2025],
    ['encoded brackets and comma', () => 'filter%5Bcohort%5D=2022%2C2025', (d) => [2022, 2025].includes(d.cohort)],
    ['no item of cohort left', () => 'filter[cohort]=x,%20', () => false],
    ['only a comma', () => 'filter[cohort]=,', () => false],
    ['a cohort that there is not', () => 'filter[cohort]=1099', () => false],
    ['a cohort of many digits', () => `filter[cohort]=${'9'.repeat(400)}`, () => false],
    ['a negative cohort', () => 'filter[cohort]=-2024', () => false],
    ['an array in place of a cohort', () => 'filter[cohort][]=2024', () => false],
    ['a blank cohort', () => 'filter[cohort]=', () => true],
    ['a cohort of white space', () => 'filter[cohort]=%20%09+', () => true],
    ['a cohort of white space that is not ASCII, as in bodies', () => 'filter[cohort]=%C2%A0%E2%80%83%E3%80%80', () => true],
    ['a participant of it', () => 'filter[participant_id]=%C2%A0', () => true],
    ['the last of two', () => 'filter[cohort]=2024&filter[cohort]=2025', (d) => d.cohort === 2025],
    ['an unknown filter', () => 'filter[nonsense]=1&filter[training_status]=active&sort=-created_at', () => true],
    ['another case is another name', () => 'filter[Cohort]=2024&Filter=x', () => true],
    ['participant', () => `filter[participant_id]=${person()}`, (d) => d.participant === person()],
    ['participant in capitals', () => `filter[participant_id]=${person().toUpperCase()}`, (d) => d.participant === person()],
    ['participants', () => `filter[participant_id]=${person()},${participant('W11')},x`, (d) => [person(), participant('W11')].includes(d.participant)],
    ['no participant left', () => 'filter[participant_id]=x,1', () => false],
    ['a participant that there is not', () => `filter[participant_id]=${randomUUID()}`, () => false],
    ['somebody else\'s participant', () => `filter[participant_id]=${participant('W30')}`, (d) => d.participant === participant('W30')],
    ['delivery partner', () => `filter[delivery_partner_id]=${otherPartner}`, (d) => d.partner === otherPartner],
    ['delivery partners', () => `filter[delivery_partner_id]=${otherPartner},${uuidOf('Partner X')}`, () => true],
    ['no delivery partner left', () => 'filter[delivery_partner_id]=%00', () => false],
    ['two filters', () => `filter[cohort]=2024&filter[delivery_partner_id]=${otherPartner}`, (d) => d.cohort === 2024 && d.partner === otherPartner],
    ['three filters', () => `filter[cohort]=2024&filter[delivery_partner_id]=${otherPartner}&filter[updated_since]=2025-09-03`,
      (d) => d.cohort === 2024 && d.partner === otherPartner && d.updated >= '2025-09-03T00:00:00'],
  ];
  for (const [name, query, matches] of cases) {
    test(name, async () => {
      for (const who of [A, D]) assert.deepEqual(await ids(who, `?${query()}${all}`), visible(who, matches), who);
    });
  }

  const since = [
    ['2025-09-03T10:00:00Z', '2025-09-03T10:00:00'], ['2025-09-03T10:00:00', '2025-09-03T10:00:00'], ['2025-09-03', '2025-09-03T00:00:00'],
    ['2025-09-03T10:00Z', '2025-09-03T10:00:00'], ['2025-09-03T10:00:00.000001Z', '2025-09-03T10:00:00.000001'], ['2025-09-03T10:00:00,000002Z', '2025-09-03T10:00:00.000002'],
    ['2025-09-03T11:00:00%2B01:00', '2025-09-03T10:00:00'], ['2025-09-03T11:00:00%252B01:00', '2025-09-03T10:00:00'], ['2025-09-03T11%253A00%253A00%252B0100', '2025-09-03T10:00:00'],
    ['2025-09-03T09:00:00-01:00', '2025-09-03T10:00:00'], ['2025-09-03T09:00:00-01', '2025-09-03T10:00:00'], ['0001-01-01', ''], ['9999-12-31T23:59:59Z', '9'],
  ];
  for (const [value, bound] of since) {
    test(`updated_since=${value} (lead-provider-api.md 3.4/8, 3.4/9)`, async () => {
      for (const who of [A, D]) {
        const expected = visible(who, (d) => d.updated >= bound);
        assert.ok(bound === '' || bound === '9' || (expected.length > 0 && expected.length < visible(who).length), 'some and not all');
        assert.deepEqual(await ids(who, `?filter[updated_since]=${value}${all}`), expected, who);
      }
    });
  }
  test('updated_since of white space is none', async () => assert.deepEqual(await ids(A, `?filter[updated_since]=%20${all}`), visible(A)));
  test('what was shown as updated_at brings the record again', async () => {
    const [first] = (await get(A)).body.data;
    assert.ok((await ids(A, `?filter[updated_since]=${first.attributes.updated_at}${all}`)).includes(first.id));
  });

  for (const value of ['x', '2025', '2025-09', '2025-13-01', '2025-02-30', '2025-09-03T25:00:00Z', '2025-09-03T10:00:60Z', '2025-09-03T10', '2025-09-03%2010:00:00Z', '2025-09-03T10:00:00+01:00',
    '%202025-09-03', '2025-09-03T10:00:00Z,2025', '1756893600', '20250903T100000Z', '2025-09-03T10:00:00%2B24:00', '%00', '%ff%fe', `2025-09-03T10:00:00.${'1'.repeat(3000)}Z`, '%25']) {
    test(`updated_since=${value.slice(0, 40)}: 400`, async () => {
      const answer = await get(A, `?filter[updated_since]=${value}`);
      assert.equal(answer.status, 400, answer.text);
      assert.deepEqual(titles(answer), ['Bad request']);
      assert.match(answer.body.errors[0].detail, /valid ISO 8601 date/);
    });
  }
  test('updated_since as an array: 400', async () => assert.equal((await get(A, '?filter[updated_since][]=2025-09-03')).status, 400));

  for (const query of ['filter=x', 'filter=', 'filter', 'filter[]=x', 'filter[][cohort]=2024', 'filter%5B%5D=x', 'filter[cohort]=2024&filter=']) {
    test(`${query}: 400 Bad parameter (lead-provider-api.md 3.4/1)`, async () => assert.deepEqual([(await get(A, `?${query}`)).status, titles(await get(A, `?${query}&page=1`))], [400, ['Bad parameter']]));
  }
  test('filters on show are ignored', async () => {
    assert.equal((await provider[A].get(`${DECLARATIONS}/${visible(A)[0]}?filter[updated_since]=x&page=0&filter[cohort]=1`)).status, 200);
  });
});

describe('pages (lead-provider-api.md 3.5/1, 3.5/2, 3.5/3, 3.5/4, 3.5/5)', () => {
  test('of 100 unless asked', async () => {
    assert.ok(visible(A).length > 200);
    assert.deepEqual(await ids(A, ''), visible(A).slice(0, 100));
    assert.deepEqual(await ids(A, '?page[page]=2'), visible(A).slice(100, 200));
  });

  for (const size of [1, 7, 50]) {
    test(`of ${size}, read until one is empty: everything once, in order, whatever has the same time`, async () => {
      const read = [];
      for (let page = 1; ; page++) {
        const some = await ids(D, `?page[page]=${page}&page[per_page]=${size}`);
        if (some.length === 0) break;
        assert.ok(some.length === size || read.length + some.length === visible(D).length);
        read.push(...some);
      }
      assert.deepEqual(read, visible(D));
    });
  }

  for (const [query, from, to] of [['page[page]=1', 0, 100], ['page[per_page]=5abc', 0, 5], ['page[per_page]=2.9', 0, 2], ['page[page]=2&page[per_page]=%2010', 10, 20], ['page[per_page]=%2B4', 0, 4],
    ['page[page]=0002&page[per_page]=3', 3, 6], ['page[page]=2&page[page]=1&page[per_page]=3', 0, 3], ['page%5Bper_page%5D=3', 0, 3], ['page[number]=9&page[per_page]=3', 0, 3], ['Page=9&pages=9', 0, 100],
    ['page[per_page]=3001', 0, 3000], ['page[per_page]=99999999999999999999999999', 0, 3000]]) {
    test(query, async () => assert.deepEqual(await ids(A, `?${query}`), visible(A).slice(from, to)));
  }

  for (const page of ['1000000', '9223372036854775807', '9'.repeat(300)]) {
    test(`page ${page.slice(0, 30)} is empty`, async () => {
      const answer = await get(A, `?page[page]=${page}&page[per_page]=3000`);
      assert.deepEqual([answer.status, answer.text], [200, '{"data":[]}']);
    });
  }

  for (const query of ['page=2', 'page=', 'page', 'page[]=2', 'page[page]=0', 'page[page]=-1', 'page[page]=abc', 'page[page]=', 'page[page]', 'page[page]=0.8', 'page[page][]=1', 'page[page]=%00',
    'page[per_page]=0', 'page[per_page]=-5', 'page[per_page]=x5', 'page[per_page]=', 'page[per_page][a]=5', 'page[page]=1&page[per_page]=0', 'page[page]=1&page=1']) {
    test(`${query}: 400`, async () => {
      const answer = await get(A, `?${query}`);
      assert.equal(answer.status, 400, answer.text);
      assert.deepEqual(titles(answer), ['Bad request']);
      assert.match(answer.body.errors[0].detail, /page\[page\].*page\[per_page\]/);
    });
  }
  test('a bad updated_since is told before a bad page (lead-provider-api.md 3.2/6a)', async () => assert.match((await get(A, '?page=2&filter[updated_since]=x')).text, /ISO 8601/));

  test('of 3 000, as one answer', async () => {
    const { rows: [{ n }] } = await system.db.query('select count(*)::integer as n from declarations where lead_provider_id = (select id from lead_providers where name = $1)', [B]);
    await system.db.query(
      `insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, declaration_date, payment_status,
         delivery_partner_when_created_id, created_at, api_updated_at)
       select d.training_period_id, d.teacher_id, d.role, d.lead_provider_id, d.contract_period_year, 'retained-4', d.declaration_date, 'voided', d.delivery_partner_when_created_id, '2026-01-01', '2026-01-01'
       from (select * from declarations where lead_provider_id = (select id from lead_providers where name = $1) order by id limit 1) as d, generate_series(1, 3100)`, [B]);
    const first = await get(B, '?page[per_page]=3000');
    assert.equal(first.body.data.length, 3000);
    assert.equal(Number(first.headers.get('content-length')), Buffer.byteLength(first.text));
    const second = await ids(B, '?page[per_page]=3000&page[page]=2');
    assert.equal(new Set([...first.body.data.map(({ id }) => id), ...second]).size, visible(B).length + 3100);
    assert.ok(n < 3000);
    // A batch of the query worker makes no more of them than fit: the others are put off, and come all the same.
    const many = await Promise.all(Array.from({ length: 16 }, () => get(B, '?page[per_page]=3000')));
    for (const one of many) assert.equal(one.text, first.text);
  });
});

describe('entity tags (lead-provider-api.md 3.10/1)', () => {
  const query = '?filter[cohort]=2024&page[per_page]=20';
  test('HEAD: the headers of GET and no body', async () => {
    const full = await get(A, query);
    assert.match(full.headers.get('etag'), /^W\/"[0-9a-f]+"$/);
    assert.equal(full.headers.get('cache-control'), 'max-age=0, private, must-revalidate');
    const head = await raw(system.url, `HEAD ${DECLARATIONS}${query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${provider[A].token}\r\nConnection: close\r\n\r\n`);
    assert.deepEqual([head.status, head.body, head.headers.etag, head.headers['content-length']], [200, '', full.headers.get('etag'), full.headers.get('content-length')]);
    const bad = await raw(system.url, `HEAD ${DECLARATIONS}?page=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${provider[A].token}\r\nConnection: close\r\n\r\n`);
    assert.deepEqual([bad.status, bad.body], [400, '']);
  });

  test('If-None-Match: 304 until something of the page changes', async () => {
    const full = await get(A, query), etag = full.headers.get('etag');
    for (const value of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const same = await get(A, query, { headers: { 'if-none-match': value } });
      assert.deepEqual([same.status, same.text, same.headers.get('etag')], [304, '', etag], value);
    }
    assert.equal((await get(A, `${query}&page[page]=2`, { headers: { 'if-none-match': etag } })).status, 200, 'another page');
    assert.equal((await get(B, query, { headers: { 'if-none-match': etag } })).status, 200, 'another provider');
    await system.db.query(`update declarations set api_updated_at = api_updated_at + interval '1 day' where api_id = $1`, [full.body.data[3].id]);
    system.forgetReads();
    const changed = await get(A, query, { headers: { 'if-none-match': etag } });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
    await read();
  });
});

test('a declaration that was just made is in the list, and after its void too', async () => {
  await system.db.query('delete from declarations where teacher_id = (select id from teachers where api_id = $1)', [participant('untouched')]);
  const { id } = await provider[A].accepted({ participant_id: participant('untouched'), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-09-20T09:00:00Z' });
  await read();
  assert.equal((await ids(A)).at(-1), id);
  assert.deepEqual(await ids(A), visible(A));
  assert.deepEqual(await ids(A, `?filter[updated_since]=${new Date(Date.parse('2026-02-02T10:00:00Z') - day).toISOString()}`), [id]);
  await provider[A].voided(id);
  assert.equal((await get(A, '?page[per_page]=3000')).body.data.at(-1).attributes.state, 'voided');
});

describe('a writer who has stamped and not committed (pipeline.md PL-23)', () => {
  /** Holds what a committer holds for this provider, until it is let go. */
  async function holding(name, happens) {
    const writer = await connect(system.cluster, system.database);
    try {
      const { rows: [{ id }] } = await writer.query('select id from lead_providers where name = $1', [name]);
      await writer.query('begin');
      await writer.query('select pg_advisory_xact_lock_shared(3, $1)', [Number(id)]);
      await writer.query('update declarations set api_updated_at = clock_timestamp() where id = (select min(id) from declarations where lead_provider_id = $1)', [id]);
      await happens(writer);
    } finally {
      await writer.end();
    }
  }
  const since = () => `?filter[updated_since]=${new Date(Date.now() - 60_000).toISOString()}`;

  test('a list with updated_since waits for him and has what he wrote; others do not wait', async () => {
    await holding(B, async (writer) => {
      const from = since();
      let answered = false;
      const waiting = get(B, from).then((answer) => { answered = true; return answer; });
      await until('nobody waits for the writer', async () => (await system.db.query(`select from pg_locks where locktype = 'advisory' and classid = 3 and not granted and database = (select oid from pg_database where datname = current_database())`)).rows.length > 0);
      assert.equal(answered, false);
      await writer.query('commit');
      const answer = await waiting;
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.data.length, 1);
    });
    await holding(B, async () => {
      assert.equal((await get(C, since())).status, 200, 'of another provider');
      assert.equal((await get(B)).status, 200, 'without updated_since');
    });
  });

  test('when it waits for too long the worker tries again, and holds no lock afterwards', async () => {
    await holding(B, async (writer) => {
      const waiting = get(B, since());
      await until('nobody gave up', async () => /lock timeout/.test(system.logs('query')));
      await writer.query('commit');
      assert.equal((await waiting).status, 200);
    });
    assert.deepEqual((await system.db.query(`select classid from pg_locks where locktype = 'advisory' and classid = 3 and database = (select oid from pg_database where datname = current_database())`)).rows, []);
    assert.equal((await get(B, since())).status, 200);
  });
});

takesFewStatements(DECLARATIONS, { who: () => ({ [D]: provider[D] }), find: 'list_declarations', show: 'show_declaration_rows', record: 'show_declarations' });
