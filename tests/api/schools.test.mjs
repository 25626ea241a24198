// Schools as lead providers read them (lead-provider-api.md sections 2/21, 2/22, 3.4/10, 3.4/11, 10).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { startSystem } from '../support/system.mjs';
import { Provider, london, titles } from './client.mjs';
import { aList, ids, isHidden, sorted, takesFewStatements } from './lists.mjs';
import { fillPlaces, readSchools } from './places.mjs';
import { A, B, C, world } from './world.mjs';

const SCHOOLS = '/api/v3/schools', all = 'page[per_page]=3000';

let system, schools;
const provider = {};
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, query: 1 }, env: { ECF2_CLOCK: london('2025-10-01 10:00') }, derived: false }); // schools choose without anybody in training (places.mjs)
  for (const name of [A, B, C]) provider[name] = new Provider(system, name);
  await fillPlaces(system);
  schools = await readSchools(system);
});
after(() => system?.stop());

/** Listed for a cohort: eligible now, or any partnership in it. */
const of = (year, more = () => true) => schools.filter((one) => one.years[year] && (one.eligible || one.years[year].in_partnership) && more(one));
const visible = (year, more) => of(year, more).map(({ id }) => id);

aList(SCHOOLS, {
  who: () => provider, all: () => visible(2025), needed: 'filter[cohort]=2025', type: 'school',
  attributes: ['name', 'urn', 'cohort', 'in_partnership', 'induction_programme_choice', 'expression_of_interest', 'induction_tutor_name', 'induction_tutor_email', 'created_at', 'updated_at'],
});
// 2024 began to be known when some schools were there already.
for (const year of [2024, 2025]) {
  sorted(SCHOOLS, { who: () => ({ [A]: provider[A] }), needed: `filter[cohort]=${year}`, rows: () => of(year).map((one) => ({ ...one, updated: one.years[year].updated })), created_of: (one) => one.years[year].known });
}

describe('section 10', () => {
  test('each attribute is what the school is in the cohort; the tutor is told with an expression of interest only', async () => {
    const seen = new Set();
    for (const name of [A, B, C]) {
      for (const year of [2024, 2025]) {
        const shown = new Map((await provider[name].get(`${SCHOOLS}?filter[cohort]=${year}&${all}`)).body.data.map((one) => [one.id, one.attributes]));
        for (const one of of(year)) {
          const interest = (one.interest[name] ?? []).includes(year), here = one.years[year];
          assert.deepEqual(shown.get(one.id), {
            name: one.name, urn: String(one.urn), cohort: String(year), in_partnership: here.in_partnership, induction_programme_choice: here.choice, expression_of_interest: interest,
            induction_tutor_name: interest ? one.tutor_name : null, induction_tutor_email: interest ? one.tutor_email ?? one.first_email ?? one.second_email : null,
            created_at: `${one.created.slice(0, 19)}Z`, updated_at: `${here.updated.slice(0, 19)}Z`,
          });
          const from = ['tutor_email', 'first_email', 'second_email'].find((email) => one[email]) ?? 'none';
          seen.add(`${interest} ${from}`).add(here.choice).add(`in_partnership ${here.in_partnership}`);
        }
      }
    }
    assert.deepEqual([...seen].sort(), ['false first_email', 'false none', 'false second_email', 'false tutor_email', 'in_partnership false', 'in_partnership true', 'not_yet_known', 'provider_led',
      'school_led', 'true first_email', 'true none', 'true second_email', 'true tutor_email']);
  });

  test('listed is what is eligible now, in whatever way, or has a partnership of anybody in the cohort', async () => {
    const cases = new Set();
    for (const one of schools) {
      for (const [year, { in_partnership }] of Object.entries(one.years)) {
        if (!['2024', '2025'].includes(year)) continue;
        const answer = await provider[C].get(`${SCHOOLS}/${one.id}?filter[cohort]=${year}`);
        assert.equal(answer.status, one.eligible || in_partnership ? 200 : 404, `${one.urn} ${year}`);
        cases.add(`${one.eligible} ${in_partnership}`);
      }
    }
    assert.deepEqual([...cases].sort(), ['false false', 'false true', 'true false', 'true true']);
    const { rows } = await system.db.query('select count(*) filter (where marked_as_eligible and not eligible) as marked from schools join gias_schools using (urn)');
    assert.ok(Number(rows[0].marked) > 0, 'some are marked only');
  });

  test('who is not listed answers as who is not there', async () => {
    const hidden = schools.find((one) => !one.eligible && !one.years[2024].in_partnership);
    await isHidden(provider[A], SCHOOLS, hidden.id, 'filter[cohort]=2024');
  });

  test('everybody sees the same schools, and different tutors', async () => {
    const lists = await Promise.all([A, B, C].map((name) => provider[name].get(`${SCHOOLS}?filter[cohort]=2025&${all}`)));
    assert.equal(new Set(lists.map(({ body }) => JSON.stringify(body.data.map(({ id }) => id)))).size, 1);
    assert.equal(new Set(lists.map(({ text }) => text)).size, 3);
    const again = await provider[C].get(`${SCHOOLS}?filter[cohort]=2025&${all}`); // nobody gets what was kept for another
    assert.equal(again.text, lists[2].text);
  });
});

describe('filters (3.4)', () => {
  for (const query of ['', '?', `?${all}`, '?filter[cohorts]=2025', '?filter[urn]=200001', '?filter[updated_since]=x&page=2', '?cohort=2025', '?filter[Cohort]=2025']) {
    test(`10: cohort is needed: ${query}: 400 Bad parameter, of a record too`, async () => {
      for (const target of [SCHOOLS, `${SCHOOLS}/${visible(2025)[0]}`, `${SCHOOLS}/${randomUUID()}`, `${SCHOOLS}/x`]) {
        const answer = await provider[A].get(`${target}${query}`);
        assert.deepEqual([answer.status, titles(answer)], [400, ['Bad parameter']], target);
        assert.match(answer.body.errors[0].detail, /#\/cohort/);
      }
    });
  }

  for (const value of ['', '%20', 'x', 'x2025', '1099', '99999999999999999999', '-2025', '%00', '0']) {
    test(`10: cohort=${value}: an empty list; 404 of a record`, async () => {
      assert.deepEqual(await ids(provider[A], SCHOOLS, `?filter[cohort]=${value}`), []);
      const answer = await provider[A].get(`${SCHOOLS}/${visible(2025)[0]}?filter[cohort]=${value}`);
      assert.deepEqual([answer.status, titles(answer)], [404, ['Resource not found']]);
    });
  }

  test('10: an array in place of a cohort is none', async () => assert.deepEqual(await ids(provider[A], SCHOOLS, '?filter[cohort][]=2025'), []));

  const cases = [
    ['10: only the leading digits are read', 'filter[cohort]=2024,2025', 2024, () => true],
    ['10: and what follows them is not', 'filter[cohort]=2024x', 2024, () => true],
    ['11: urn', 'filter[cohort]=2025&filter[urn]=200001', 2025, (one) => one.urn === 200001],
    ['11: only its leading digits are read', 'filter[cohort]=2025&filter[urn]=200001,invalid', 2025, (one) => one.urn === 200001],
    ['11: without any', 'filter[cohort]=2025&filter[urn]=invalid', 2025, () => false],
    ['11: no such urn', 'filter[cohort]=2025&filter[urn]=999999', 2025, () => false],
    ['11: a long one', 'filter[cohort]=2025&filter[urn]=99999999999999999999', 2025, () => false],
    ['11: a blank one', 'filter[cohort]=2025&filter[urn]=', 2025, () => true],
    ['8: updated_since is about the school in the cohort, at full precision', 'filter[cohort]=2024&filter[updated_since]=2025-04-01T04:02:00.000008Z', 2024, (one) => one.years[2024].updated >= '2025-04-01T04:02:00.000008Z'],
    ['8: one microsecond later', 'filter[cohort]=2024&filter[updated_since]=2025-04-01T04:02:00.000009Z', 2024, (one) => one.years[2024].updated >= '2025-04-01T04:02:00.000009Z'],
    ['12: three filters', 'filter[cohort]=2024&filter[updated_since]=2025-04-01T04:00:00Z&filter[urn]=200004', 2024, (one) => one.urn === 200004 && one.years[2024].updated >= '2025-04-01T04:00:00Z'],
  ];
  for (const [name, query, year, matches] of cases) {
    test(name, async () => assert.deepEqual(await ids(provider[A], SCHOOLS, `?${query}&${all}`), visible(year, matches)));
  }
  test('the two bounds are different lists, and a school that is not listed has no urn to be found by', async () => {
    const from = (bound) => visible(2024, (one) => one.years[2024].updated >= bound);
    assert.notDeepEqual(from('2025-04-01T04:02:00.000008Z'), from('2025-04-01T04:02:00.000009Z'));
    const hidden = schools.find((one) => !one.eligible && !one.years[2024].in_partnership);
    assert.deepEqual(await ids(provider[A], SCHOOLS, `?filter[cohort]=2024&filter[urn]=${hidden.urn}`), []);
  });
});

test('a page of 3 000, as one answer', async () => {
  await system.db.query(`insert into gias_schools (urn, name, type_name, in_england, section_41_approved, eligible, local_authority_code)
    select 300000 + n, format('Many %s', n), 'Community school', true, false, true, 201 from generate_series(1, 3100) as n`);
  await system.db.query(`insert into schools (urn, created_at) select urn, '2025-09-01' from gias_schools where urn > 300000`);
  await system.db.query(`insert into school_year_status (contract_period_year, school_id) select 2025, id from schools where urn > 300000`);
  await system.db.query('analyze gias_schools, schools, school_year_status'); // as an import does
  system.forgetReads();
  schools = await readSchools(system);
  const first = await ids(provider[A], SCHOOLS, `?filter[cohort]=2025&${all}`);
  assert.equal(first.length, 3000);
  assert.deepEqual([...first, ...await ids(provider[A], SCHOOLS, `?filter[cohort]=2025&${all}&page[page]=2`)], visible(2025));
});

takesFewStatements(SCHOOLS, { who: () => provider, needed: 'filter[cohort]=2025', find: 'list_schools', show: 'show_schools' });
