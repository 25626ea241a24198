// PUT /api/v3/participants/{id}/withdraw (lead-provider-api.md 5.1, 5.2): each row of the table, what a withdrawal writes, and
// how it is sent: waiting or not, with a key, only tried. Today is 2 February 2026.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { titles } from './client.mjs';
import { COURSES, P, PARTICIPANTS, Q, TODAY, TOMORROW, YESTERDAY, at, begin, events, idOf, isAsComputed, keepsTheRulesOfActions, mentor, rowsOf, stopped, teacher, trainings, usual } from './actions.mjs';

const fine = { reason: 'moved-school', course_identifier: COURSES.ect };
const reasons = ['left-teaching-profession', 'moved-school', 'switched-to-school-led', 'changed-lead-provider', 'other'];
const people = {
  ...usual,
  plain: at({ year: 2025 }), 'ends later': at({ to: '2026-07-31' }), 'ends today': at({ to: TODAY }), 'has left': at({ to: '2026-01-15' }),
  'began yesterday': at({ from: YESTERDAY }), 'begins today': at({ from: TODAY }), 'begins tomorrow': at({ from: TOMORROW }),
  'resumed today': at([stopped('deferred', '2026-01-20'), { from: TODAY }]),
  withdrawn: at(stopped('withdrawn', '2026-01-20')), deferred: at(stopped('deferred', '2026-01-20')),
  'withdrawn, then deferred': at({ to: '2026-01-20', withdrawn: ['2026-01-10T12:00:00Z', 'other'], deferred: ['2026-01-20T12:00:00Z', 'other'] }),
  'a mentor': mentor({}), 'of two': at([{ to: '2025-12-31' }, { provider: Q, from: '2026-01-01', year: 2025 }]),
  clocks: at({}), async: at({}), keyed: at({}), tried: at({}), twice: at({}), 'at once': at({}), explained: at({}), 'upper case': at({}),
  ...Object.fromEntries(reasons.map((reason) => [`for ${reason}`, at({})])),
};

let system, provider;
before(async () => {
  ({ system, provider } = await begin(people));
});
after(() => system?.stop());
const act = (who, attributes = {}, options = {}, by = P) => provider[by].act(who, 'withdraw', { ...fine, ...attributes }, options);
const acted = (who, attributes = {}, options = {}, by = P) => provider[by].acted(who, 'withdraw', { ...fine, ...attributes }, options);
const refused = (who, attributes, errors, options, by = P) => provider[by].refused(who, 'withdraw', { ...fine, ...attributes }, errors, options);

describe('what every action keeps', () => keepsTheRulesOfActions(test, () => ({ system, provider, action: 'withdraw', fine })));

describe('what a withdrawal does', () => {
  test('training ends today, and shows why; its event (lead-provider-api.md 3.14/3)', async () => {
    const [training] = await trainings(system, 'plain'), before = await teacher(system, 'plain');
    const shown = await acted('plain');
    const [enrolment] = shown.ecf_enrolments;
    assert.deepEqual([enrolment.training_status, enrolment.participant_status, enrolment.withdrawal, enrolment.deferral], ['withdrawn', 'left', { reason: 'moved-school', date: `${TODAY}T10:00:00Z` }, null]);
    const [now, ...others] = await trainings(system, 'plain');
    assert.deepEqual(others, []);
    assert.deepEqual([now.id, now.started_on, now.finished_on, now.withdrawal_reason, now.withdrawn_at.toISOString()], [training.id, training.started_on, TODAY, 'moved_school', `${TODAY}T10:00:00.000Z`]);
    assert.equal(now.updated_at.toISOString(), `${TODAY}T10:00:00.000Z`, 'business time');
    const after = await teacher(system, 'plain');
    assert.ok(after.api_updated_at > before.api_updated_at && now.api_transfer_updated_at > training.api_transfer_updated_at);
    assert.equal(shown.updated_at, after.api_updated_at.toISOString().replace(/\.\d+Z/, 'Z'));
    const [event, ...more] = await events(system, 'plain');
    assert.deepEqual(more, []);
    assert.deepEqual([event.event_type, event.heading, event.author_type, event.author_name, event.happened_at.toISOString()],
      ['teacher_withdraws_training_period', `Case plain was withdrawn by ${P}`, 'lead_provider_api', P, `${TODAY}T10:00:00.000Z`]);
    assert.deepEqual([event.training_period_id, event.teacher_id], [training.id, before.id]);
    assert.ok(event.lead_provider_id && event.submission_id);
    assert.deepEqual(event.modifications, [`Withdrawn at set to '${TODAY}T10:00:00Z'`, "Withdrawal reason set to 'moved_school'", "Finished on set to '2 Feb 2026'"]);
    assert.deepEqual(event.metadata, { withdrawn_at: [null, `${TODAY}T10:00:00Z`], withdrawal_reason: [null, 'moved_school'], finished_on: [null, TODAY] });
  });

  for (const [who, expected, moves] of [['ends later', TODAY, true], ['ends today', TODAY, false], ['has left', '2026-01-15', false], ['began yesterday', TODAY, true]]) {
    test(`${who}: finishes on ${expected}`, async () => {
      const [before] = await trainings(system, who);
      await acted(who);
      const [after] = await trainings(system, who);
      assert.equal(after.finished_on, expected);
      assert.equal(after.api_transfer_updated_at > before.api_transfer_updated_at, moves, 'a transfer moves with the finish only');
    });
  }

  for (const reason of reasons) {
    test(`for ${reason}`, async () => assert.equal((await acted(`for ${reason}`, { reason })).ecf_enrolments[0].withdrawal.reason, reason));
  }

  test('a mentor no longer mentors', async () => {
    const { ecf_enrolments: [enrolment] } = await acted('a mentor', { reason: 'mentor-no-longer-being-mentor', course_identifier: COURSES.mentor });
    assert.deepEqual([enrolment.participant_type, enrolment.withdrawal.reason], ['mentor', 'mentor-no-longer-being-mentor']);
  });

  test('a deferred participant becomes withdrawn, and keeps both stamps', async () => {
    const { ecf_enrolments: [enrolment] } = await acted('deferred');
    assert.deepEqual([enrolment.training_status, enrolment.deferral], ['withdrawn', null]);
    const [training] = await trainings(system, 'deferred');
    assert.deepEqual([training.deferral_reason, training.withdrawal_reason, training.finished_on], ['other', 'moved_school', '2026-01-20']);
  });

  test('who was withdrawn before they were deferred may be withdrawn again', async () => {
    assert.equal((await acted('withdrawn, then deferred')).ecf_enrolments[0].withdrawal.date, `${TODAY}T10:00:00Z`);
    assert.match((await events(system, 'withdrawn, then deferred'))[0].modifications[0], /changed from '2026-01-10T12:00:00Z' to /);
  });

  test('the other provider\'s training is not touched, but its reader sees that the person has moved', async () => {
    const before = await teacher(system, 'of two');
    await acted('of two');
    const [, other] = await trainings(system, 'of two');
    assert.deepEqual([other.provider, other.withdrawn_at, other.finished_on], [Q, null, null]);
    assert.ok((await teacher(system, 'of two')).api_updated_at > before.api_updated_at);
    const { body } = await provider[Q].get(`${PARTICIPANTS}/${idOf('of two')}`);
    assert.equal(body.data.attributes.ecf_enrolments[0].training_status, 'active');
    const { rows: [{ scopes }] } = await system.db.query(
      `select scopes from submission_outcomes where resource_api_id = $1`, [idOf('of two')]);
    const { rows } = await system.db.query('select id, name from lead_providers where name = any ($1)', [[P, Q]]);
    for (const { id, name } of rows) for (const list of ['participants', 'declarations', ...(name === P ? ['partnerships'] : [])]) assert.ok(scopes.includes(`{lp:${id}}:${list}`), `${name} ${list}: ${scopes}`);
  });

  test('lists with updated_since show it', async () => {
    const since = (await teacher(system, 'plain')).api_updated_at.toISOString();
    const { body } = await provider[P].get(`${PARTICIPANTS}?filter[updated_since]=${since}&page[per_page]=3000`);
    assert.ok(body.data.some(({ id }) => id === idOf('plain')));
  });
});

describe('what is refused', () => {
  for (const [rule, reason] of [['W1', undefined], ['W1', null], ['W1', ''], ['W1', ' \t'], ['W1', ['other']]]) {
    test(`lead-provider-api.md 5.2/${rule} reason ${JSON.stringify(reason)}`, () => refused('of P', { reason }, { reason: /missing/ }));
  }
  for (const reason of ['moved_school', 'bereavement', 'Other', 'school-left-fip', 1, true]) {
    test(`lead-provider-api.md 5.2/W2 reason ${JSON.stringify(reason)}`, () => refused('of P', { reason }, { reason: /does not exist.*changed-lead-provider/ }));
  }
  test('lead-provider-api.md 5.2/W3, 3.11/3 withdrawn already: nothing has changed', () => refused('withdrawn', {}, { participant_id: /already/ }));
  test('lead-provider-api.md 5.2/W4 begins tomorrow', () => refused('begins tomorrow', {}, { participant_id: /begins on 2026-02-03/ }));
  test('lead-provider-api.md 5.2/W5 begins today', () => refused('begins today', {}, { participant_id: /tomorrow/ }));
  test('lead-provider-api.md 5.2/W5 began again today', () => refused('resumed today', {}, { participant_id: /tomorrow/ }));
  test('lead-provider-api.md 5.2/W5 and tomorrow it is not', () => acted('resumed today', {}, { at: `${TOMORROW} 00:00` }));
  test('lead-provider-api.md 5.2/W6 an ECT does not stop mentoring', () => refused('of P', { reason: 'mentor-no-longer-being-mentor' }, { reason: /for mentors/ }));
  test('lead-provider-api.md 5.2/W6 is told only where all else is well', () => refused('withdrawn', { reason: 'mentor-no-longer-being-mentor' }, { participant_id: /already/ }));
  test('all that is wrong is told, in the order in which it failed', () => refused('withdrawn', { reason: 'x' }, { reason: /does not exist/, participant_id: /already/ }));
  test('without a course the reason is checked', () => refused('withdrawn', { reason: '', course_identifier: '' }, { course_identifier: /missing/, reason: /missing/ }));
  test('the outcome tells which rules fired, on which facts', async () => {
    await refused('withdrawn', { reason: 'x' }, { reason: /./, participant_id: /./ });
    const { rows: [outcome] } = await system.db.query("select fired, rules_version, facts from submission_outcomes where http_status = 422 order by decided_no desc limit 1");
    assert.deepEqual([outcome.fired, outcome.rules_version], [['lead-provider-api.md 5.2/W2', 'lead-provider-api.md 5.2/W3'], 1]);
    assert.doesNotMatch(JSON.stringify(outcome.facts), /Case|withdrawn@/);
  });
});

describe('how it is sent', () => {
  test('the id in capitals', async () => assert.equal((await provider[P].act(idOf('upper case').toUpperCase(), 'withdraw', fine)).status, 200));

  test('repeated: 422, and with its key the first answer again', async () => {
    const headers = { 'idempotency-key': 'withdrawn-once' };
    const first = await act('keyed', {}, { headers });
    assert.equal(first.status, 200, first.text);
    const again = await act('keyed', {}, { headers });
    assert.deepEqual([again.status, again.text, again.headers.get('idempotency-replayed')], [200, first.text, 'true']);
    assert.deepEqual(titles(await act('keyed')), ['participant_id']);
    const other = await act('plain', {}, { headers });
    assert.deepEqual([other.status, titles(other)], [422, ['idempotency_key']]);
    assert.equal((await events(system, 'keyed')).length, 1);
  });

  test('respond-async: 202, then the very answer of a waiting call', async () => {
    const answer = await act('async', {}, { headers: { prefer: 'respond-async' } });
    assert.equal(answer.status, 202, answer.text);
    const decided = await system.decided(answer.headers.get('location'), provider[P].token);
    assert.deepEqual([decided.kind, decided.result, decided.resource], ['participant.withdraw', 'succeeded', { type: 'participant', id: idOf('async') }]);
    assert.deepEqual(decided.response.body, (await provider[P].get(`${PARTICIPANTS}/${idOf('async')}`)).body);
  });

  test('only tried: what it would say, every rule, and nothing is stored', async () => {
    const before = await rowsOf(system, 'tried'), count = async () => (await system.db.query('select (select count(*) from submissions) + (select count(*) from webhook_deliveries) as n')).rows[0].n, stored = await count();
    const answer = await act('tried', {}, { headers: { prefer: 'handling=dry-run' } });
    assert.equal(answer.status, 200, answer.text);
    const { id, attributes } = answer.body.data;
    assert.deepEqual([id, attributes.kind, attributes.result, attributes.response.status, attributes.resource], [null, 'participant.withdraw', 'succeeded', 200, { type: 'participant', id: idOf('tried') }]);
    assert.deepEqual(attributes.rules.map(({ rule, result }) => `${rule.split('/').pop()} ${result}`), ['A1', 'A2', 'A3', 'W1', 'W2', 'W3', 'W4', 'W5', 'W6'].map((rule) => `${rule} passed`));
    assert.equal(attributes.response.body.data.attributes.ecf_enrolments[0].training_status, 'withdrawn');
    assert.deepEqual(await rowsOf(system, 'tried'), before);
    assert.equal(await count(), stored);
    assert.equal((await provider[P].get(`${PARTICIPANTS}/${idOf('tried')}`)).body.data.attributes.ecf_enrolments[0].training_status, 'active');
    const { updated_at: would, ...rest } = attributes.response.body.data.attributes;
    const { updated_at: did, ...done } = await acted('tried');
    assert.deepEqual(rest, done, 'it says what the withdrawal says');
    assert.ok(would <= did);
    const refusedOne = (await act('tried', { reason: 'x' }, { headers: { prefer: 'handling=dry-run' } })).body.data.attributes;
    assert.deepEqual([refusedOne.result, refusedOne.response.status, refusedOne.resource], ['rejected', 422, null]);
    assert.deepEqual(refusedOne.rules.filter(({ result }) => result !== 'passed').map(({ rule, result }) => `${rule.split('/').pop()} ${result}`), ['W2 failed', 'W3 failed', 'W4 skipped', 'W5 skipped', 'W6 skipped']);
  });

  test('of somebody else\'s a dry run tells nothing', async () => {
    const [ours, nobody] = await Promise.all([act('of Q', {}, { headers: { prefer: 'handling=dry-run' } }), act('00000000-0000-4000-8000-000000000000', {}, { headers: { prefer: 'handling=dry-run' } })]);
    const said = ({ body }) => JSON.stringify([body.data.attributes.response, body.data.attributes.rules]).replaceAll(idOf('of Q'), 'ID').replaceAll('00000000-0000-4000-8000-000000000000', 'ID');
    assert.equal(said(ours), said(nobody));
  });

  test('twelve at once: one is done, the others find it done', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => act('at once')));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(11).fill(422)]);
    assert.equal((await events(system, 'at once')).length, 1);
  });

  test('`ecf2ctl explain` tells its rules and effects', async () => {
    const answer = await act('explained', {}, { headers: { prefer: 'respond-async' } });
    const id = answer.headers.get('location').split('/').pop();
    await system.decided(answer.headers.get('location'), provider[P].token);
    const said = JSON.parse(system.ctl('explain', id, '--json').stdout);
    assert.deepEqual([said.doubt, said.effects, said.rules.length], [null, { training_ends_on: TODAY }, 9]);
    assert.ok(said.rules.every(({ result }) => result === 'passed'));
  });
});

test('what is derived is as it is computed', () => isAsComputed(system));
