// GET /api/v3/unfunded-mentors and /{id} (lead-provider-api.md 8 and 3.12): mentors of a provider's ECTs whom it never trained.
// Today is 2 February 2026.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { Provider, london } from './client.mjs';
import { P, Q, R, TODAY, areNotFound, fillStatus, idOf, idsOf, keepsTheRulesOfLists, makePerson, makePlaces, sorted, statementsOf, tellStatements } from './people.mjs';
import { world } from './world.mjs';

const PATH = '/api/v3/unfunded-mentors';
const shown = (id) => `${PATH}/${id}`;
let system;
const provider = {}, numbers = new Map();

/** A mentor at schools, untrained unless something is said. */
const mentor = (places = { S1: 'm@s1.example' }, more = {}) => ({ places: Object.entries(places).map(([school, email], i) => ({ role: 'mentor', school, from: `202${i}-09-01`, email, training: [] })), ...more });
const trained = (provider, more = {}) => ({ places: [{ role: 'mentor', from: '2020-09-01', email: 'm@s1.example', training: [{ provider, from: '2024-09-01', ...more }] }] });
/** An ECT of P, mentored by somebody. */
const ect = (by, { provider: of = P, school = 'S1', from, to, ...training } = {}) => ({ places: [{ school, training: [{ provider: of, ...training }], mentors: [{ by, from, to }] }] });

/** The mentors, and who sees them. */
const mentors = {
  plain: [mentor(), [P]],
  'of two ECTs': [mentor(), [P]],
  'of P and Q': [mentor({ S1: 'm@s1.example', S2: 'm@s2.example' }), [P, Q]],
  'at two schools': [mentor({ S1: 'old@s1.example', S2: 'new@s2.example' }), [P]],
  'without email': [mentor({ S1: null }, { trn: null, first: '.', last: null }), [P]],
  'trained by Q': [trained(Q), [P]],
  'once trained by P': [{ places: [{ role: 'mentor', from: '2020-09-01', training: [{ from: '2020-09-01', to: '2021-08-31', year: 2022 }] }] }, []],
  'trained by P': [trained(P), []],
  'was an ECT of P': [{ places: [{ school: 'S2', from: '2022-09-01', to: '2024-08-31', training: [{ year: 2022 }] }, { role: 'mentor', from: '2024-09-01', training: [] }] }, []],
  'wanted by P': [{ places: [{ role: 'mentor', from: '2020-09-01', training: [{ eoi: P, from: '2024-09-01' }] }] }, [P]],
  'of nobody': [mentor(), []],
  'of an ECT of Q': [mentor(), [Q]],
  'of a wish': [mentor(), []],
  'of a school-led ECT': [mentor(), []],
  'until today': [mentor(), [P]],
  'until yesterday': [mentor(), []],
  'to come': [mentor(), [P]],
  'after another': [mentor(), []],
  'of one who left P': [mentor(), [P]],
  'of one who left for S2': [mentor({ S2: 'm@s2.example' }), [Q]],
};
const ects = {
  'ECT of plain': ect('plain'), 'ECT 1 of two': ect('of two ECTs'), 'ECT 2 of two': ect('of two ECTs'),
  'ECT P': ect('of P and Q'), 'ECT Q': ect('of P and Q', { provider: Q, school: 'S2' }),
  'ECT at S1': ect('at two schools'), 'ECT at S2': ect('at two schools', { school: 'S2' }),
  'ECT no email': ect('without email'), 'ECT Q trained': ect('trained by Q'), 'ECT once trained': ect('once trained by P'), 'ECT trained': ect('trained by P'), 'ECT was ECT': ect('was an ECT of P'),
  'ECT wanted': ect('wanted by P'), 'ECT of Q': ect('of an ECT of Q', { provider: Q }), 'ECT wish': ect('of a wish', { eoi: P }), 'ECT school-led': ect('of a school-led ECT', { led: 'school' }),
  'ECT until today': ect('until today', { to: '2026-02-02' }), 'ECT until yesterday': { places: [{ training: [{}], mentors: [{ by: 'until yesterday', to: '2026-02-01' }] }] },
  'ECT to come': ect('to come', { from: '2026-05-01' }), 'ECT of two, one after another': { places: [{ training: [{}], mentors: [{ by: 'plain', to: '2026-02-28' }, { by: 'after another', from: '2026-03-01' }] }] },
  // The latest training with P is at S1, with Q at S2.
  'ECT left': { places: [{ to: '2026-06-30', training: [{ to: '2025-08-31' }], mentors: [{ by: 'of one who left P' }] }, { school: 'S2', from: '2026-07-01', training: [{ provider: Q, year: 2025 }], mentors: [{ by: 'of one who left for S2' }] }] },
};

before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }, env: { ECF2_CLOCK: london(`${TODAY} 10:00`) } });
  await makePlaces(system.db);
  let i = 0;
  for (const [name, [person]] of Object.entries(mentors)) {
    i++;
    const created = `2024-08-0${9 - (i % 3)}T09:00:00.5Z`, mentorUpdated = `2025-09-0${1 + (i % 4)}T10:00:00.${i % 2}00001Z`;
    numbers.set(name, { number: Number(await makePerson(system.db, name, { created, mentorUpdated, updated: '2026-01-31T00:00:00Z', ...person })), created, updated: mentorUpdated });
  }
  for (const [name, person] of Object.entries(ects)) await makePerson(system.db, name, person);
  await fillStatus(system);
  for (const name of [P, Q, R]) provider[name] = new Provider(system, name);
});
after(() => system?.stop());

const seen = (who, more = () => true) => Object.entries(mentors).filter(([name, [, by]]) => by.includes(who) && more(name)).map(([name]) => ({ id: idOf(name), ...numbers.get(name) }));
const emailOf = async (who, name) => (await provider[who].get(shown(idOf(name)))).body.data.attributes.email;

describe('8, 3.12 who sees whom', () => {
  for (const [name, [, by]] of Object.entries(mentors)) {
    test(`8 ${name}: ${by.join(' and ') || 'nobody'}`, async () => {
      for (const who of [P, Q, R]) assert.equal((await provider[who].get(shown(idOf(name)))).status, by.includes(who) ? 200 : 404, who);
    });
  }
  for (const name of [P, Q, R]) {
    test(`3.12 ${name} lists exactly these, oldest first`, async () => assert.deepEqual(await idsOf(provider[name], PATH), sorted(seen(name), 'created_at')));
  }
  test('3.12, 3.8 another\'s id and one of somebody else answer what an unknown one does', async () => {
    await areNotFound(provider[P], shown, ['of an ECT of Q', 'trained by P', 'of nobody', 'ECT of plain'].map(idOf));
    await areNotFound(provider[R], shown, [idOf('plain')]);
  });
  test('8 the mentor_id of every ECT is either here or among the participants', async () => {
    for (const who of [P, Q]) {
      const { body } = await provider[who].get('/api/v3/participants?page[per_page]=3000');
      const ids = body.data.flatMap(({ attributes }) => attributes.ecf_enrolments.map(({ mentor_id }) => mentor_id)).filter((id) => id !== null);
      const known = new Set([...body.data.map(({ id }) => id), ...(await idsOf(provider[who], PATH))]);
      assert.ok(ids.length > 0);
      for (const id of ids) assert.ok(known.has(id), id);
    }
  });
});

describe('8 attributes', () => {
  test('8 the whole resource, attributes in their order; times are the teacher\'s and this list\'s own', async () => {
    const { created, updated } = numbers.get('plain');
    assert.equal((await provider[P].get(shown(idOf('plain')))).text, JSON.stringify({
      data: {
        id: idOf('plain'), type: 'unfunded-mentor', attributes: {
          full_name: 'Case plain', email: 'm@s1.example', teacher_reference_number: (await system.db.query('select trn from teachers where api_id = $1', [idOf('plain')])).rows[0].trn,
          created_at: created.replace('.5Z', 'Z'), updated_at: updated.replace(/\.\d+Z/, 'Z'),
        },
      },
    }));
  });
  test('8 what can be missing', async () => {
    const { attributes } = (await provider[P].get(shown(idOf('without email')))).body.data;
    assert.deepEqual([attributes.full_name, attributes.email, attributes.teacher_reference_number], ['Unknown', null, null]);
  });
  test('8 email: of the school where they mentor this provider\'s ECTs', async () => {
    assert.equal(await emailOf(P, 'of P and Q'), 'm@s1.example');
    assert.equal(await emailOf(Q, 'of P and Q'), 'm@s2.example');
  });
  test('8 email: of several, that of the period started last', async () => assert.equal(await emailOf(P, 'at two schools'), 'new@s2.example'));
});

describe('lists', () => {
  keepsTheRulesOfLists(test, () => ({ provider: provider[P], path: PATH, shown, expected: seen(P) }));

  test('3.4/8 updated_since is inclusive, to the microsecond', async () => {
    const bounds = [...new Set(seen(P).map(({ updated }) => updated))].sort();
    assert.ok(bounds.length > 2);
    for (const bound of bounds) {
      assert.deepEqual(await idsOf(provider[P], PATH, `?filter[updated_since]=${bound}`), sorted(seen(P).filter(({ updated }) => updated >= bound), 'created_at'));
      const after = bound.replace('1Z', '2Z');
      for (const sort of ['-updated_at', 'updated_at', '-created_at']) {
        assert.deepEqual(await idsOf(provider[P], PATH, `?filter[updated_since]=${after}&sort=${sort}`), sorted(seen(P).filter(({ updated }) => updated > bound), sort), `${after} ${sort}`);
      }
    }
  });
  test('2 filters that this list has not are ignored', async () => {
    assert.deepEqual(await idsOf(provider[P], PATH, '?filter[cohort]=2019&filter[from_participant_id]=x'), sorted(seen(P), 'created_at'));
  });
});

test('the number of statements does not depend on the size of the page (lead-provider-api.md 3.14/1)', async () => {
  await tellStatements(system);
  for (const n of [1, 3000]) assert.deepEqual(await statementsOf(system, () => idsOf(provider[P], PATH, `?page[per_page]=${n}`)), ['take_snapshot', 'list_unfunded_mentors', 'show_unfunded_mentors']);
  assert.deepEqual(await statementsOf(system, () => provider[P].get(shown(idOf('plain')))), ['find_people', 'show_unfunded_mentors']);
});
