// Statements as lead providers read them (lead-provider-api.md sections 2/13, 2/14, 8): what is expected is written from
// the rows of the database by the words of the specification.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { Provider, london } from './client.mjs';
import { aList, ids, isHidden, takesFewStatements } from './lists.mjs';
import { A, B, world } from './world.mjs';

const STATEMENTS = '/api/v3/statements', all = 'page[per_page]=3000';
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

let system, statements;
const provider = {};
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, query: 1 }, env: { ECF2_CLOCK: london('2025-10-01 10:00') } });
  for (const name of [A, B]) provider[name] = new Provider(system, name);
  // Different instants, service fees, and one of each state.
  await system.db.query(`update statements set created_at = '2024-01-01 00:00Z'::timestamptz + id * interval '1 minute', api_updated_at = '2025-01-01 00:00Z'::timestamptz + id % 50 * interval '1 hour 1 microsecond'`);
  await system.db.query(`update statements set fee_type = 'service' where month % 4 = 0`);
  await system.db.query(`update statements set status = 'payable', marked_payable_at = deadline_date + 2 where fee_type = 'output' and deadline_date < '2025-01-01'`);
  await system.db.query(`update statements set status = 'paid', marked_as_paid_at = now() where status = 'payable' and deadline_date < '2024-10-01'`);
  await read();
});
after(() => system?.stop());

async function read() {
  system.forgetReads();
  ({ rows: statements } = await system.db.query(
    `select s.id::integer as n, s.api_id as id, lp.name as lead_provider, s.fee_type, s.status, s.year, s.month, s.contract_period_year as cohort, s.deadline_date::text as deadline,
            s.payment_date::text as payment, to_char(s.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created,
            to_char(s.api_updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as updated
     from statements s join lead_providers lp on lp.id = s.lead_provider_id order by s.payment_date, s.id`));
}
const visible = (name, more = () => true) => statements.filter((s) => s.lead_provider === name && s.fee_type === 'output' && more(s)).map(({ id }) => id);

aList(STATEMENTS, {
  who: () => provider, all: visible, type: 'statement', sorts: false,
  attributes: ['month', 'year', 'cohort', 'cut_off_date', 'payment_date', 'paid', 'created_at', 'updated_at'],
});

describe('section 8', () => {
  test('each attribute is what the statement is', async () => {
    const shown = new Map((await provider[A].get(`${STATEMENTS}?${all}`)).body.data.map((one) => [one.id, one.attributes]));
    const states = new Set();
    for (const s of statements.filter((one) => one.lead_provider === A && one.fee_type === 'output')) {
      assert.deepEqual(shown.get(s.id), {
        month: months[s.month - 1], year: String(s.year), cohort: String(s.cohort), cut_off_date: s.deadline, payment_date: s.payment, paid: s.status === 'paid',
        created_at: s.created, updated_at: `${s.updated.slice(0, 19)}Z`,
      });
      states.add(s.status);
    }
    assert.deepEqual([...states].sort(), ['open', 'paid', 'payable']);
  });

  test('by the day of payment, of the same day by primary key', async () => {
    const read = (await provider[A].get(`${STATEMENTS}?${all}`)).body.data, days = read.map((one) => one.attributes.payment_date);
    assert.deepEqual(days, days.toSorted());
    assert.ok(new Set(days).size < days.length, 'cohorts share days');
  });
});

describe('filters (3.4)', () => {
  const cases = [
    ['4: cohort', 'filter[cohort]=2024', (s) => s.cohort === 2024],
    ['4: several cohorts', 'filter[cohort]=2022,2025', (s) => [2022, 2025].includes(s.cohort)],
    ['4: the example', 'filter[cohort]=2024,invalid,,20A1,%20,1099', (s) => s.cohort === 2024],
    ['4: nothing left of cohort', 'filter[cohort]=x', () => false],
    ['4: no such cohort', 'filter[cohort]=1099', () => false],
    ['3: a blank cohort', 'filter[cohort]=%20', () => true],
    ['8: updated_since, at full precision', 'filter[updated_since]=2025-01-01T20:00:00.000020Z', (s) => s.updated >= '2025-01-01T20:00:00.000020Z'],
    ['8: updated_since, one microsecond later', 'filter[updated_since]=2025-01-01T20:00:00.000021Z', (s) => s.updated >= '2025-01-01T20:00:00.000021Z'],
    ['12: two filters', 'filter[cohort]=2024&filter[updated_since]=2025-01-02', (s) => s.cohort === 2024 && s.updated >= '2025-01-02'],
  ];
  for (const [name, query, matches] of cases) {
    test(name, async () => {
      for (const who of [A, B]) assert.deepEqual(await ids(provider[who], STATEMENTS, `?${query}&${all}`), visible(who, matches), who);
    });
  }
  test('the two bounds are different lists', () => {
    const { updated } = statements.find((s) => s.id === visible(A)[0]), later = updated.replace(/\d{6}Z$/, (text) => `${String(Number(text.slice(0, 6)) + 1).padStart(6, '0')}Z`);
    assert.notDeepEqual(visible(A, (s) => s.updated >= updated), visible(A, (s) => s.updated >= later));
  });
});

describe('3.12', () => {
  test('another provider\'s, and those of service fees, are not there', async () => {
    await isHidden(provider[B], STATEMENTS, visible(A)[0]);
    await isHidden(provider[A], STATEMENTS, visible(B)[0]);
    const service = statements.find((s) => s.lead_provider === A && s.fee_type === 'service');
    await isHidden(provider[A], STATEMENTS, service.id);
    await isHidden(provider[B], STATEMENTS, service.id);
  });
});

takesFewStatements(STATEMENTS, { who: () => provider, find: 'list_statements', show: 'show_statements' });
