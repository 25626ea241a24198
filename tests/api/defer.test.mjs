// PUT /api/v3/participants/{id}/defer (lead-provider-api.md 5.1, 5.3): each row of the table, and what a deferral writes. Today
// is 2 February 2026.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COURSES, P, TODAY, TOMORROW, YESTERDAY, at, begin, events, isAsComputed, keepsTheRulesOfActions, mentor, stopped, teacher, trainings, usual } from './actions.mjs';

const fine = { reason: 'parental-leave', course_identifier: COURSES.ect };
const reasons = ['bereavement', 'long-term-sickness', 'parental-leave', 'career-break', 'other'];
const people = {
  ...usual,
  plain: at({ to: '2026-07-31' }), 'has left': at({ to: '2026-01-15' }), 'began yesterday': at({ from: YESTERDAY }), 'begins today': at({ from: TODAY }),
  'begins tomorrow': at({ from: TOMORROW }), deferred: at(stopped('deferred', '2026-01-20')), withdrawn: at(stopped('withdrawn', '2026-01-20')),
  'both at once': at({ to: '2026-01-20', deferred: ['2026-01-20T12:00:00Z', 'other'], withdrawn: ['2026-01-20T12:00:00Z', 'other'] }),
  'a mentor': mentor({}),
  ...Object.fromEntries(reasons.map((reason) => [`for ${reason}`, at({})])),
};

let system, provider;
before(async () => {
  ({ system, provider } = await begin(people));
});
after(() => system?.stop());
const acted = (who, attributes = {}) => provider[P].acted(who, 'defer', { ...fine, ...attributes });
const refused = (who, attributes, errors) => provider[P].refused(who, 'defer', { ...fine, ...attributes }, errors);

describe('what every action keeps', () => keepsTheRulesOfActions(test, () => ({ system, provider, action: 'defer', fine })));

describe('what a deferral does', () => {
  test('training ends today, and shows why', async () => {
    const [training] = await trainings(system, 'plain'), before = await teacher(system, 'plain');
    const { ecf_enrolments: [enrolment] } = await acted('plain');
    assert.deepEqual([enrolment.training_status, enrolment.participant_status, enrolment.deferral, enrolment.withdrawal], ['deferred', 'left', { reason: 'parental-leave', date: `${TODAY}T10:00:00Z` }, null]);
    const [now] = await trainings(system, 'plain');
    assert.deepEqual([now.id, now.finished_on, now.deferral_reason, now.deferred_at.toISOString(), now.withdrawn_at], [training.id, TODAY, 'parental_leave', `${TODAY}T10:00:00.000Z`, null]);
    assert.ok((await teacher(system, 'plain')).api_updated_at > before.api_updated_at);
    const [event, ...more] = await events(system, 'plain');
    assert.deepEqual(more, []);
    assert.deepEqual([event.event_type, event.heading, event.author_type, event.training_period_id], ['teacher_defers_training_period', `Case plain was deferred by ${P}`, 'lead_provider_api', training.id]);
    assert.deepEqual(event.modifications, [`Deferred at set to '${TODAY}T10:00:00Z'`, "Deferral reason set to 'parental_leave'", "Finished on changed from '31 Jul 2026' to '2 Feb 2026'"]);
  });
  test('who has left already keeps the day', async () => {
    await acted('has left');
    assert.equal((await trainings(system, 'has left'))[0].finished_on, '2026-01-15');
  });
  test('after a day', () => acted('began yesterday'));
  test('a mentor', async () => assert.equal((await acted('a mentor', { course_identifier: COURSES.mentor })).ecf_enrolments[0].training_status, 'deferred'));
  for (const reason of reasons) test(`for ${reason}`, async () => assert.equal((await acted(`for ${reason}`, { reason })).ecf_enrolments[0].deferral.reason, reason));
});

describe('what is refused', () => {
  for (const reason of [undefined, null, '', '\n', { a: 1 }]) test(`lead-provider-api.md 5.3/D1 reason ${JSON.stringify(reason)}`, () => refused('of P', { reason }, { reason: /missing/ }));
  for (const reason of ['parental_leave', 'moved-school', 'OTHER', 0]) test(`lead-provider-api.md 5.3/D2 reason ${JSON.stringify(reason)}`, () => refused('of P', { reason }, { reason: /does not exist.*career-break/ }));
  test('lead-provider-api.md 5.3/D3 deferred already', () => refused('deferred', {}, { participant_id: /already/ }));
  test('lead-provider-api.md 5.3/D4 withdrawn', () => refused('withdrawn', {}, { participant_id: /withdrawn at 2026-01-20T12:00:00Z/ }));
  test('lead-provider-api.md 5.3/D4 of both at one instant, withdrawn', () => refused('both at once', {}, { participant_id: /withdrawn at/ }));
  test('lead-provider-api.md 5.3/D5 begins tomorrow', () => refused('begins tomorrow', {}, { participant_id: /begins on 2026-02-03/ }));
  test('lead-provider-api.md 5.3/D6 begins today', () => refused('begins today', {}, { participant_id: /tomorrow/ }));
  test('all that is wrong is told', () => refused('begins today', { reason: 'x' }, { reason: /does not exist/, participant_id: /tomorrow/ }));
});

test('what is derived is as it is computed', () => isAsComputed(system));
