// PUT /api/v3/participants/{id}/change-schedule (lead-provider-api.md 5.1, 5.5): each row of the table, each effect. Today is
// 2 February 2026; the cohort of 2022 is closed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COURSES, P, PARTICIPANTS, Q, TODAY, TOMORROW, YESTERDAY, at, begin, declare, events, idOf, isAsComputed, keepsTheRulesOfActions, mentor, stopped, teacher, trainings, usual, withStatements } from './actions.mjs';

const fine = { schedule_identifier: 'ecf-extended-april', course_identifier: COURSES.ect };
const passed = { inductions: [{ from: '2024-09-05', to: '2025-12-19', outcome: 'pass' }] };
const people = {
  ...usual,
  plain: at({ year: 2025 }), 'ends later': at({ year: 2025, to: '2026-07-31' }), 'leaves the school': at({ year: 2025 }, { to: '2026-08-31' }), 'began yesterday': at({ year: 2025, from: YESTERDAY }),
  'begins today': at({ year: 2025, from: TODAY }), joining: at([{ provider: Q, to: '2026-02-28' }, { year: 2025, from: '2026-03-01' }]),
  'to 2024': at({ year: 2025 }), 'to 2026': at({ year: 2025 }), 'to 2026 at S3': at({ year: 2025 }, { school: 'S3' }), 'to 2026 number': at({ year: 2025 }), 'cohorts that are none': at({ year: 2025 }),
  'in place to 2024': at({ year: 2025, from: TODAY }), 'of 2022': at({ year: 2022 }), 'of 2022, back': at({ year: 2022 }), 'of 2022, stays': at({ year: 2022 }),
  'back from 2024': at({}, {}, { records: { ect: { frozen: 2022 } } }), 'of 2024, never in 2022': at({}), 'frozen 2023': at({}, {}, { records: { ect: { frozen: 2023 } } }),
  'a mentor': mentor({ year: 2025 }), 'a mentor to replacement': mentor({ year: 2025 }), 'to reduced': at({ year: 2025 }),
  completed: at({ year: 2025 }, {}, passed), 'completed to reduced': at({ year: 2025 }, {}, passed), 'completed by the register': at({ year: 2025 }, {}, { trsCompleted: '2025-12-19' }),
  'a mentor who completed': mentor({ year: 2025 }, {}, { records: { mentor: { ineligible: '2025-12-19', reason: 'completed_declaration_received' } } }),
  'completed, declared': at({ year: 2025 }, {}, passed), 'completed, left the school': at({ year: 2025, to: '2026-01-05' }, { to: '2026-01-05' }, { trsCompleted: '2026-01-05' }),
  'ends today': at({ to: TODAY }), deferred: at(stopped('deferred', '2026-01-20')), withdrawn: at(stopped('withdrawn', '2026-01-20')),
  'withdrawn, ends tomorrow': at({ to: TOMORROW, withdrawn: ['2026-01-20T12:00:00Z', 'other'] }), 'with Q later': at([{ to: '2026-02-28' }, { provider: Q, from: '2026-03-01', year: 2025 }]),
  'declared before': at({ year: 2025 }), 'declared, begins today': at({ year: 2025, from: TODAY }), 'declared, moves': at({ year: 2025, from: TODAY }), 'declared, on a statement': at({ year: 2025, from: TODAY }), 'declared, voided': at({ year: 2025, from: TODAY }),
  'several a day': at({ year: 2025 }), 'wanted too': at({ year: 2025, from: TOMORROW }), 'all wrong': at({ year: 2022, to: '2026-01-20' }), tried: at({ year: 2025 }), 'at once': at({ year: 2025 }),
};

let system, provider;
const one = async (text, ...values) => (await system.db.query(text, values)).rows[0];
before(async () => {
  ({ system, provider } = await begin(people));
  await withStatements(system);
  // At S1 of 2026 P has partnerships through both partners, the other one's made last; at S3 of 2026 none through the same one.
  await system.db.query(
    `insert into school_partnerships (school_id, delivery_partnership_id, lead_provider_id, contract_period_year, created_at)
     select s.id, g.id, g.lead_provider_id, g.contract_period_year, now() + interval '1 day' from schools s, delivery_partnerships g join lead_providers l on l.id = g.lead_provider_id join delivery_partners d on d.id = g.delivery_partner_id
     where l.name = $1 and g.contract_period_year = 2026 and ((s.urn = 100001 and d.name = 'Partner Z') or (s.urn = 300003 and d.name = 'Partner X'))`, [P]);
  await system.db.query(`delete from school_partnerships p using schools s, delivery_partnerships g, delivery_partners d, lead_providers l where s.id = p.school_id and g.id = p.delivery_partnership_id and d.id = g.delivery_partner_id
    and l.id = p.lead_provider_id and l.name = $1 and ((s.urn = 300003 and d.name = 'Partner Z' and p.contract_period_year = 2026) or (s.urn = 100001 and p.contract_period_year = 2023))`, [P]);
  await system.db.query("delete from milestones m using schedules s where s.id = m.schedule_id and s.contract_period_year = 2026 and s.identifier = 'ecf-reduced-january'");
  await system.db.query("delete from schedules where contract_period_year = 2026 and identifier = 'ecf-reduced-january'");
  await system.db.query('delete from school_year_status');
  await system.db.query(`insert into school_year_status select contract_period_year, school_id, in_partnership, programme_choice, '${TODAY}' from school_year_status_of((select array_agg(id) from schools))`);
});
after(() => system?.stop());
const act = (who, attributes = {}, options = {}) => provider[P].act(who, 'change-schedule', { ...fine, ...attributes }, options);
const acted = async (who, attributes = {}, options = {}) => {
  const shown = await provider[P].acted(who, 'change-schedule', { ...fine, ...attributes }, options);
  return { ...shown, enrolment: shown.ecf_enrolments[0] };
};
const refused = (who, attributes, errors, options) => provider[P].refused(who, 'change-schedule', { ...fine, ...attributes }, errors, options);
const days = (rows) => rows.map(({ started_on, finished_on, schedule, year }) => [started_on, finished_on, schedule, year]);
const frozenYear = async (who) => (await one('select payments_frozen_year as year from training_records r join teachers t on t.id = r.teacher_id where t.api_id = $1', idOf(who))).year;
const partnerOf = (training) => one('select d.name from school_partnerships p join delivery_partnerships g on g.id = p.delivery_partnership_id join delivery_partners d on d.id = g.delivery_partner_id where p.id = $1', training.school_partnership_id).then(({ name }) => name);

describe('what every action keeps', () => keepsTheRulesOfActions(test, () => ({ system, provider, action: 'change-schedule', fine })));

describe('what a change does', () => {
  test('training that has begun ends yesterday, and goes on from today on the schedule (lead-provider-api.md 5.5/3)', async () => {
    const [old] = await trainings(system, 'plain'), before = await teacher(system, 'plain');
    const { enrolment } = await acted('plain');
    assert.deepEqual([enrolment.schedule_identifier, enrolment.cohort, enrolment.training_status, enrolment.participant_status], ['ecf-extended-april', '2025', 'active', 'active']);
    const all = await trainings(system, 'plain'), [ended, begun] = all;
    assert.deepEqual(days(all), [['2024-09-01', YESTERDAY, 'ecf-standard-september', 2025], [TODAY, null, 'ecf-extended-april', 2025]]);
    assert.deepEqual([ended.id, begun.school_partnership_id, begun.expression_of_interest_id], [old.id, old.school_partnership_id, null]);
    assert.ok(ended.api_transfer_updated_at > old.api_transfer_updated_at && (await teacher(system, 'plain')).api_updated_at > before.api_updated_at);
    assert.equal(await frozenYear('plain'), null);
    const said = Object.fromEntries((await events(system, 'plain')).map((event) => [event.event_type, event]));
    assert.deepEqual(Object.keys(said).sort(), ['teacher_changes_schedule_training_period', 'teacher_finishes_training_period', 'teacher_schedule_assigned_to_training_period']);
    const changed = said.teacher_changes_schedule_training_period;
    assert.equal(changed.heading, `Schedule of Case plain changed from ecf-standard-september (2025) to ecf-extended-april (2025) by ${P}`);
    assert.deepEqual([changed.training_period_id, changed.schedule_id, changed.author_type, changed.author_name], [old.id, old.schedule_id, 'lead_provider_api', P]);
    assert.deepEqual(changed.metadata, { training_period_id: Number(begun.id), from_schedule_id: Number(old.schedule_id), to_schedule_id: Number(begun.schedule_id) });
    assert.deepEqual([said.teacher_finishes_training_period.training_period_id, said.teacher_finishes_training_period.happened_at.toISOString()], [old.id, `${YESTERDAY}T00:00:00.000Z`]);
    assert.deepEqual([said.teacher_finishes_training_period.school_period_id, said.teacher_finishes_training_period.school_id],
      [old.school_period_id, (await one('select school_id from school_periods where id = $1', old.school_period_id)).school_id], 'events.md 4.4: found by the school too');
    assert.deepEqual([said.teacher_schedule_assigned_to_training_period.training_period_id, said.teacher_schedule_assigned_to_training_period.schedule_id], [begun.id, begun.schedule_id]);
  });
  test('until it was to end', async () => {
    await acted('ends later');
    assert.equal((await trainings(system, 'ends later'))[1].finished_on, '2026-07-31');
    await acted('leaves the school');
    assert.equal((await trainings(system, 'leaves the school'))[1].finished_on, '2026-08-31');
  });
  test('what began yesterday ends then', async () => {
    await acted('began yesterday');
    assert.deepEqual(days(await trainings(system, 'began yesterday')).map(([from, to]) => [from, to]), [[YESTERDAY, YESTERDAY], [TODAY, null]]);
  });
  test('what begins today or later is edited in place, by its future provider too', async () => {
    for (const who of ['begins today', 'joining']) {
      const before = await trainings(system, who);
      const { enrolment } = await acted(who);
      assert.equal(enrolment.schedule_identifier, 'ecf-extended-april');
      const after = await trainings(system, who);
      assert.deepEqual(after.map(({ id, started_on }) => [id, started_on]), before.map(({ id, started_on }) => [id, started_on]));
      assert.deepEqual(after.at(-1).api_transfer_updated_at, before.at(-1).api_transfer_updated_at, 'neither day has moved');
      assert.deepEqual((await events(system, who)).map(({ event_type, metadata }) => [event_type, metadata.training_period_id]), [['teacher_changes_schedule_training_period', Number(after.at(-1).id)]]);
    }
    assert.equal((await trainings(system, 'joining'))[0].finished_on, '2026-02-28', 'the current provider\'s is not touched');
  });
  test('several a day, as long as nothing is declared', async () => {
    for (const schedule_identifier of ['ecf-extended-april', 'ecf-standard-january', 'ecf-reduced-april', 'ecf-standard-september']) await acted('several a day', { schedule_identifier });
    assert.equal((await trainings(system, 'several a day')).length, 2);
  });
  test('a mentor, to a replacement schedule; an ECT, to a reduced one', async () => {
    assert.equal((await acted('a mentor', { course_identifier: COURSES.mentor })).enrolment.participant_type, 'mentor');
    assert.equal((await acted('a mentor to replacement', { course_identifier: COURSES.mentor, schedule_identifier: 'ecf-replacement-september' })).enrolment.schedule_identifier, 'ecf-replacement-september');
    assert.equal((await acted('to reduced', { schedule_identifier: 'ecf-reduced-september' })).enrolment.schedule_identifier, 'ecf-reduced-september');
  });
  test('an ECT who has completed goes to a reduced schedule in place', async () => {
    await acted('completed to reduced', { schedule_identifier: 'ecf-reduced-september' });
    assert.deepEqual(days(await trainings(system, 'completed to reduced')), [['2024-09-01', null, 'ecf-reduced-september', 2025]]);
  });
  test('what the Teaching Record System says is no period with an outcome', () => acted('completed by the register'));
  test('with declarations that stay where they are', async () => {
    const id = await declare(system, 'declared before', 'started', '2025-10-01T09:00:00Z', { status: 'eligible' });
    const before = await one('select * from declarations where id = $1', id);
    await acted('declared before', { cohort: '2024' });
    assert.deepEqual(await one('select * from declarations where id = $1', id), before);
  });
  test('only tried: nothing changes', async () => {
    const before = await trainings(system, 'tried');
    const { body } = await act('tried', { cohort: '2024' }, { headers: { prefer: 'handling=dry-run' } });
    const { response, rules } = body.data.attributes;
    assert.equal(response.body.data.attributes.ecf_enrolments[0].cohort, '2024');
    assert.deepEqual(rules.map(({ rule }) => rule.split('/').pop()), ['A1', 'A2', 'A3', 'C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C10', 'C11', 'C12', 'C13', 'over']);
    assert.deepEqual(await trainings(system, 'tried'), before);
    assert.equal((await provider[P].get(`${PARTICIPANTS}/${idOf('tried')}`)).body.data.attributes.ecf_enrolments[0].cohort, '2025');
  });
  test('eight at once: one is done, the others find it done', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => act('at once')));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(422)]);
    assert.equal((await trainings(system, 'at once')).length, 2);
  });
});

describe('another cohort', () => {
  test('the partnership with the same school, through the same delivery partner', async () => {
    const { enrolment } = await acted('to 2026', { cohort: '2026' });
    assert.deepEqual([enrolment.cohort, enrolment.school_urn], ['2026', '100001']);
    assert.equal(await partnerOf((await trainings(system, 'to 2026'))[1]), 'Partner X');
  });
  test('else the one made last', async () => {
    await acted('to 2026 at S3', { cohort: '2026' });
    assert.equal(await partnerOf((await trainings(system, 'to 2026 at S3'))[1]), 'Partner X');
  });
  test('a number is one too; backwards too', async () => {
    assert.equal((await acted('to 2026 number', { cohort: 2026 })).enrolment.cohort, '2026');
    assert.equal((await acted('to 2024', { cohort: '2024' })).enrolment.cohort, '2024');
  });
  test('one that is none is the current one', async () => {
    const schedules = ['ecf-extended-april', 'ecf-extended-january', 'ecf-extended-september', 'ecf-standard-april', 'ecf-standard-january', 'ecf-standard-september'];
    for (const [i, cohort] of [null, '', '1999', '20250', 'x', ['2024']].entries()) assert.equal((await acted('cohorts that are none', { cohort, schedule_identifier: schedules[i] })).enrolment.cohort, '2025');
  });
  test('the same schedule of another cohort is another schedule', async () => {
    await acted('to 2024', { cohort: '2025' });
    assert.equal((await trainings(system, 'to 2024')).at(-1).year, 2025);
  });
  test('in place: partnership, interest and declarations go with it (lead-provider-api.md 5.5/2)', async () => {
    await system.db.query(`update training_periods p set expression_of_interest_id = c.id from teachers t, provider_contract_periods c join lead_providers l on l.id = c.lead_provider_id
      where t.api_id = $1 and p.teacher_id = t.id and l.name = $2 and c.contract_period_year = 2025`, [idOf('in place to 2024'), P]);
    const id = await declare(system, 'in place to 2024', 'started', '2025-10-01T09:00:00Z');
    await system.db.query("update declarations set api_updated_at = '2025-10-01' where id = $1", [id]); // by business time, as all is here
    const before = await one('select * from declarations where id = $1', id);
    const { enrolment } = await acted('in place to 2024', { cohort: '2024', schedule_identifier: 'ecf-extended-september' });
    assert.equal(enrolment.cohort, '2024');
    const [training, ...others] = await trainings(system, 'in place to 2024');
    assert.deepEqual(others, []);
    assert.deepEqual(await one('select l.name, c.contract_period_year as year from provider_contract_periods c join lead_providers l on l.id = c.lead_provider_id where c.id = $1', training.expression_of_interest_id), { name: P, year: 2024 });
    const after = await one('select * from declarations where id = $1', id);
    assert.deepEqual([after.contract_period_year, after.training_period_id], [2024, before.training_period_id]);
    assert.ok(after.api_updated_at > before.api_updated_at, 'whoever reads a cohort finds it');
  });
  test('leaving a closed cohort is kept, going back to it takes it away (lead-provider-api.md 5.5/1)', async () => {
    const { enrolment } = await acted('of 2022', { cohort: '2024' });
    assert.equal(enrolment.cohort_changed_after_payments_frozen, true);
    assert.equal(await frozenYear('of 2022'), 2022);
    assert.equal((await acted('of 2022', { cohort: '2022', schedule_identifier: 'ecf-standard-april' })).enrolment.cohort_changed_after_payments_frozen, false);
    assert.equal(await frozenYear('of 2022'), null);
    assert.equal((await acted('back from 2024', { cohort: '2022' })).enrolment.cohort, '2022');
    assert.equal(await frozenYear('back from 2024'), null);
  });
  test('between open ones nothing is kept', async () => assert.equal(await frozenYear('to 2026'), null));
});

describe('what is refused: schedule_identifier', () => {
  const title = 'schedule_identifier';
  for (const value of [undefined, null, '', ' ', ['ecf-extended-april']]) test(`lead-provider-api.md 5.5/C1 ${JSON.stringify(value)}`, () => refused('of P', { [title]: value }, { [title]: /missing/ }));
  for (const value of ['ecf_extended_april', 'ECF-EXTENDED-APRIL', 'extended-april', 5]) test(`lead-provider-api.md 5.5/C2 ${JSON.stringify(value)}`, () => refused('of P', { [title]: value }, { [title]: /does not exist/ }));
  test('lead-provider-api.md 5.5/C3 the cohort has no such one', () => refused('of P', { [title]: 'ecf-reduced-january', cohort: '2026' }, { [title]: /2026 '#\/cohort' does not have/ }));
  test('lead-provider-api.md 5.5/C4 on it already', () => refused('of P', { [title]: 'ecf-standard-september', cohort: '2025' }, { [title]: /already/ }));
  test('lead-provider-api.md 5.5/C5 an ECT to a replacement schedule', () => refused('of P', { [title]: 'ecf-replacement-april' }, { [title]: /for mentors only/ }));
  test('lead-provider-api.md 5.5/C6 a mentor to a reduced schedule', () => refused('a mentor', { [title]: 'ecf-reduced-april', course_identifier: COURSES.mentor }, { [title]: /for ECTs only/ }));
  test('lead-provider-api.md 5.5/C7 a declaration before the window', async () => {
    await declare(system, 'declared, begins today', 'started', '2025-12-01T09:00:00Z');
    await refused('declared, begins today', { [title]: 'ecf-standard-april' }, { [title]: /milestone dates.*started/ });
    await acted('declared, begins today', { [title]: 'ecf-extended-september' });
  });
  test('lead-provider-api.md 5.5/C7 a declaration on a statement of the old cohort', async () => {
    await declare(system, 'declared, on a statement', 'started', '2025-12-01T09:00:00Z', { status: 'eligible' });
    await refused('declared, on a statement', { [title]: 'ecf-extended-september', cohort: '2024' }, { [title]: /statement of the 2025/ });
    await acted('declared, on a statement', { [title]: 'ecf-extended-september' });
  });
  test('lead-provider-api.md 5.5/C7 a voided one keeps its statement too', async () => {
    await declare(system, 'declared, voided', 'started', '2025-12-01T09:00:00Z', { status: 'voided' });
    await refused('declared, voided', { [title]: 'ecf-extended-september', cohort: '2024' }, { [title]: /statement of the 2025/ });
  });
  test('5.5 who has completed keeps training that is on a statement', async () => {
    await declare(system, 'completed, declared', 'started', '2025-12-01T09:00:00Z', { status: 'eligible' });
    await refused('completed, declared', { [title]: 'ecf-reduced-september', cohort: '2024' }, { [title]: /statement of the 2025/ });
    await acted('completed, declared', { [title]: 'ecf-reduced-september' });
  });
});

describe('what is refused: cohort, participant_id', () => {
  test('lead-provider-api.md 5.5/C8 no partnership with the school', () => refused('of P', { cohort: '2023' }, { cohort: /no partnership/ }));
  test('lead-provider-api.md 5.5/C9 a closed cohort', () => refused('of 2024, never in 2022', { cohort: '2022' }, { cohort: /2022 '#\/cohort' is closed/ }));
  test('lead-provider-api.md 5.5/C9 that was not the one left', () => refused('frozen 2023', { cohort: '2022' }, { cohort: /closed/ }));
  test('lead-provider-api.md 5.5/C9 within a closed cohort', () => refused('of 2022, stays', {}, { cohort: /closed/ }));
  test('lead-provider-api.md 5.5/C10 an ECT who has completed', () => refused('completed', {}, { participant_id: /reduced/ }));
  test('lead-provider-api.md 5.5/C10 a mentor who has completed', () => refused('a mentor who completed', { course_identifier: COURSES.mentor }, { participant_id: /mentor training/ }));
  for (const who of ['ends today', 'deferred', 'withdrawn']) test(`lead-provider-api.md 5.5/C11 ${who}`, () => refused(who, {}, { participant_id: /`left`/ }));
  test('lead-provider-api.md 5.5/C12 withdrawn, and not yet left', () => refused('withdrawn, ends tomorrow', {}, { participant_id: /withdrawn at/ }));
  test('lead-provider-api.md 5.5/C13 later training with another provider', () => refused('with Q later', {}, { participant_id: /2026-03-01/ }));
  test('5.5 no training begins behind the school period', () => refused('completed, left the school', {}, { participant_id: /left on 2026-01-05/ }));
  test('three groups, the first failure of each', () => refused('all wrong', { schedule_identifier: 'ecf-standard-september' }, { schedule_identifier: /already/, cohort: /closed/, participant_id: /`left`/ }));
  test('without a course the values are checked', () => refused('of P', { course_identifier: 'x', schedule_identifier: 'x' }, { course_identifier: /does not exist/, schedule_identifier: /does not exist/ }));
  test('lead-provider-api.md 5.5/C3 without a course in the cohort that is named', () => refused('of P', { course_identifier: 'x', schedule_identifier: 'ecf-reduced-january', cohort: '2026' }, { course_identifier: /does not exist/, schedule_identifier: /does not have/ }));
});

test('what is derived is as it is computed', () => isAsComputed(system));
