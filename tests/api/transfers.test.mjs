// GET /api/v3/participants/transfers and /participants/{id}/transfers (lead-provider-api.md 6; numbers are its conditions):
// what is a transfer and whose, what is shown of it, which are updated. Today is 2 February 2026.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { Provider, london } from './client.mjs';
import { P, Q, R, TODAY, areNotFound, fillStatus, idOf, idsOf, keepsTheRulesOfLists, makePerson, makePlaces, recordOf, sorted, statementsOf, tellStatements } from './people.mjs';
import { world } from './world.mjs';

const PATH = '/api/v3/participants/transfers';
const shown = (id) => `/api/v3/participants/${id}/transfers`;
let system;
const provider = {}, numbers = new Map();

const stamp = (n) => `2025-0${n}-01T00:00:00.5Z`;
/** A school period with one training over all of it, unless more is said. */
const place = (school, from, to, training = {}, more = {}) => ({ school, from, to, training: Array.isArray(training) ? training : [training], ...more });
const leaving = (urn, by, date) => ({ school_urn: String(urn), provider: by, date });
const one = (type, status, left, joined, more = {}) => ({ transfer_type: type, status, leaving: left, joining: joined, ...more });

const S1 = 100001, S2 = 200002, S3 = 300003;
const moved = one('new_school', 'complete', leaving(S1, P, '2025-08-31'), leaving(S2, P, '2025-09-01'));

/** Each person, and the transfers that each provider sees; whom a provider is not named for has none for it. */
const cases = {
  'moves within P': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S2', '2025-09-01', null, { year: 2025 })] }, { [P]: [moved] }],
  'moves from P to Q': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S2', '2025-09-01', null, { provider: Q, year: 2025 })] },
    { [P]: [one('new_provider', 'complete', leaving(S1, P, '2025-08-31'), leaving(S2, Q, '2025-09-01'))], [Q]: [one('new_provider', 'complete', leaving(S1, P, '2025-08-31'), leaving(S2, Q, '2025-09-01'))] }],
  'moves from P to school-led training': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S2', '2025-09-01', null, { led: 'school' })] }, { [P]: [one('new_provider', 'complete', leaving(S1, P, '2025-08-31'), leaving(S2, null, '2025-09-01'))] }],
  'moves from school-led training to P': [{ places: [place('S1', '2024-09-01', '2025-08-31', { led: 'school' }), place('S2', '2025-09-01', null, { year: 2025 })] }, { [P]: [one('new_provider', 'complete', leaving(S1, null, '2025-08-31'), leaving(S2, P, '2025-09-01'))] }],
  'moves to a wish for P': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S2', '2025-09-01', null, { eoi: P, year: 2025 })] }, { [P]: [one('new_provider', 'complete', leaving(S1, P, '2025-08-31'), leaving(S2, null, '2025-09-01'))] }],
  'moves from a wish for P to another': [{ places: [place('S1', '2024-09-01', '2025-08-31', { eoi: P }), place('S2', '2025-09-01', null, { eoi: P, year: 2025 })] }, {}],
  'moves to a school without training': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S2', '2025-09-01', null, [])] }, { [P]: [one('unknown', 'complete', leaving(S1, P, '2025-08-31'), null)] }],
  'leaves': [{ places: [place('S1', '2024-09-01', '2025-08-31')] }, { [P]: [one('unknown', 'complete', leaving(S1, P, '2025-08-31'), null)] }],
  'leaves today': [{ places: [place('S1', '2024-09-01', TODAY)] }, { [P]: [one('unknown', 'complete', leaving(S1, P, TODAY), null)] }],
  'leaves tomorrow': [{ places: [place('S1', '2024-09-01', '2026-02-03')] }, { [P]: [one('unknown', 'incomplete', leaving(S1, P, '2026-02-03'), null)] }],
  'leaves today, joins tomorrow': [{ places: [place('S1', '2024-09-01', TODAY), place('S2', '2026-02-03', null, { year: 2025 })] }, { [P]: [one('new_school', 'incomplete', leaving(S1, P, TODAY), leaving(S2, P, '2026-02-03'))] }],
  'left yesterday, joined today': [{ places: [place('S1', '2024-09-01', '2026-02-01'), place('S2', TODAY, null, { year: 2025 })] }, { [P]: [one('new_school', 'complete', leaving(S1, P, '2026-02-01'), leaving(S2, P, TODAY))] }],

  // 1
  'lead-provider-api.md 6/1: the school period is open': [{ places: [place('S1', '2024-09-01', null, { to: '2025-08-31' })] }, {}],
  'lead-provider-api.md 6/1: no training before': [{ places: [place('S1', '2024-09-01', '2025-08-31', []), place('S2', '2025-09-01', null, { year: 2025 })] }, {}],
  'lead-provider-api.md 6/1: the date is the training\'s': [{ places: [place('S1', '2024-09-01', '2025-08-31', { to: '2025-07-31' }), place('S2', '2025-09-01', null, { year: 2025, from: '2025-10-01' })] }, { [P]: [one('new_school', 'complete', leaving(S1, P, '2025-07-31'), leaving(S2, P, '2025-10-01'))] }],
  // 2
  'lead-provider-api.md 6/2: comes back to the same school': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S1', '2025-09-01', null, { year: 2025 })] }, {}],
  'lead-provider-api.md 6/2: comes back and leaves': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S1', '2025-09-01', '2025-12-31', { year: 2025 })] }, { [P]: [one('unknown', 'complete', leaving(S1, P, '2025-12-31'), null)] }],
  // 3
  'lead-provider-api.md 6/3: leaves with induction complete': [{ places: [place('S1', '2024-09-01', '2025-08-31')], inductions: [{ from: '2024-09-01', to: '2025-08-31', outcome: 'pass' }] }, {}],
  'lead-provider-api.md 6/3: leaves with induction complete, says the register': [{ places: [place('S1', '2024-09-01', '2025-08-31')], trsCompleted: '2025-08-31' }, {}],
  'lead-provider-api.md 6/3: leaves with an induction period without outcome': [{ places: [place('S1', '2024-09-01', '2025-08-31')], inductions: [{ from: '2024-09-01', to: '2025-08-31' }] }, { [P]: [one('unknown', 'complete', leaving(S1, P, '2025-08-31'), null)] }],
  'lead-provider-api.md 6/3: moves with induction complete': [{ places: [place('S1', '2024-09-01', '2025-08-31'), place('S2', '2025-09-01', null, { year: 2025 })], trsCompleted: '2025-08-31' }, { [P]: [moved] }],
  'lead-provider-api.md 6/3: a mentor leaves whose own induction is complete': [{ places: [place('S1', '2024-09-01', '2025-08-31', {}, { role: 'mentor' })], trsCompleted: '2014-07-31' }, {}],
  'lead-provider-api.md 6/3: a mentor leaves whose own induction is not': [{ places: [place('S1', '2024-09-01', '2025-08-31', {}, { role: 'mentor' })] }, { [P]: [one('unknown', 'complete', leaving(S1, P, '2025-08-31'), null, { training_record_id: recordOf('lead-provider-api.md 6/3: a mentor leaves whose own induction is not', 'mentor') })] }],
  // 4
  'lead-provider-api.md 6/4: only the last training before counts': [{ places: [place('S1', '2024-09-01', '2025-08-31', [{ to: '2025-01-31' }, { provider: Q, from: '2025-02-01' }]), place('S2', '2025-09-01', null, { provider: Q, year: 2025 })] }, { [Q]: [one('new_school', 'complete', leaving(S1, Q, '2025-08-31'), leaving(S2, Q, '2025-09-01'))] }],
  'lead-provider-api.md 6/4: only the first training after counts': [{ places: [place('S1', '2024-09-01', '2025-08-31', { provider: Q }), place('S2', '2025-09-01', null, [{ provider: Q, year: 2025, to: '2025-12-31' }, { from: '2026-01-01', year: 2025 }])] }, { [Q]: [one('new_school', 'complete', leaving(S1, Q, '2025-08-31'), leaving(S2, Q, '2025-09-01'))] }],

  'three schools, of which P has one': [
    { places: [place('S1', '2022-09-01', '2023-08-31', { provider: Q, year: 2022 }), place('S2', '2023-09-01', '2024-08-31', { provider: Q, year: 2023 }), place('S3', '2024-09-01', null)] },
    {
      [P]: [one('new_provider', 'complete', leaving(S2, Q, '2024-08-31'), leaving(S3, P, '2024-09-01'))],
      [Q]: [one('new_school', 'complete', leaving(S1, Q, '2023-08-31'), leaving(S2, Q, '2023-09-01')), one('new_provider', 'complete', leaving(S2, Q, '2024-08-31'), leaving(S3, P, '2024-09-01'))],
    }],
  'both roles, in the order of what is left': [
    {
      places: [
        place('S1', '2022-09-01', '2023-08-31', { year: 2022 }), place('S2', '2023-09-01', '2024-08-31', { year: 2023 }),
        place('S1', '2023-01-01', '2025-08-31', {}, { role: 'mentor' }), place('S3', '2025-09-01', null, { year: 2025 }, { role: 'mentor' }),
      ],
    },
    {
      [P]: [
        one('new_school', 'complete', leaving(S1, P, '2023-08-31'), leaving(S2, P, '2023-09-01'), { training_record_id: recordOf('both roles, in the order of what is left') }),
        one('new_school', 'complete', leaving(S1, P, '2025-08-31'), leaving(S3, P, '2025-09-01'), { training_record_id: recordOf('both roles, in the order of what is left', 'mentor') }),
        one('unknown', 'complete', leaving(S2, P, '2024-08-31'), null, { training_record_id: recordOf('both roles, in the order of what is left') }),
      ],
    }],
  'a role does not follow the other': [{ places: [place('S1', '2022-09-01', '2023-08-31', { year: 2022 }), place('S2', '2023-09-01', null, {}, { role: 'mentor' })] }, { [P]: [one('unknown', 'complete', leaving(S1, P, '2023-08-31'), null)] }],
  'a mentor at two schools at once': [
    { places: [place('S1', '2024-09-01', '2025-08-31', {}, { role: 'mentor' }), place('S2', '2025-01-01', null, [], { role: 'mentor' })] },
    { [P]: [one('unknown', 'complete', leaving(S1, P, '2025-08-31'), null, { training_record_id: recordOf('a mentor at two schools at once', 'mentor') })] }],
  'stays': [{ places: [place('S1', '2024-09-01', null)] }, {}],
  'not of R': [{ places: [place('S1', '2024-09-01', null, { provider: R })] }, {}],

  // updated_at and updated_since: stamps 1, 2, … of 2025
  'updated on this side': [{ places: [place('S1', '2024-09-01', '2025-08-31', { stamp: stamp(3) }), place('S2', '2025-09-01', null, { year: 2025, stamp: stamp(2) })] }, { [P]: [moved] }],
  'updated on the joining side': [{ places: [place('S1', '2024-09-01', '2025-08-31', { stamp: stamp(2) }), place('S2', '2025-09-01', null, { year: 2025, stamp: stamp(3) })] }, { [P]: [moved] }],
  'updated on Q\'s side': [{ places: [place('S1', '2024-09-01', '2025-08-31', { stamp: stamp(2) }), place('S2', '2025-09-01', null, { provider: Q, year: 2025, stamp: stamp(3) })] },
    { [P]: [one('new_provider', 'complete', leaving(S1, P, '2025-08-31'), leaving(S2, Q, '2025-09-01'))], [Q]: [one('new_provider', 'complete', leaving(S1, P, '2025-08-31'), leaving(S2, Q, '2025-09-01'))] }],
  'updated in the middle': [{ places: [place('S1', '2024-09-01', '2025-08-31', [{ to: '2024-12-31', stamp: stamp(2) }, { from: '2025-01-01', to: '2025-04-30', stamp: stamp(3) }, { from: '2025-05-01', stamp: stamp(2) }]), place('S2', '2025-09-01', null, { year: 2025, stamp: stamp(2) })] }, { [P]: [moved] }],
  'updated first, no part of a transfer': [{ places: [place('S1', '2024-09-01', '2025-08-31', [{ to: '2024-12-31', stamp: stamp(3) }, { from: '2025-01-01', stamp: stamp(2) }]), place('S2', '2025-09-01', null, { year: 2025, stamp: stamp(2) })] }, { [P]: [moved] }],
  'updated last, no part of a transfer': [{ places: [place('S1', '2024-09-01', '2025-08-31', { stamp: stamp(2) }), place('S2', '2025-09-01', null, [{ year: 2025, stamp: stamp(2), to: '2025-12-31' }, { from: '2026-01-01', year: 2025, stamp: stamp(3) }])] }, { [P]: [moved] }],
};

before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }, env: { ECF2_CLOCK: london(`${TODAY} 10:00`) } });
  await makePlaces(system.db);
  let i = 0;
  for (const [name, [person]] of Object.entries(cases)) {
    i++;
    const created = `2024-08-0${9 - (i % 3)}T09:00:00Z`;
    const own = `2025-04-0${1 + (i % 4)}T09:00:00.25Z`; // of the participant, by which transfers are sorted (3.6/4)
    numbers.set(name, { number: Number(await makePerson(system.db, name, { created, updated: own, ...person })), created, updated: own });
  }
  await fillStatus(system);
  for (const name of [P, Q, R]) provider[name] = new Provider(system, name);
});
after(() => system?.stop());

/** updated_at of 6: the latest stamp of the trainings on both sides of what the provider sees; most have the usual one. */
const usual = '2025-01-01T00:00:00Z';
const updated = (name) => (/^updated (on|in|first|last)/.test(name) ? (/first|last|middle/.test(name) ? stamp(2) : stamp(3)) : usual);
const seen = (who) => Object.entries(cases).filter(([, [, expected]]) => expected[who]).map(([name]) => ({ id: idOf(name), ...numbers.get(name) }));

describe('6 what is a transfer', () => {
  for (const [name, [, expected]] of Object.entries(cases)) {
    test(`6 ${name}`, async () => {
      for (const who of [P, Q, R]) {
        const answer = await provider[who].get(shown(idOf(name)));
        assert.equal(answer.status, expected[who] ? 200 : 404, `${who}: ${answer.text}`);
        if (!expected[who]) continue;
        const { id, type, attributes } = answer.body.data;
        assert.deepEqual([id, type, Object.keys(attributes)], [idOf(name), 'participant-transfer', ['updated_at', 'transfers']]);
        const record = expected[who].map((transfer) => ({ training_record_id: recordOf(name), ...transfer }));
        assert.deepEqual(attributes.transfers.map(({ created_at, ...rest }) => rest), record.map(({ training_record_id, transfer_type, status, leaving: left, joining }) => ({ training_record_id, transfer_type, status, leaving: left, joining })), who);
        assert.equal(attributes.updated_at, updated(name).replace('.5Z', 'Z'), who);
      }
    });
  }

  test('6 the whole resource, attributes in their order; created_at is the creation of what is left', async () => {
    assert.equal((await provider[P].get(shown(idOf('moves from P to Q')))).text, JSON.stringify({
      data: {
        id: idOf('moves from P to Q'), type: 'participant-transfer', attributes: {
          updated_at: '2025-01-01T00:00:00Z',
          transfers: [{
            training_record_id: recordOf('moves from P to Q'), transfer_type: 'new_provider', status: 'complete', created_at: '2024-09-20T09:00:00Z',
            leaving: { school_urn: '100001', provider: P, date: '2025-08-31' }, joining: { school_urn: '200002', provider: Q, date: '2025-09-01' },
          }],
        },
      },
    }));
  });

  test('6 status follows the day of London', async () => {
    system.forgetReads();
    const { body } = await provider[P].get(shown(idOf('leaves tomorrow')), { at: '2026-02-03 00:30' });
    assert.equal(body.data.attributes.transfers[0].status, 'complete');
    system.forgetReads();
  });
});

describe('3.12 who sees which', () => {
  for (const name of [P, Q, R]) {
    test(`${name} lists exactly its own, oldest first`, async () => assert.deepEqual(await idsOf(provider[name], PATH), sorted(seen(name), 'created_at')));
  }
  test('3.12, 3.8 another\'s id and one without transfers answer what an unknown one does', async () => {
    await areNotFound(provider[P], shown, ['stays', 'not of R', 'lead-provider-api.md 6/4: only the last training before counts', 'lead-provider-api.md 6/1: no training before', 'lead-provider-api.md 6/3: leaves with induction complete'].map(idOf));
    await areNotFound(provider[R], shown, [idOf('moves within P'), idOf('not of R')]);
  });
});

describe('lists', () => {
  keepsTheRulesOfLists(test, () => ({ provider: provider[P], path: PATH, shown, expected: seen(P) }));

  const changed = (who, from) => idsOf(provider[who], PATH, `?filter[updated_since]=${from}&page[per_page]=3000`);
  const mine = ['updated on this side', 'updated on the joining side', 'updated first, no part of a transfer', 'updated last, no part of a transfer'];
  test('6 updated_since selects by the first and last trainings of this provider, inclusive', async () => {
    const expected = sorted(seen(P).filter(({ id }) => mine.map(idOf).includes(id)), 'created_at');
    assert.deepEqual(await changed(P, '2025-03-01T00:00:00.5Z'), expected);
    assert.deepEqual(await changed(P, '2025-02-01T00:00:00.500001Z'), expected);
    assert.deepEqual(await changed(P, '2025-03-01T00:00:00.500001Z'), []);
  });
  test('6 a change on the other provider\'s side moves updated_at and does not select; a middle training never does', async () => {
    assert.equal((await provider[P].get(shown(idOf('updated on Q\'s side')))).body.data.attributes.updated_at, '2025-03-01T00:00:00Z');
    assert.ok(!(await changed(P, '2025-03-01')).includes(idOf('updated on Q\'s side')));
    assert.deepEqual(await changed(Q, '2025-03-01'), [idOf('updated on Q\'s side')]);
    assert.ok(!(await changed(P, '2025-03-01')).includes(idOf('updated in the middle')));
    assert.ok((await changed(P, '2025-02-01')).includes(idOf('updated in the middle')));
  });
  test('3.6/4 updated_since in each order: by the updated_at of the participant', async () => {
    for (const sort of ['created_at', '-created_at', 'updated_at', '-updated_at']) {
      assert.deepEqual(await idsOf(provider[P], PATH, `?filter[updated_since]=2025-03-01&sort=${sort}`), sorted(seen(P).filter(({ id }) => mine.map(idOf).includes(id)), sort), sort);
    }
  });
  test('2 filters that this list has not are ignored', async () => {
    assert.deepEqual(await idsOf(provider[P], PATH, '?filter[cohort]=2019&filter[training_status]=x&page[per_page]=3000'), sorted(seen(P), 'created_at'));
  });
});

test('the number of statements does not depend on the size of the page (lead-provider-api.md 3.14/1)', async () => {
  await tellStatements(system);
  for (const n of [1, 3000]) assert.deepEqual(await statementsOf(system, () => idsOf(provider[P], PATH, `?page[per_page]=${n}`)), ['take_snapshot', 'list_transfers', 'show_transfers']);
  assert.deepEqual(await statementsOf(system, () => provider[P].get(shown(idOf('leaves')))), ['find_people', 'show_transfers']);
});
