// Delivery partners as lead providers read them (lead-provider-api.md sections 2/15, 2/16, 8).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { Provider, london } from './client.mjs';
import { aList, ids, isHidden, sorted, takesFewStatements } from './lists.mjs';
import { fillPlaces, readPartners } from './places.mjs';
import { A, B, C, world } from './world.mjs';

const PARTNERS = '/api/v3/delivery-partners', all = 'page[per_page]=3000';

let system, partners;
const provider = {};
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, query: 1 }, env: { ECF2_CLOCK: london('2025-10-01 10:00') }, derived: false }); // schools choose without anybody in training (places.mjs)
  for (const name of [A, B, C]) provider[name] = new Provider(system, name);
  await fillPlaces(system);
  partners = await readPartners(system);
});
after(() => system?.stop());

const of = (name, more = () => true) => partners.filter((one) => one.years[name] && more(one));
const visible = (name, more) => of(name, more).map(({ id }) => id);

aList(PARTNERS, { who: () => provider, all: visible, type: 'delivery-partner', attributes: ['name', 'cohort', 'created_at', 'updated_at'], since: false });
sorted(PARTNERS, { who: () => provider, rows: of });

describe('section 8', () => {
  test('each attribute is what the delivery partner is; the years are those with this provider, ascending', async () => {
    let differ = 0;
    for (const name of [A, B, C]) {
      const shown = new Map((await provider[name].get(`${PARTNERS}?${all}`)).body.data.map((one) => [one.id, one.attributes]));
      for (const one of of(name)) {
        assert.deepEqual(shown.get(one.id), { name: one.name, cohort: one.years[name].map(String), created_at: `${one.created.slice(0, 19)}Z`, updated_at: `${one.updated.slice(0, 19)}Z` });
        if (name !== A && one.years[A] && String(one.years[A]) !== String(one.years[name])) differ++;
      }
    }
    assert.ok(differ > 0, 'somebody works with two providers in different years');
  });
});

describe('filters (3.4)', () => {
  const cases = [
    ['4: cohort: works with this provider in it', 'filter[cohort]=2024', (years) => years.includes(2024)],
    ['4: several cohorts: in one of these', 'filter[cohort]=2022,2025', (years) => years.includes(2022) || years.includes(2025)],
    ['4: the example', 'filter[cohort]=2024,invalid,,20A1,%20,1099', (years) => years.includes(2024)],
    ['4: nothing left of cohort', 'filter[cohort]=x', () => false],
    ['4: no such cohort', 'filter[cohort]=1099', () => false],
    ['3: a blank cohort', 'filter[cohort]=', () => true],
  ];
  for (const [name, query, matches] of cases) {
    test(name, async () => {
      for (const who of [A, B, C]) assert.deepEqual(await ids(provider[who], PARTNERS, `?${query}&${all}`), visible(who, (one) => matches(one.years[who])), who);
    });
  }
  test('the years that are shown do not depend on the filter', async () => {
    const [one] = (await provider[A].get(`${PARTNERS}?filter[cohort]=2024&${all}`)).body.data;
    assert.ok(one.attributes.cohort.length > 1);
  });
});

describe('3.12', () => {
  test('who works with other providers only, or with nobody, is not there', async () => {
    const called = (name) => partners.find((one) => one.name === name).id;
    await isHidden(provider[A], PARTNERS, called('Partner 11'));
    await isHidden(provider[A], PARTNERS, called('Partner 9'));
    for (const name of [A, B, C]) await isHidden(provider[name], PARTNERS, called('Partner 12'));
  });
});

takesFewStatements(PARTNERS, { who: () => provider, find: 'list_delivery_partners', show: 'show_delivery_partners', since: false });
