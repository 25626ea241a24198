// Partnerships as lead providers read them (lead-provider-api.md sections 2/17, 2/19, 9).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { startSystem } from '../support/system.mjs';
import { Provider, london } from './client.mjs';
import { aList, ids, isHidden, sorted, takesFewStatements } from './lists.mjs';
import { fillPlaces, readPartnerships } from './places.mjs';
import { A, B, C, D, uuidOf, world } from './world.mjs';

const PARTNERSHIPS = '/api/v3/partnerships', all = 'page[per_page]=3000';

let system, partnerships;
const provider = {}, other = {};
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, query: 1 }, env: { ECF2_CLOCK: london('2025-10-01 10:00') }, derived: false }); // schools choose without anybody in training (places.mjs)
  for (const name of [A, B]) provider[name] = new Provider(system, name);
  other[C] = new Provider(system, C);
  await fillPlaces(system);
  partnerships = await readPartnerships(system);
});
after(() => system?.stop());

const of = (name, more = () => true) => partnerships.filter((one) => one.lead_provider === name && more(one));
const visible = (name, more) => of(name, more).map(({ id }) => id);
const covers = (training, day) => training.filter(([started, finished]) => started <= day && (finished === null || finished >= day)).length;

aList(PARTNERSHIPS, {
  who: () => provider, all: visible, type: 'partnership',
  attributes: ['cohort', 'urn', 'school_id', 'delivery_partner_id', 'delivery_partner_name', 'induction_tutor_name', 'induction_tutor_email', 'participants_currently_training', 'created_at', 'updated_at'],
});
sorted(PARTNERSHIPS, { who: () => provider, rows: of });

describe('section 9', () => {
  test('each attribute is what the partnership is', async () => {
    const counts = new Set(), emails = new Set();
    for (const name of [A, B]) {
      const shown = new Map((await provider[name].get(`${PARTNERSHIPS}?${all}`)).body.data.map((one) => [one.id, one.attributes]));
      for (const one of of(name)) {
        const count = covers(one.training, '2025-10-01');
        assert.deepEqual(shown.get(one.id), {
          cohort: String(one.cohort), urn: String(one.urn), school_id: one.school_id, delivery_partner_id: one.partner_id, delivery_partner_name: one.partner,
          induction_tutor_name: one.tutor_name, induction_tutor_email: one.tutor_email ?? one.first_email ?? one.second_email, participants_currently_training: count,
          created_at: `${one.created.slice(0, 19)}Z`, updated_at: `${one.updated.slice(0, 19)}Z`,
        });
        counts.add(count);
        emails.add(['tutor_email', 'first_email', 'second_email'].find((from) => one[from]) ?? 'none');
      }
    }
    assert.ok(counts.size > 2, 'different numbers train');
    assert.deepEqual([...emails].sort(), ['first_email', 'none', 'second_email', 'tutor_email']);
  });

  test('participants_currently_training: of the first day and of the last day, and none before and behind (of London)', async () => {
    const one = of(D).find(({ cohort }) => cohort === 2024); // somebody comes on 15 February 2025
    const who = new Provider(system, D), edges = new Set();
    for (const [at, day] of [['2025-02-14 10:00', '2025-02-14'], ['2025-02-15 00:30', '2025-02-15'], ['2024-09-01 23:30', '2024-09-01']]) {
      system.forgetReads();
      const answer = await who.get(`${PARTNERSHIPS}/${one.id}`, { at });
      assert.equal(answer.body.data.attributes.participants_currently_training, covers(one.training, day), at);
      edges.add(covers(one.training, day));
    }
    assert.equal(edges.size >= 2, true);
    const left = of(C).find(({ cohort }) => cohort === 2024); // and leaves C on 14 February
    for (const [at, day] of [['2025-02-14 10:00', '2025-02-14'], ['2025-02-15 00:30', '2025-02-15'], ['2024-09-02 00:30', '2024-09-02']]) { // the last is before midnight, UTC
      system.forgetReads();
      assert.equal((await other[C].get(`${PARTNERSHIPS}/${left.id}`, { at })).body.data.attributes.participants_currently_training, covers(left.training, day), at);
    }
    assert.ok(covers(left.training, '2025-02-14') > covers(left.training, '2025-02-15'));
    assert.ok(covers(left.training, '2024-09-02') > covers(left.training, '2024-09-01'));
  });
});

describe('filters (3.4)', () => {
  const partner = (name) => partnerships.find((one) => one.partner === name).partner_id;
  const cases = [
    ['4: cohort', () => 'filter[cohort]=2024', (one) => one.cohort === 2024],
    ['4: several cohorts', () => 'filter[cohort]=2022,2025', (one) => [2022, 2025].includes(one.cohort)],
    ['4: the example', () => 'filter[cohort]=2024,invalid,,20A1,%20,1099', (one) => one.cohort === 2024],
    ['4: nothing left of cohort', () => 'filter[cohort]=x', () => false],
    ['3: a blank cohort', () => 'filter[cohort]=', () => true],
    ['5: delivery partner', () => `filter[delivery_partner_id]=${partner('Partner 1')}`, (one) => one.partner === 'Partner 1'],
    ['5: in capitals', () => `filter[delivery_partner_id]=${partner('Partner 1').toUpperCase()}`, (one) => one.partner === 'Partner 1'],
    ['5: delivery partners, and what is none', () => `filter[delivery_partner_id]=${partner('Partner 1')},x,${uuidOf('Partner X')}`, (one) => ['Partner 1', 'Partner X'].includes(one.partner)],
    ['5: none left', () => 'filter[delivery_partner_id]=x', () => false],
    ['5: one that there is not', () => `filter[delivery_partner_id]=${randomUUID()}`, () => false],
    ['5: one that works with somebody else', () => `filter[delivery_partner_id]=${partner('Partner 5')}`, (one) => one.partner === 'Partner 5'],
    ['8: updated_since, at full precision', () => 'filter[updated_since]=2025-02-04T00:00:00.000015Z', (one) => one.updated >= '2025-02-04T00:00:00.000015Z'],
    ['8: updated_since, one microsecond later', () => 'filter[updated_since]=2025-02-04T00:00:00.000016Z', (one) => one.updated >= '2025-02-04T00:00:00.000016Z'],
    ['12: three filters', () => `filter[cohort]=2024&filter[delivery_partner_id]=${partner('Partner 2')}&filter[updated_since]=2025-02-03`,
      (one) => one.cohort === 2024 && one.partner === 'Partner 2' && one.updated >= '2025-02-03'],
  ];
  for (const [name, query, matches] of cases) {
    test(name, async () => {
      for (const who of [A, B]) assert.deepEqual(await ids(provider[who], PARTNERSHIPS, `?${query()}&${all}`), visible(who, matches), who);
    });
  }
  test('the two bounds are different lists', () => {
    const from = (bound) => visible(A, (one) => one.updated >= bound);
    assert.notDeepEqual(from('2025-02-04T00:00:00.000015Z'), from('2025-02-04T00:00:00.000016Z'));
  });
});

describe('3.12', () => {
  test('another provider\'s is not there', async () => {
    await isHidden(provider[A], PARTNERSHIPS, visible(B)[0]);
    await isHidden(provider[B], PARTNERSHIPS, visible(A)[0]);
    await isHidden(other[C], PARTNERSHIPS, visible(A)[0]);
  });
});

takesFewStatements(PARTNERSHIPS, { who: () => provider, find: 'list_partnerships', show: 'show_partnerships' });
