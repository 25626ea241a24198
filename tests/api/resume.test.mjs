// PUT /api/v3/participants/{id}/resume (lead-provider-api.md 5.1, 5.4): each row of the table, and the training that begins.
// Today is 2 February 2026.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COURSES, P, PARTICIPANTS, Q, TODAY, TOMORROW, YESTERDAY, at, begin, events, idOf, isAsComputed, keepsTheRulesOfActions, mentor, stopped, teacher, trainings, usual } from './actions.mjs';

const fine = { course_identifier: COURSES.ect };
const people = {
  ...usual,
  withdrawn: at(stopped('withdrawn', '2026-01-20', { schedule: 'ecf-extended-april' })), deferred: at(stopped('deferred', '2026-01-20')), 'a mentor': mentor(stopped('deferred', YESTERDAY)),
  'leaves the school': at(stopped('withdrawn', '2026-01-20'), { to: '2026-07-31' }), 'with a reason': at(stopped('withdrawn', '2026-01-20')),
  'wanted by Q': at(stopped('withdrawn', '2026-01-20', { year: 2025 }), { school: 'S2' }), tried: at(stopped('withdrawn', '2026-01-20')),
  'has left': at({ to: '2026-01-15' }),
  'with Q': at([stopped('withdrawn', '2026-01-20'), { provider: Q, from: '2026-01-21', year: 2025 }]),
  'with Q until today': at([stopped('withdrawn', '2026-01-20'), { provider: Q, from: '2026-01-21', to: TODAY, year: 2025 }]),
  'with Q until yesterday': at([stopped('withdrawn', '2026-01-20'), { provider: Q, from: '2026-01-21', to: YESTERDAY, year: 2025 }]),
  'by the school': at([stopped('withdrawn', '2026-01-20'), { led: 'school', from: '2026-01-21' }]),
  'with Q tomorrow': at([stopped('withdrawn', '2026-01-20'), { provider: Q, from: TOMORROW, year: 2025 }]),
  'stopped today': at(stopped('withdrawn', TODAY)), 'left the school today': at(stopped('withdrawn', '2026-01-20'), { to: TODAY }), 'left the school tomorrow': at(stopped('withdrawn', '2026-01-20'), { to: TOMORROW }),
  'left the school': at(stopped('withdrawn', '2026-01-20'), { to: '2026-01-20' }),
  'stops tomorrow': at({ to: TOMORROW, withdrawn: ['2026-01-20T12:00:00Z', 'other'] }),
  'a mentor at two': { places: [{ role: 'mentor', training: [stopped('withdrawn', '2026-01-20')] }, { role: 'mentor', school: 'S2', from: '2026-01-21', training: [{ provider: Q, year: 2025 }] }] },
};

let system, provider;
before(async () => {
  ({ system, provider } = await begin(people));
});
after(() => system?.stop());
const acted = (who, attributes = {}, options = {}) => provider[P].acted(who, 'resume', { ...fine, ...attributes }, options);
const refused = (who, errors, attributes = {}, options = {}) => provider[P].refused(who, 'resume', { ...fine, ...attributes }, errors, options);

describe('what every action keeps', () => keepsTheRulesOfActions(test, () => ({ system, provider, action: 'resume', fine })));

describe('what resuming does', () => {
  test('training begins again today, and the old one stays as it is', async () => {
    const [old] = await trainings(system, 'withdrawn'), before = await teacher(system, 'withdrawn');
    const { ecf_enrolments: [enrolment], updated_at } = await acted('withdrawn');
    assert.deepEqual([enrolment.training_status, enrolment.participant_status, enrolment.withdrawal, enrolment.deferral, enrolment.schedule_identifier, enrolment.cohort], ['active', 'active', null, null, 'ecf-extended-april', '2024']);
    const [kept, now, ...others] = await trainings(system, 'withdrawn');
    assert.deepEqual(others, []);
    assert.deepEqual(kept, old);
    const same = ({ schedule, year, school_partnership_id, school_period_id, provider: by }) => [schedule, year, school_partnership_id, school_period_id, by];
    assert.deepEqual(same(now), same(old));
    assert.deepEqual([now.started_on, now.finished_on, now.withdrawn_at, now.expression_of_interest_id, now.created_at.toISOString()], [TODAY, null, null, null, `${TODAY}T10:00:00.000Z`]);
    const after = await teacher(system, 'withdrawn');
    assert.ok(after.api_updated_at > before.api_updated_at);
    assert.equal(updated_at, after.api_updated_at.toISOString().replace(/\.\d+Z/, 'Z'));
    const said = await events(system, 'withdrawn');
    assert.deepEqual(said.map(({ event_type }) => event_type).sort(), ['teacher_resumes_training_period', 'teacher_schedule_assigned_to_training_period']);
    const event = said.find(({ event_type }) => event_type === 'teacher_resumes_training_period');
    assert.deepEqual([event.heading, event.author_name, event.training_period_id, event.metadata], [`Case withdrawn was resumed by ${P}`, P, old.id, { new_training_period_id: Number(now.id) }]);
    assert.deepEqual(said.filter((one) => one !== event).map((one) => [one.training_period_id, one.schedule_id]), [[now.id, now.schedule_id]]);
  });
  test('a deferred one', async () => assert.equal((await acted('deferred')).ecf_enrolments[0].training_status, 'active'));
  test('a mentor, from the day after', async () => assert.equal((await acted('a mentor', { course_identifier: COURSES.mentor })).ecf_enrolments[0].training_status, 'active'));
  test('for as long as they are at the school', async () => {
    assert.equal((await acted('leaves the school')).ecf_enrolments[0].participant_status, 'leaving');
    assert.equal((await trainings(system, 'leaves the school'))[1].finished_on, '2026-07-31');
  });
  test('a reason is ignored', () => acted('with a reason', { reason: 'whatever' }));
  test('after others are done', () => acted('with Q until yesterday'));
  test('whom the school had asked Q for: it shows from now on that P trains there too', async () => {
    await system.db.query(`update training_periods p set expression_of_interest_id = c.id from teachers t, provider_contract_periods c join lead_providers l on l.id = c.lead_provider_id
      where t.api_id = $1 and p.teacher_id = t.id and l.name = $2 and c.contract_period_year = 2025`, [idOf('wanted by Q'), Q]);
    await system.db.query(`delete from school_provider_year_status`);
    await system.db.query(`insert into school_provider_year_status select * from school_provider_year_status_of((select array_agg(id) from schools))`);
    const interest = async (name) => (await provider[name].get('/api/v3/schools?filter[cohort]=2025&filter[urn]=200002')).body.data[0].attributes.expression_of_interest;
    assert.deepEqual([await interest(P), await interest(Q)], [false, true]);
    await acted('wanted by Q');
    assert.deepEqual([await interest(P), await interest(Q)], [true, true]);
    const { rows: [{ scopes }] } = await system.db.query('select scopes from submission_outcomes where resource_api_id = $1', [idOf('wanted by Q')]);
    assert.ok(scopes.includes('{lp:0}:schools'), scopes);
  });
  test('only tried: nothing begins', async () => {
    const before = await trainings(system, 'tried');
    const { body } = await provider[P].act('tried', 'resume', fine, { headers: { prefer: 'handling=dry-run' } });
    assert.equal(body.data.attributes.response.body.data.attributes.ecf_enrolments[0].training_status, 'active');
    assert.deepEqual(await trainings(system, 'tried'), before);
    assert.equal((await provider[P].get(`${PARTICIPANTS}/${idOf('tried')}`)).body.data.attributes.ecf_enrolments[0].training_status, 'withdrawn');
  });
  test('then withdrawn tomorrow, and resumed the day after', async () => {
    await provider[P].acted('deferred', 'withdraw', { reason: 'other', ...fine }, { at: `${TOMORROW} 10:00` });
    await refused('deferred', { participant_id: /tomorrow/ }, {}, { at: `${TOMORROW} 23:59` });
    await acted('deferred', {}, { at: '2026-02-04 00:00' });
    assert.deepEqual((await trainings(system, 'deferred')).map(({ started_on, finished_on }) => [started_on, finished_on]), [['2024-09-01', '2026-01-20'], [TODAY, TOMORROW], ['2026-02-04', null]]);
  });
});

describe('what is refused', () => {
  test('lead-provider-api.md 5.4/R1 active', () => refused('of P', { participant_id: /nothing to resume/ }));
  test('lead-provider-api.md 5.4/R1 has left of itself', () => refused('has left', { participant_id: /nothing to resume/ }));
  test('lead-provider-api.md 5.4/R2 trained by another provider', () => refused('with Q', { participant_id: /trained already/ }));
  test('lead-provider-api.md 5.4/R2 on its last day', () => refused('with Q until today', { participant_id: /trained already/ }));
  test('lead-provider-api.md 5.4/R2 trained by the school', () => refused('by the school', { participant_id: /trained already/ }));
  test('lead-provider-api.md 5.4/R3 stopped today', () => refused('stopped today', { participant_id: /tomorrow/ }));
  test('lead-provider-api.md 5.4/R4 left the school today', () => refused('left the school today', { participant_id: /left on 2026-02-02/ }));
  test('lead-provider-api.md 5.4/R4 left the school before', () => refused('left the school', { participant_id: /left on 2026-01-20/ }));
  test('lead-provider-api.md 5.4/R4 leaves tomorrow', () => acted('left the school tomorrow'));
  test('5.4 the old training ends in the future', () => refused('stops tomorrow', { participant_id: /ends on 2026-02-03/ }));
  test('5.4 other training begins tomorrow', () => refused('with Q tomorrow', { participant_id: /from 2026-02-03 on/ }));
  test('5.4 other training goes on at another school', () => refused('a mentor at two', { participant_id: /other training/ }, { course_identifier: COURSES.mentor }));
});

test('what is derived is as it is computed', () => isAsComputed(system));
