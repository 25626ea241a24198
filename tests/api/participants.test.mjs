// GET /api/v3/participants and /{id}: who is seen (lead-provider-api.md 3.12), every attribute (4, 4.1, 4.2, 4.3), filters and
// merges (4.4, 3.4), order and pages (3.5, 3.6). Numbers are those of lead-provider-api.md. Today is 2 February 2026.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { startSystem, until } from '../support/system.mjs';
import { Provider, london } from './client.mjs';
import {
  CREATED, P, Q, R, TODAY, UPDATED, areNotFound, fillStatus, idOf, idsOf, keepsTheRulesOfLists, makePerson, makePlaces, partners, recordOf, sorted, statementsOf, tellStatements,
} from './people.mjs';
import { uuidOf, world } from './world.mjs';

const PATH = '/api/v3/participants';
const shown = (id) => `${PATH}/${id}`;
let system;
const provider = {}, numbers = new Map();

// ---- people

const at = (training, more = {}) => ({ places: [{ training: Array.isArray(training) ? training : [training], ...more }] });
const mentor = (training, more = {}) => at(training, { role: 'mentor', ...more });
const stopped = (to, more) => at({ to, ...more });
const ended = '2026-01-20';

/** What the first enrolment that P sees has of what the rule is about. */
const cases = {
  // 4: names
  'name corrected': [{ ...at({}), corrected: 'Corrected Name', first: 'Trs', last: 'Name' }, { full_name: 'Corrected Name' }],
  'name of the register': [{ ...at({}), first: 'Trs', last: 'Näme' }, { full_name: 'Trs Näme' }],
  'name without a first part': [{ ...at({}), first: '.', last: 'Name' }, { full_name: 'Name' }],
  'name without a last part': [{ ...at({}), first: 'Trs', last: ' ' }, { full_name: 'Trs' }],
  'name unknown': [{ ...at({}), first: '.', last: null }, { full_name: 'Unknown' }],
  'trn': [{ ...at({}), trn: '0012345' }, { teacher_reference_number: '0012345' }],
  'trn none': [{ ...at({}), trn: null }, { teacher_reference_number: null }],
  'updated_at in whole seconds': [{ ...at({}), updated: '2025-12-31T23:59:59.999999Z' }, { updated_at: '2025-12-31T23:59:59Z' }],

  // 4: an enrolment
  'training_record_id': [at({}), {}, { training_record_id: recordOf('training_record_id') }],
  'email': [at({}, { email: 'A.Lee@school.example' }), {}, { email: 'A.Lee@school.example' }],
  'email none': [at({}), {}, { email: null }],
  'email of the training\'s school': [{ places: [{ to: '2025-08-31', email: 'old@s1.example', training: [{ year: 2024 }] }, { school: 'S2', from: '2025-09-01', email: 'new@s2.example', training: [{ provider: Q, year: 2025 }] }] }, {}, { email: 'old@s1.example', school_urn: '100001' }],
  'school_urn': [at({}, { school: 'S2' }), {}, { school_urn: '200002' }],
  'participant_type': [at({}), {}, { participant_type: 'ect' }],
  'participant_type of a mentor': [mentor({}), {}, { participant_type: 'mentor', training_record_id: recordOf('participant_type of a mentor', 'mentor') }],
  'cohort': [at({ year: 2025 }), {}, { cohort: '2025' }],
  'latest by its start': [{ places: [{ training: [{ to: '2025-08-31', year: 2024 }, { from: '2025-09-01', year: 2025, schedule: 'ecf-extended-april' }] }] }, {}, { cohort: '2025', schedule_identifier: 'ecf-extended-april' }],
  'latest may be to come': [{ places: [{ training: [{ to: '2026-03-31' }, { from: '2026-04-01', year: 2025 }] }] }, {}, { cohort: '2025', participant_status: 'joining' }],
  'latest with this provider': [{ places: [{ training: [{ to: '2025-08-31' }, { provider: Q, from: '2025-09-01', year: 2025 }] }] }, {}, { cohort: '2024', participant_status: 'left' }],
  'a wish is no training': [{ places: [{ training: [{ to: '2025-08-31' }, { eoi: P, from: '2025-09-01', year: 2025 }] }] }, {}, { cohort: '2024' }],
  'delivery_partner_id': [at({}), {}, { delivery_partner_id: partners.X }],
  'delivery_partner_id of the partnership': [at({}, { school: 'S3' }), {}, { delivery_partner_id: partners.Z }],
  'created_at': [at({}, { created: '2024-09-18T09:42:07.999Z' }), {}, { created_at: '2024-09-18T09:42:07Z' }],
  'created_at of the earliest school, at any': [{ places: [{ school: 'S2', from: '2023-09-01', to: '2024-08-31', created: '2024-10-01T00:00:00Z', training: [{ led: 'school' }] }, { created: '2024-09-01T00:00:00Z' }] }, {}, { created_at: '2024-10-01T00:00:00Z' }],
  'created_at of the role': [{ places: [{ role: 'mentor', school: 'S2', from: '2020-09-01', created: '2020-10-01T00:00:00Z', training: [] }, { created: '2024-09-01T00:00:00Z' }] }, {}, { created_at: '2024-09-01T00:00:00Z', participant_type: 'ect' }],
  'cohort_changed_after_payments_frozen': [{ ...at({}), records: { ect: { frozen: 2022 } } }, {}, { cohort_changed_after_payments_frozen: true }],
  'cohort_changed_after_payments_frozen not': [{ ...at({}), records: { mentor: { frozen: 2022 } } }, {}, { cohort_changed_after_payments_frozen: false }],
  'working_pattern': [at({}, { pattern: 'part_time' }), {}, { working_pattern: 'part_time' }],
  'working_pattern none': [at({}), {}, { working_pattern: null }],
  'working_pattern of the latest school, at any': [{ places: [{ to: '2025-08-31', pattern: 'part_time' }, { school: 'S2', from: '2025-09-01', pattern: 'full_time', training: [{ provider: Q, year: 2025 }] }] }, {}, { working_pattern: 'full_time' }],
  'working_pattern of a mentor': [{ places: [{ role: 'mentor' }, { school: 'S2', from: '2023-09-01', to: '2024-08-31', pattern: 'full_time', training: [{ led: 'school' }] }] }, {}, { working_pattern: null, participant_type: 'mentor' }],

  // 4: funding
  'eligible_for_funding unknown': [at({}), {}, { eligible_for_funding: null }],
  'eligible_for_funding only on': [{ ...at({}), records: { ect: { eligible: '2024-09-10T09:00:00Z' } } }, {}, { eligible_for_funding: true }],
  'eligible_for_funding on = off': [{ ...at({}), records: { ect: { eligible: '2024-09-10T09:00:00Z', ineligible: '2024-09-10' } } }, {}, { eligible_for_funding: true }],
  'eligible_for_funding on after off': [{ ...at({}), records: { ect: { eligible: '2024-09-11T09:00:00Z', ineligible: '2024-09-10' } } }, {}, { eligible_for_funding: false }],
  'eligible_for_funding only off': [{ ...at({}), records: { ect: { ineligible: '2024-09-10' } } }, {}, { eligible_for_funding: false }],
  'eligible_for_funding on is a day of London': [{ ...at({}), records: { ect: { eligible: '2024-07-10T23:30:00Z', ineligible: '2024-07-10' } } }, {}, { eligible_for_funding: false }],
  'eligible_for_funding of the role': [{ ...at({}), records: { mentor: { eligible: '2024-09-10T09:00:00Z' } } }, {}, { eligible_for_funding: null }],

  // 4: uplifts. Cohorts until 2024 have them; S1: pupil premium, S2: sparsity in 2024, both in 2025.
  'uplifts': [at({}), {}, { pupil_premium_uplift: true, sparsity_uplift: false }],
  'uplifts of the school': [at({}, { school: 'S2' }), {}, { pupil_premium_uplift: false, sparsity_uplift: true }],
  'uplifts of a mentor': [mentor({}), {}, { pupil_premium_uplift: true, sparsity_uplift: false }],
  'uplifts not since 2025': [at({ year: 2025 }, { school: 'S2' }), {}, { pupil_premium_uplift: false, sparsity_uplift: false }],
  'uplifts not of another cohort': [at({ year: 2023 }), {}, { pupil_premium_uplift: false, sparsity_uplift: false }],

  // 4.1, and withdrawal and deferral of 4
  'active': [at({}), {}, { training_status: 'active', withdrawal: null, deferral: null }],
  'withdrawn': [stopped(ended, { withdrawn: ['2026-01-20T16:05:51.7Z', 'left_teaching_profession'] }), {}, { training_status: 'withdrawn', withdrawal: { reason: 'left-teaching-profession', date: '2026-01-20T16:05:51Z' }, deferral: null }],
  'deferred': [stopped(ended, { deferred: ['2026-01-20T16:05:51Z', 'long_term_sickness'] }), {}, { training_status: 'deferred', withdrawal: null, deferral: { reason: 'long-term-sickness', date: '2026-01-20T16:05:51Z' } }],
  'deferred, then withdrawn': [stopped(ended, { deferred: ['2026-01-10T10:00:00Z', 'career_break'], withdrawn: ['2026-01-20T10:00:00Z', 'moved_school'] }), {}, { training_status: 'withdrawn', withdrawal: { reason: 'moved-school', date: '2026-01-20T10:00:00Z' }, deferral: null }],
  'withdrawn, then deferred': [stopped(ended, { withdrawn: ['2026-01-10T10:00:00Z', 'other'], deferred: ['2026-01-10T10:00:00.000001Z', 'bereavement'] }), {}, { training_status: 'deferred', withdrawal: null, deferral: { reason: 'bereavement', date: '2026-01-10T10:00:00Z' } }],
  'resumed': [{ places: [{ training: [{ to: '2026-01-10', deferred: ['2026-01-10T10:00:00Z', 'other'] }, { from: '2026-01-20' }] }] }, {}, { training_status: 'active', participant_status: 'active', deferral: null }],

  // 4.2
  '4.2/1 withdrawn, finishes tomorrow': [stopped('2026-02-03', { withdrawn: ['2026-01-20T10:00:00Z', 'other'] }), {}, { participant_status: 'leaving' }],
  '4.2/1 withdrawn, finishes today': [stopped('2026-02-02', { withdrawn: ['2026-01-20T10:00:00Z', 'other'] }), {}, { participant_status: 'left' }],
  '4.2/1 deferred, though induction is over': [{ ...stopped('2026-02-02', { deferred: ['2026-01-20T10:00:00Z', 'other'] }), trsCompleted: '2026-01-01' }, {}, { participant_status: 'left' }],
  '4.2/2 an ECT with an induction end, training ended then': [{ ...stopped('2026-01-01'), trsCompleted: '2026-01-01' }, {}, { participant_status: 'active' }],
  '4.2/2 an ECT with an induction end, training ended before': [{ ...stopped('2025-12-31'), trsCompleted: '2026-01-01' }, {}, { participant_status: 'left' }],
  '4.2/2 an ECT with an induction end, training open and to come': [{ ...at({ from: '2026-03-01' }), trsCompleted: '2026-01-01' }, {}, { participant_status: 'active' }],
  '4.2/2 a mentor whose funding ended, training ended then': [{ ...mentor({ to: '2026-01-01' }), records: { mentor: { ineligible: '2026-01-01', reason: 'started_not_completed' } } }, {}, { participant_status: 'active' }],
  '4.2/2 a mentor whose funding ended, training ended before': [{ ...mentor({ to: '2025-12-31' }), records: { mentor: { ineligible: '2026-01-01', reason: 'started_not_completed' } } }, {}, { participant_status: 'left' }],
  '4.2/2 a mentor\'s own induction does not count': [{ ...mentor({ to: '2026-02-01' }), trsCompleted: '2020-01-01' }, {}, { participant_status: 'left' }],
  '4.2/2 an ECT\'s funding end does not count': [{ ...at({ to: '2026-02-01' }), records: { ect: { ineligible: '2025-01-01' } } }, {}, { participant_status: 'left' }],
  '4.2/3 finishes tomorrow': [stopped('2026-02-03'), {}, { participant_status: 'leaving' }],
  '4.2/3 left on the last day itself': [stopped('2026-02-02'), {}, { participant_status: 'left' }],
  '4.2/3 starts and finishes in the future': [at({ from: '2026-03-01', to: '2026-04-01' }), {}, { participant_status: 'leaving' }],
  '4.2/4 starts tomorrow': [at({ from: '2026-02-03' }), {}, { participant_status: 'joining' }],
  '4.2/5 starts today': [at({ from: '2026-02-02' }), {}, { participant_status: 'active' }],

  // 4: induction
  'induction none': [at({}), {}, { induction_end_date: null, most_recent_induction_period_end_date: null, overall_induction_start_date: null }],
  'induction of the register': [{ ...at({}), trsStarted: '2024-09-03', trsCompleted: '2025-12-19' }, {}, { induction_end_date: '2025-12-19', most_recent_induction_period_end_date: null, overall_induction_start_date: '2024-09-03' }],
  'induction periods': [{ ...at({}), trsStarted: '2024-09-03', trsCompleted: '2025-12-19', inductions: [{ from: '2024-09-05', to: '2025-03-31' }, { from: '2025-04-01', to: '2025-12-20', outcome: 'pass' }] }, {}, { induction_end_date: '2025-12-20', most_recent_induction_period_end_date: '2025-12-20', overall_induction_start_date: '2024-09-05' }],
  'induction failed': [{ ...at({}), inductions: [{ from: '2024-09-05', to: '2025-12-20', outcome: 'fail' }] }, {}, { induction_end_date: '2025-12-20' }],
  'induction open': [{ ...at({}), inductions: [{ from: '2024-09-05', to: '2025-03-31' }, { from: '2025-04-01' }] }, {}, { induction_end_date: null, most_recent_induction_period_end_date: null, overall_induction_start_date: '2024-09-05' }],
  'induction between two': [{ ...at({}), inductions: [{ from: '2024-09-05', to: '2025-03-31' }] }, {}, { induction_end_date: null, most_recent_induction_period_end_date: '2025-03-31' }],
  'induction of a mentor': [{ ...mentor({}), trsStarted: '2014-09-03', trsCompleted: '2015-12-19', inductions: [{ from: '2014-09-05', to: '2015-12-20', outcome: 'pass' }] }, {}, { induction_end_date: null, most_recent_induction_period_end_date: null, overall_induction_start_date: null }],

  // 4: a mentor's funding
  'mentor_funding_end_date': [{ ...mentor({}), records: { mentor: { ineligible: '2025-12-01', reason: 'completed_declaration_received' } } }, {}, { mentor_funding_end_date: '2025-12-01', mentor_ineligible_for_funding_reason: 'completed_declaration_received', eligible_for_funding: false }],
  'mentor_funding_end_date early': [{ ...mentor({}), records: { mentor: { ineligible: '2021-04-19', reason: 'completed_during_early_roll_out' } } }, {}, { mentor_funding_end_date: '2021-04-19', mentor_ineligible_for_funding_reason: 'completed_during_early_roll_out' }],
  'mentor_funding_end_date none': [mentor({}), {}, { mentor_funding_end_date: null, mentor_ineligible_for_funding_reason: null }],
  'mentor_funding_end_date of an ECT': [{ ...at({}), records: { ect: { ineligible: '2025-12-01' }, mentor: { ineligible: '2025-12-01', reason: 'started_not_completed' } } }, {}, { mentor_funding_end_date: null, mentor_ineligible_for_funding_reason: null, eligible_for_funding: false }],

  // 4: mentor_id. The mentors are made first, below.
  'mentor_id': [at({}, { mentors: [{ by: 'M1' }] }), {}, { mentor_id: idOf('M1') }],
  'mentor_id none': [at({}), {}, { mentor_id: null }],
  'mentor_id until today': [at({}, { mentors: [{ by: 'M1', to: '2026-02-02' }] }), {}, { mentor_id: idOf('M1') }],
  'mentor_id until yesterday': [at({}, { mentors: [{ by: 'M1', to: '2026-02-01' }] }), {}, { mentor_id: null }],
  'mentor_id to come': [at({}, { mentors: [{ by: 'M1', to: '2025-12-31' }, { by: 'M2', from: '2026-03-01' }] }), {}, { mentor_id: idOf('M2') }],
  'mentor_id the earliest': [at({}, { mentors: [{ by: 'M2', to: '2026-02-28' }, { by: 'M1', from: '2026-03-01' }] }), {}, { mentor_id: idOf('M2') }],
  'mentor_id at the training\'s school': [{ places: [{ to: '2026-05-31', mentors: [{ by: 'M1' }] }, { school: 'S2', from: '2026-06-01', training: [{ provider: Q, year: 2025 }], mentors: [{ by: 'M3' }] }] }, {}, { mentor_id: idOf('M1') }],
  'mentor_id of a mentor': [{ places: [{ role: 'mentor' }, { school: 'S2', from: '2023-09-01', to: '2024-08-31', training: [{ led: 'school' }] }] }, {}, { mentor_id: null }],

  // 4.4: merges
  'merged': [{ ...at({}), changes: [{ from: uuidOf('second'), at: '2025-05-02T10:00:00.5Z' }, { from: uuidOf('first'), to: uuidOf('second'), at: '2025-05-01T10:00:00Z' }] }, {
    participant_id_changes: [
      { from_participant_id: uuidOf('first'), to_participant_id: uuidOf('second'), changed_at: '2025-05-01T10:00:00Z' },
      { from_participant_id: uuidOf('second'), to_participant_id: idOf('merged'), changed_at: '2025-05-02T10:00:00Z' },
    ],
  }],
  'merged never': [at({}), { participant_id_changes: [] }],
};
for (const [api, reason] of Object.entries({ 'moved-school': 'moved_school', 'switched-to-school-led': 'switched_to_school_led', 'changed-lead-provider': 'changed_lead_provider', other: 'other' })) {
  cases[`withdrawn: ${api}`] = [stopped(ended, { withdrawn: ['2026-01-20T10:00:00Z', reason] }), {}, { withdrawal: { reason: api, date: '2026-01-20T10:00:00Z' } }];
}
cases['withdrawn: mentor-no-longer-being-mentor'] = [mentor({ to: ended, withdrawn: ['2026-01-20T10:00:00Z', 'mentor_no_longer_being_mentor'] }), {}, { withdrawal: { reason: 'mentor-no-longer-being-mentor', date: '2026-01-20T10:00:00Z' } }];
for (const [api, reason] of Object.entries({ bereavement: 'bereavement', 'parental-leave': 'parental_leave', 'career-break': 'career_break', other: 'other' })) {
  cases[`deferred: ${api}`] = [stopped(ended, { deferred: ['2026-01-20T10:00:00Z', reason] }), {}, { deferral: { reason: api, date: '2026-01-20T10:00:00Z' } }];
}
for (const schedule of ['standard', 'extended', 'reduced', 'replacement'].flatMap((kind) => ['january', 'april', 'september'].map((month) => `ecf-${kind}-${month}`))) {
  cases[`4.3 ${schedule}`] = [(schedule.includes('replacement') ? mentor : at)({ schedule }), {}, { schedule_identifier: schedule }];
}

/** People whom a test below is about, and whom P does or does not see. */
const others = {
  M1: { ...at({ provider: Q }, { role: 'mentor', from: '2020-09-01' }) },
  M2: { ...at([], { role: 'mentor', from: '2020-09-01' }) },
  M3: { ...at([], { role: 'mentor', school: 'S2', from: '2020-09-01' }) },
  whole: { ...at({}, { email: 'A.Lee@school.example' }), first: 'Rowan', last: 'Marlowe', trn: '3141592', created: CREATED, updated: UPDATED },
  both: {
    records: { ect: { eligible: '2022-09-10T09:00:00Z' }, mentor: { eligible: '2025-09-10T09:00:00Z' } },
    places: [
      { from: '2022-09-01', to: '2024-08-31', email: 'ect@s1.example', pattern: 'full_time', created: '2022-09-02T10:00:00Z', training: [{ year: 2022 }] },
      { role: 'mentor', school: 'S2', from: '2025-09-01', email: 'mentor@s2.example', created: '2025-09-02T10:00:00Z', training: [{ year: 2025, schedule: 'ecf-replacement-april' }] },
    ],
  },
  'both, once each': {
    places: [
      { from: '2022-09-01', to: '2024-08-31', email: 'p@s1.example', training: [{ year: 2022 }] },
      { role: 'mentor', school: 'S2', from: '2025-09-01', email: 'q@s2.example', training: [{ provider: Q, year: 2025 }] },
    ],
  },
  'left for Q': { places: [{ to: '2025-08-31', email: 'p@s1.example' }, { school: 'S2', from: '2025-09-01', email: 'q@s2.example', training: [{ provider: Q, year: 2025 }] }] },
  'only wanted': at({ eoi: P }),
  'only school-led': at({ led: 'school' }),
  'never trained': at([]),
  'mentors untrained': at([], { role: 'mentor' }),
  'of Q': at({ provider: Q }),
  'of R': at({ provider: R }, { to: '2026-06-30' }),
  retired: {}, // a shell that a merge left behind
};
const trains = (person, name) => (person.places ?? []).some((place) => (place.training ?? [{}]).some(({ provider: of = P, eoi, led }) => of === name && !eoi && !led));
const everybody = { ...others, ...Object.fromEntries(Object.entries(cases).map(([name, [person]]) => [name, person])) };

before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }, env: { ECF2_CLOCK: london(`${TODAY} 10:00`) } });
  await makePlaces(system.db);
  // Times in three steps, so that each order has ties; newest first, so that no order is that of the ids.
  let i = 0;
  for (const [name, person] of Object.entries(everybody)) {
    i++;
    const times = { created: `2024-08-0${9 - (i % 3)}T09:00:00Z`, updated: `2025-09-0${1 + (i % 5)}T10:00:00.${i % 2}00001Z` };
    numbers.set(name, { number: Number(await makePerson(system.db, name, { ...times, ...person })), created: person.created ?? times.created, updated: person.updated ?? times.updated });
  }
  await fillStatus(system);
  for (const name of [P, Q, R]) provider[name] = new Provider(system, name);
});
after(() => system?.stop());

/** All that a provider sees, by the words of 3.12. */
const seen = (name, more = () => true) => Object.entries(everybody).filter(([person, what]) => trains(what, name) && more(person, what)).map(([person]) => ({ id: idOf(person), ...numbers.get(person) }));

async function show(name, who = P) {
  const answer = await provider[who].get(shown(idOf(name)));
  assert.equal(answer.status, 200, answer.text);
  return answer.body.data;
}
const part = (whole, of) => Object.fromEntries(Object.keys(of).map((key) => [key, whole[key]]));

describe('4 attributes', () => {
  for (const [name, [, person, enrolment = {}]] of Object.entries(cases)) {
    test(name.startsWith('4') ? name : `4 ${name}`, async () => {
      const { id, type, attributes } = await show(name);
      assert.deepEqual([id, type], [idOf(name), 'participant']);
      assert.deepEqual(part(attributes, person), person);
      assert.equal(attributes.ecf_enrolments.length, 1);
      assert.deepEqual(part(attributes.ecf_enrolments[0], enrolment), enrolment);
    });
  }

  test('4 the whole resource, attributes in their order', async () => {
    assert.equal((await provider[P].get(shown(idOf('whole')))).text, JSON.stringify({
      data: {
        id: idOf('whole'), type: 'participant', attributes: {
          full_name: 'Rowan Marlowe', teacher_reference_number: '3141592', updated_at: '2025-09-01T10:00:00Z',
          ecf_enrolments: [{
            training_record_id: recordOf('whole'), email: 'A.Lee@school.example', mentor_id: null, school_urn: '100001', participant_type: 'ect', cohort: '2024', training_status: 'active',
            participant_status: 'active', eligible_for_funding: null, pupil_premium_uplift: true, sparsity_uplift: false, schedule_identifier: 'ecf-standard-september', delivery_partner_id: partners.X,
            withdrawal: null, deferral: null, created_at: '2024-09-18T09:42:07Z', induction_end_date: null, most_recent_induction_period_end_date: null, overall_induction_start_date: null,
            mentor_funding_end_date: null, mentor_ineligible_for_funding_reason: null, cohort_changed_after_payments_frozen: false, working_pattern: null,
          }],
          participant_id_changes: [],
        },
      },
    }));
  });

  test('4 both roles: the ECT enrolment first, each with what is its own', async () => {
    const [ect, mentoring, ...none] = (await show('both')).attributes.ecf_enrolments;
    assert.deepEqual(none, []);
    const ours = (one) => part(one, { participant_type: 0, training_record_id: 0, email: 0, school_urn: 0, cohort: 0, schedule_identifier: 0, created_at: 0, working_pattern: 0, eligible_for_funding: 0 });
    assert.deepEqual(ours(ect), {
      participant_type: 'ect', training_record_id: recordOf('both'), email: 'ect@s1.example', school_urn: '100001', cohort: '2022', schedule_identifier: 'ecf-standard-september',
      created_at: '2022-09-02T10:00:00Z', working_pattern: 'full_time', eligible_for_funding: true,
    });
    assert.deepEqual(ours(mentoring), {
      participant_type: 'mentor', training_record_id: recordOf('both', 'mentor'), email: 'mentor@s2.example', school_urn: '200002', cohort: '2025', schedule_identifier: 'ecf-replacement-april',
      created_at: '2025-09-02T10:00:00Z', working_pattern: null, eligible_for_funding: true,
    });
  });

  test('3.12 where two providers see a teacher, each sees its own enrolments and the email of its own training', async () => {
    for (const [name, person] of [['both, once each', { P: ['ect', 'p@s1.example'], Q: ['mentor', 'q@s2.example'] }], ['left for Q', { P: ['ect', 'p@s1.example'], Q: ['ect', 'q@s2.example'] }]]) {
      for (const [letter, expected] of Object.entries(person)) {
        const { attributes } = await show(name, `Provider ${letter}`);
        assert.deepEqual(attributes.ecf_enrolments.map(({ participant_type, email }) => [participant_type, email]), [expected]);
      }
    }
  });

  test('4 mentor_id, 4.2 participant_status follow the day of London', async () => {
    system.forgetReads(); // of the day before
    const [one] = (await provider[P].get(shown(idOf('4.2/3 finishes tomorrow')), { at: '2026-02-03 00:30' })).body.data.attributes.ecf_enrolments;
    assert.equal(one.participant_status, 'left');
    const [other] = (await provider[P].get(shown(idOf('mentor_id until today')), { at: '2026-02-03 00:30' })).body.data.attributes.ecf_enrolments;
    assert.equal(other.mentor_id, null);
    system.forgetReads();
  });
});

describe('3.12 who sees whom', () => {
  for (const name of [P, Q, R]) {
    test(`${name} lists exactly those who ever trained with it, oldest first`, async () => {
      assert.ok(seen(name).length > 0);
      assert.deepEqual(await idsOf(provider[name], PATH), sorted(seen(name), 'created_at'));
    });
  }

  test('3.12, 3.8 another\'s id, one of nobody\'s training, one that was merged and one that is none answer what an unknown one does; ECF1\'s path too', async () => {
    await areNotFound(provider[P], shown, ['of Q', 'of R', 'only wanted', 'only school-led', 'never trained', 'mentors untrained', 'M2', 'retired'].map(idOf).concat(uuidOf('first'), 'ecf'));
    await areNotFound(provider[R], shown, [idOf('both'), idOf('of Q')]);
    assert.equal((await provider[P].get(`${PATH}/`)).text, (await provider[P].get('/nowhere')).text);
  });

  test('2 transfers is reserved in the place of an id', async () => assert.equal((await provider[P].get(`${PATH}/transfers`)).status, 200));
});

describe('lists', () => {
  keepsTheRulesOfLists(test, () => ({ provider: provider[P], path: PATH, shown, expected: seen(P) }));

  const trainings = (person) => {
    const latest = new Map();
    for (const { role = 'ect', from: start = '2024-09-01', to = null, training = [{}] } of person.places ?? []) {
      for (const one of training) {
        if ((one.provider ?? P) !== P || one.eoi || one.led) continue;
        const from = one.from ?? start;
        if (from >= (latest.get(role)?.from ?? '')) latest.set(role, { year: 2024, to, ...one, from });
      }
    }
    return [...latest.values()];
  };
  const of = (filter) => sorted(seen(P, (_, person) => trainings(person).some(filter)), 'created_at');
  const isWithdrawn = (one) => one.withdrawn !== undefined, isDeferred = (one) => one.deferred !== undefined;
  const since = (bound) => sorted(seen(P, (name) => numbers.get(name).updated >= bound), 'created_at');

  const filters = [
    ['4.4 cohort of either enrolment', 'filter[cohort]=2025', () => of((one) => one.year === 2025), ['both', 'cohort']],
    ['4.4 cohort of the ECT enrolment', 'filter[cohort]=2022', () => of((one) => one.year === 2022), ['both']],
    ['3.4/4 several, and what is none', 'filter[cohort]=2022,invalid,,20A1,%20,1099,2025', () => of((one) => [2022, 2025].includes(one.year)), ['both', 'cohort']],
    ['3.4/4 none left', 'filter[cohort]=x', () => []],
    ['3.4/4 no such cohort', 'filter[cohort]=1099', () => []],
    ['3.4/4 an earlier training does not count', 'filter[cohort]=2024', () => of((one) => one.year === 2024), ['email']],
    ['4.1 training_status withdrawn (lead-provider-api.md 3.4/7)', 'filter[training_status]=withdrawn', () => of(isWithdrawn), ['withdrawn', 'deferred, then withdrawn', 'withdrawn, then deferred']],
    ['4.1 training_status deferred, though shown as withdrawn', 'filter[training_status]=deferred', () => of(isDeferred), ['deferred', 'deferred, then withdrawn', 'withdrawn, then deferred']],
    ['4.1 training_status active', 'filter[training_status]=active', () => of((one) => !isWithdrawn(one) && !isDeferred(one)), ['active', 'resumed', 'latest with this provider']],
    ['3.4/7 another word', 'filter[training_status]=left', () => []],
    ['3.4/7 in capitals', 'filter[training_status]=Active', () => []],
    ['3.4/7 two words', 'filter[training_status]=active,deferred', () => []],
    ['3.4/3 a blank one is none', 'filter[training_status]=%20&filter[cohort]=&filter[from_participant_id]=', () => of(() => true)],
    ['4.4 from_participant_id', `filter[from_participant_id]=${uuidOf('second')}`, () => [idOf('merged')]],
    ['4.4 from_participant_id, merged before', `filter[from_participant_id]=${uuidOf('first').toUpperCase()}`, () => [idOf('merged')]],
    ['3.4/6 of nobody', `filter[from_participant_id]=${idOf('merged')}`, () => []],
    ['3.4/6 no UUID', 'filter[from_participant_id]=x', () => []],
    ['3.4/6 two of them', `filter[from_participant_id]=${uuidOf('first')},${uuidOf('second')}`, () => []],
    ['3.4/8 updated_since is inclusive, to the microsecond', 'filter[updated_since]=2025-09-03T10:00:00.100001Z', () => since('2025-09-03T10:00:00.100001Z')],
    ['3.4/8 a microsecond later', 'filter[updated_since]=2025-09-03T10:00:00.100002Z', () => since('2025-09-03T10:00:00.100002Z')],
    ['3.4/9 encoded once', 'filter[updated_since]=2025-09-03T11:00:00%2B01:00', () => since('2025-09-03T10:00:00')],
    ['3.4/9 encoded twice', 'filter[updated_since]=2025-09-03T11:00:00%252B01:00', () => since('2025-09-03T10:00:00')],
    ['3.4/8 tomorrow', 'filter[updated_since]=2026-09-03', () => []],
    ['3.4/12 all together', `filter[cohort]=2024&filter[training_status]=active&filter[from_participant_id]=${uuidOf('first')}&filter[updated_since]=2025-01-01`, () => [idOf('merged')]],
    ['3.4/12 two that exclude each other', `filter[cohort]=2025&filter[from_participant_id]=${uuidOf('first')}`, () => []],
  ];
  for (const [name, query, expected, includes = []] of filters) {
    test(`${name}: ${query}`, async () => {
      for (const person of includes) assert.ok(expected().includes(idOf(person)), person);
      assert.ok(includes.length === 0 || expected().length < seen(P).length, 'some and not all');
      assert.deepEqual(await idsOf(provider[P], PATH, `?${query}&page[per_page]=3000`), expected());
    });
  }

  test('3.4/12, 3.6 filters in each order, page by page', async () => {
    const want = new Set(of((one) => one.year === 2024 && isWithdrawn(one)));
    for (const sort of ['created_at', '-created_at', 'updated_at', '-updated_at']) {
      const read = [];
      for (let page = 1, some = [0]; some.length > 0; page++) read.push(...(some = await idsOf(provider[P], PATH, `?filter[cohort]=2024&filter[training_status]=withdrawn&sort=${sort}&page[page]=${page}&page[per_page]=3`)));
      assert.deepEqual(read, sorted(seen(P).filter(({ id }) => want.has(id)), sort), sort);
    }
  });

  test('3.4/8 what was shown as updated_at brings the record again', async () => {
    const { attributes } = await show('active');
    assert.ok((await idsOf(provider[P], PATH, `?filter[updated_since]=${attributes.updated_at}&page[per_page]=3000`)).includes(idOf('active')));
  });

  test('4.4 a merge: the retired id is 404, the one that remains tells of it and is found by it', async () => {
    await areNotFound(provider[P], shown, [uuidOf('first'), uuidOf('second')]);
    const { attributes } = await show('merged');
    assert.deepEqual(attributes.participant_id_changes.map((change) => change.from_participant_id), [uuidOf('first'), uuidOf('second')]);
  });

  test('PL-23 with updated_since it waits for who has stamped and not committed, of this provider only', async () => {
    const writer = await connect(system.cluster, system.database);
    try {
      const { rows: [{ id }] } = await writer.query('select id from lead_providers where name = $1', [R]);
      await writer.query('begin');
      await writer.query('select pg_advisory_xact_lock_shared(3, $1)', [Number(id)]);
      await writer.query(`update teachers set api_updated_at = '2026-02-02 09:59:59.5Z' where api_id = $1`, [idOf('of R')]);
      const query = '?filter[updated_since]=2026-02-02T09:59:59Z';
      assert.deepEqual(await idsOf(provider[P], PATH, query), [], 'another provider does not wait');
      assert.equal((await provider[R].get(PATH)).status, 200, 'nor who asks for everything');
      let answered = false;
      const waiting = idsOf(provider[R], PATH, query).then((ids) => { answered = true; return ids; });
      await until('nobody waits for the writer', async () => (await system.db.query(`select from pg_locks where locktype = 'advisory' and classid = 3 and not granted and database = (select oid from pg_database where datname = current_database())`)).rows.length > 0);
      assert.equal(answered, false);
      await writer.query('commit');
      assert.deepEqual(await waiting, [idOf('of R')]);
    } finally {
      await writer.end();
    }
  });
});

test('the number of statements does not depend on the size of the page (lead-provider-api.md 3.14/1)', async () => {
  await tellStatements(system);
  const page = (n, more = '') => statementsOf(system, () => idsOf(provider[P], PATH, `?page[per_page]=${n}${more}`));
  assert.deepEqual(await page(1), ['take_snapshot', 'list_participants', 'show_participants']);
  assert.deepEqual(await page(3000), ['take_snapshot', 'list_participants', 'show_participants']);
  assert.deepEqual(await page(3000, '&filter[updated_since]=2025-01-01'), ['lock_list', 'take_snapshot', 'unlock_list', 'list_participants', 'show_participants']);
  assert.deepEqual(await statementsOf(system, () => show('active')), ['find_people', 'show_participants']);
});
