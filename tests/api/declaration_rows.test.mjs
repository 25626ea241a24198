// declarations.md 3.3 over HTTP: each row of the decision table fails once, the consequences told under the table, the
// dates of 3.4, and 7.1: what happens when the same is sent at the same time.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, frontAt, london, titles } from './client.mjs';
import { A, B, participant, statement, world } from './world.mjs';

const autumn24 = '2024-10-20 10:00';
const autumn25 = '2025-10-01 10:00';

let system, a, b;
before(async () => {
  system = await startSystem({ world: world(), fronts: 2, env: { ECF2_CLOCK: london(autumn24) } });
  [a, b] = [A, B].map((name) => new Provider(system, name));
});
after(() => system?.stop());

const nobody = '00000000-0000-4000-8000-000000000000';
/** A declaration that is right at `autumn24`, for one case's person, with what is to be wrong. */
const ect = (name, wrong = {}) => ({
  participant_id: name && participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...wrong,
});
const mentor = (name, wrong = {}) => ect(name, { course_identifier: 'ecf-mentor', declaration_date: '2025-09-20T09:00:00Z', evidence_held: 'other', ...wrong });
const declarations = async (name) => (await system.db.query(
  'select d.* from declarations d join teachers t on t.id = d.teacher_id where t.api_id = $1', [participant(name)])).rows;

describe('3.3', () => {
  const rejects = (name, send, expected, { by = () => a, at = autumn24 } = {}) => test(name, () => by().rejected(send(), expected, { at }));

  for (const blank of [undefined, null, '', ' \t ', [], {}]) {
    rejects(`row 1: participant_id ${JSON.stringify(blank)}`, () => ect('untouched', { participant_id: blank }), ['participant_id']);
  }
  rejects('row 2: unknown participant', () => ect('untouched', { participant_id: nobody }), ['participant_id']);
  for (const id of ['1', 'not-a-uuid', 'x'.repeat(5000), '{' + nobody + '}', 'é\u{1f600}']) {
    rejects(`row 2: participant_id ${id.slice(0, 40)}`, () => ect('untouched', { participant_id: id }), ['participant_id']);
  }
  for (const course of [undefined, null, '', 'ecf', 'ECF-INDUCTION', 'ecf-induction ', ['ecf-induction']]) {
    rejects(`row 3: course_identifier ${JSON.stringify(course)}`, () => ect('untouched', { course_identifier: course }), ['course_identifier']);
  }
  for (const date of [undefined, null, '', '   ']) {
    rejects(`row 4: declaration_date ${JSON.stringify(date)}`, () => ect('untouched', { declaration_date: date }), ['declaration_date']);
  }
  rejects('row 5: an ECT declared for as mentor', () => ect('untouched', { course_identifier: 'ecf-mentor' }), ['course_identifier']);
  rejects('row 5: a mentor declared for as ECT', () => mentor('mentor', { course_identifier: 'ecf-induction' }), ['course_identifier'], { at: autumn25 });
  for (const type of [undefined, null, '', ' ']) {
    rejects(`row 6: declaration_type ${JSON.stringify(type)}`, () => ect('untouched', { declaration_type: type }), ['declaration_type']);
  }
  for (const type of ['Started', 'retained-5', 'started ', 'extended-4', 'retained_1', 'x'.repeat(4000)]) {
    rejects(`row 7: declaration_type ${type.slice(0, 20)}`, () => ect('untouched', { declaration_type: type }), ['declaration_type']);
  }
  test('row 8: declared already', async () => {
    await a.accepted(ect('duplicate'), { at: autumn24 });
    await a.rejected(ect('duplicate', { declaration_date: '2024-10-08T09:00:00Z' }), ['declaration_type'], { at: autumn24 });
    // A duplicate suppresses row 9, not row 11.
    await a.rejected(ect('duplicate', { declaration_date: '2024-12-20T09:00:00Z' }), ['declaration_type'], { at: autumn24 });
    await a.rejected(ect('duplicate', { declaration_date: 'yesterday' }), ['declaration_type', 'declaration_date'], { at: autumn24 });
    assert.equal((await declarations('duplicate')).length, 1);
  });
  rejects('row 9: in the future', () => ect('untouched', { declaration_date: '2024-10-20T09:00:00.000001Z' }), ['declaration_date']);
  rejects('row 10: before the window', () => ect('untouched', { declaration_date: '2024-05-31T22:59:59Z' }), ['declaration_date']);
  rejects('row 10: after the window', () => ect('untouched', { declaration_date: '2025-01-01T00:00:00Z' }), ['declaration_date'], { at: '2025-03-01 10:00' });
  rejects('row 11: malformed', () => ect('untouched', { declaration_date: '2024-10-07' }), ['declaration_date']);
  rejects('row 12: mentors of 2025 have started and completed only', () => mentor('mentor', { declaration_type: 'retained-1' }), ['declaration_type'], { at: autumn25 });
  rejects('row 13: evidence is required', () => mentor('mentor', { evidence_held: '' }), ['evidence_held'], { at: autumn25 });
  rejects('row 13: evidence is not available', () => mentor('mentor', { evidence_held: '75-percent-engagement-met' }), ['evidence_held'], { at: autumn25 });
  rejects('row 14: withdrawn and deferred at one instant is withdrawn', () => ect('withdrawn and deferred at once', { declaration_date: '2024-10-10T10:00:00Z' }), ['participant_id']);
  rejects('row 15: frozen', () => ect('frozen, not eligible', { declaration_type: 'completed', declaration_date: '2024-05-10T10:00:00Z', evidence_held: 'other' }), ['cohort'], { at: autumn25 });
  rejects('row 16: no open statement', () => ect('no statement', { declaration_type: 'extended-1', declaration_date: '2025-09-10T10:00:00Z', evidence_held: 'other' }), ['cohort'], { by: () => b, at: autumn25 });
  rejects('row 17: not on this schedule', () => ect('untouched', { declaration_type: 'extended-1', evidence_held: 'other' }), ['declaration_type']);
  rejects('row 18: before an earlier type, or after a later one', () => ect('in sequence', { declaration_date: '2025-12-01T09:00:01Z', evidence_held: 'other' }), ['declaration_date'], { at: '2026-02-01 10:00' });
  rejects('row 19: no period with this provider', () => ect('not with B'), ['participant_id'], { by: () => b });
});

describe('consequences', () => {
  test('a blank participant_id is told alone, beside a malformed date only', async () => {
    await a.rejected({ evidence_held: 'other' }, ['participant_id']);
    await a.rejected({ declaration_type: 'nonsense', course_identifier: 'nonsense' }, ['participant_id']);
    await a.rejected({ participant_id: '', declaration_date: 'yesterday' }, ['participant_id', 'declaration_date']);
  });

  test('what is missing is told one at a time (lead-provider-api.md 3.3/7, 3.8/2)', async () => {
    const sent = { participant_id: participant('untouched') };
    await a.rejected({ ...sent }, ['course_identifier'], { at: autumn24 });
    sent.course_identifier = 'ecf-induction';
    await a.rejected({ ...sent }, ['declaration_date'], { at: autumn24 });
    sent.declaration_date = '2024-10-07T09:00:00Z';
    await a.rejected({ ...sent }, ['declaration_type'], { at: autumn24 });
  });

  test('evidence is reported beside rows 14 to 19, never beside earlier ones (lead-provider-api.md 3.8/3)', async () => {
    await a.rejected(ect('untouched', { declaration_type: 'extended-1', evidence_held: 'one-term-induction' }), ['evidence_held', 'declaration_type'], { at: autumn24 });
    await a.rejected(ect('untouched', { declaration_type: 'retained-1', declaration_date: '2024-10-20T09:00:01Z' }), ['declaration_date'], { at: autumn24 });
  });

  test('a duplicate does not hide a withdrawal', () =>
    a.rejected(ect('duplicate, withdrawn', { declaration_date: '2024-10-10T10:00:00Z' }), ['declaration_type', 'participant_id'], { at: autumn24 }));

  test('a duplicate does not hide a frozen contract period', () =>
    a.rejected(ect('duplicate, frozen', { declaration_date: '2022-10-21T09:00:00Z' }), ['declaration_type', 'cohort'], { at: autumn25 }));

  test('row 15 asks for the ongoing period of any provider, not the declaration\'s', async () => {
    const answer = await a.rejected(ect('frozen elsewhere now', { declaration_date: '2024-10-07T09:00:00Z' }), ['cohort'], { at: autumn25 });
    assert.match(answer.body.errors[0].detail, /2022/, 'quotes the year of the ongoing period');
  });

  test('a frozen period that has ended stops the eligible only, by row 16', async () => {
    const sent = { declaration_type: 'completed', declaration_date: '2024-05-10T10:00:00Z', evidence_held: 'other' };
    await a.rejected(ect('frozen period ended, eligible', sent), ['cohort'], { at: autumn25 });
    const made = await a.accepted(ect('frozen period ended, not eligible', sent), { at: autumn25 });
    assert.deepEqual([made.state, made.statement_id], ['submitted', null]);
    await a.rejected(ect('frozen period ends today', sent), ['cohort'], { at: autumn25 });
  });

  test('payments freeze at midnight of London', async () => {
    const sent = ect('frozen at midnight', { declaration_type: 'completed', declaration_date: '2024-05-10T10:00:00Z', evidence_held: 'other' });
    await a.rejected(sent, ['cohort'], { at: '2025-06-16 00:00' });
    assert.equal((await a.accepted(sent, { at: '2025-06-15 23:59' })).state, 'submitted');
  });

  test('deferred after withdrawn is deferred, and stops nothing', () =>
    a.accepted(ect('withdrawn, then deferred', { declaration_date: '2024-10-12T10:00:00Z' }), { at: autumn24 }));

  test('after a resume the newer period counts', async () => {
    const made = await a.accepted(ect('resumed', { declaration_date: '2024-10-06T10:00:00Z' }), { at: autumn24 });
    const { rows: [{ day }] } = await system.db.query(
      'select started_on::text as day from training_periods t join declarations d on d.training_period_id = t.id where d.api_id = $1', [made.id]);
    assert.equal(day, '2024-10-10');
  });

  test('the date need not lie in the period', () => a.accepted(ect('began later', { declaration_date: '2024-06-10T10:00:00Z' }), { at: autumn24 }));

  test('there is no sequence before 2025', () => a.accepted(ect('sequence free', { declaration_date: '2024-12-30T10:00:00Z' }), { at: '2025-02-01 10:00' }));

  test('somebody with both roles is declared for in each', async () => {
    const made = await a.accepted(mentor('both roles'), { at: autumn25 });
    assert.deepEqual([made.course_identifier, made.statement_id], ['ecf-mentor', statement(A, 2025, '2025-11')]);
    const ectMade = await a.accepted(ect('both roles', { declaration_date: '2023-10-07T09:00:00Z' }), { at: autumn24 });
    assert.deepEqual([ectMade.course_identifier, ectMade.statement_id], ['ecf-induction', statement(A, 2023, '2024-11')]);
  });

  test('participant_id in capital letters is the same person', async () => {
    const made = await a.accepted(ect('upper case', { participant_id: participant('upper case').toUpperCase() }), { at: autumn24 });
    assert.equal(made.participant_id, participant('upper case'));
  });

  test('numbers and booleans count as their text, unknown keys for nothing (lead-provider-api.md 3.3/5, 3.3/6)', async () => {
    await a.rejected(ect('numbers', { declaration_type: 1.50 }), ['declaration_type'], { at: autumn24 });
    await a.rejected(ect('numbers', { course_identifier: true }), ['course_identifier'], { at: autumn24 });
    await a.rejected(ect('numbers', { declaration_date: 20241007 }), ['declaration_date'], { at: autumn24 });
    await a.accepted(ect('numbers', { has_passed: false, nonsense: { a: [1] }, data: null }), { at: autumn24 });
  });
});

describe('3.4', () => {
  const good = [
    ['2024-10-07T09:00:00Z', '2024-10-07T09:00:00Z'],
    ['2024-10-07t09:00:00z', '2024-10-07T09:00:00Z'],
    ['2024-10-07T09:00:00.999999Z', '2024-10-07T09:00:00Z'],
    ['2024-10-07T09:00:00,5+01:00', '2024-10-07T08:00:00Z'],
    ['2024-10-07T09:00:00+0530', '2024-10-07T03:30:00Z'],
    ['2024-10-07T09:00:00-02', '2024-10-07T11:00:00Z'],
    ['2024-10-07T09:00:00', '2024-10-07T08:00:00Z'], // London, in summer
  ];
  good.forEach(([sent, shown], i) => test(`${sent} is ${shown}`, async () => {
    assert.equal((await a.accepted(ect(`format ${i}`, { declaration_date: sent }), { at: autumn24 })).declaration_date, shown);
  }));

  test('a local time that occurs twice is the first of the two', async () => {
    const made = await a.accepted(ect('format 7', { declaration_date: '2024-10-27T01:30:00' }), { at: '2024-10-30 10:00' });
    assert.equal(made.declaration_date, '2024-10-27T00:30:00Z');
  });

  for (const sent of ['2024-10-07', '2024-10-07T09:00Z', '2024-10-07 09:00:00Z', '2024-02-30T09:00:00Z', '2024-10-07T24:00:00Z', '2024-10-07T09:00:60Z',
    '2024-10-07T09:00:00+25:00', '2024-10-07T09:00:00.Z', '2024-10-07T09:00:00Zjunk', '24-10-07T09:00:00Z', '0000-00-00T00:00:00Z', 'now', '٢٠٢٤-10-07T09:00:00Z',
    '2024-10-07T09:00:00+01:0', '2024-10-07T09:00:00 +01:00', '99999-10-07T09:00:00Z']) {
    test(`${sent} is malformed`, () => a.rejected(ect('dates', { declaration_date: sent }), ['declaration_date'], { at: autumn24 }));
  }

  test('a local time that does not exist is malformed', () =>
    a.rejected(ect('dates', { declaration_type: 'retained-1', declaration_date: '2025-03-30T01:30:00', evidence_held: 'other' }), ['declaration_date'], { at: '2025-04-10 10:00' }));
});

describe('7.1', () => {
  /** Sends all at once, half of them through each front. */
  const atOnce = (sent) => Promise.all(sent.map((attributes, i) => a.send(attributes, { url: system.urls[i % 2] })));

  for (let i = 1; i <= 5; i++) {
    test(`the same at the same time makes one declaration (${i})`, async () => {
      const name = `once ${i}`;
      const answers = await atOnce(Array(24).fill(ect(name)));
      const good = answers.filter(({ status }) => status === 200);
      assert.ok(good.length > 0);
      assert.equal(new Set(good.map(({ text }) => text)).size, 1, 'all 200 carry the same body');
      for (const answer of answers) if (answer.status !== 200) assert.deepEqual([answer.status, ...titles(answer)], [422, 'declaration_type'], answer.text);
      const made = await declarations(name);
      assert.equal(made.length, 1);
      assert.equal(good[0].body.data.id, made[0].api_id);
      // The document's measure of "concurrent": accepted before the first one was decided. Nobody else gets 200.
      const { rows } = await system.db.query(
        `select o.http_status, s.accept_no < first.decided_no as concurrent
           from submissions s join submission_outcomes o on o.submission_id = s.id,
                (select o.decided_no from submission_outcomes o where o.submission_id = $1) as first
          where s.subject = (select s.subject from submissions s where s.id = $1)`, [made[0].submission_id]);
      assert.equal(rows.length, 24);
      for (const { http_status, concurrent } of rows) assert.equal(http_status, concurrent ? 200 : 422);
      const { rows: [{ count }] } = await system.db.query("select count(*)::int from events where event_type = 'teacher_declaration_created' and declaration_id = $1", [made[0].id]);
      assert.equal(count, 1, 'one event');
      await a.rejected(ect(name), ['declaration_type'], { at: '2024-10-21 10:00' });
    });
  }

  test('written otherwise it is still the same', async () => {
    const answers = await atOnce(Array(12).fill(0).map((_, i) => ect('once evidence', {
      declaration_date: i % 2 ? '2024-10-07T09:00:00Z' : '2024-10-07T10:00:00+01:00', evidence_held: ['other', undefined, 'nonsense'][i % 3],
      participant_id: i % 4 ? participant('once evidence') : participant('once evidence').toUpperCase(),
    })));
    const good = answers.filter(({ status }) => status === 200);
    assert.ok(good.length > 1, 'some of twelve are concurrent');
    assert.equal(new Set(good.map(({ text }) => text)).size, 1);
    assert.equal((await declarations('once evidence')).length, 1);
  });

  test('different attributes at the same time: one wins, the others are refused', async () => {
    const answers = await atOnce(Array(12).fill(0).map((_, i) => ect('once differing', { declaration_date: `2024-10-07T09:00:${String(i).padStart(2, '0')}Z` })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers) if (answer.status !== 200) assert.deepEqual([answer.status, ...titles(answer)], [422, 'declaration_type'], answer.text);
    assert.equal((await declarations('once differing')).length, 1);
  });

  test('who is second is shown the declaration as it is by then', async () => {
    const name = 'once moved', next = statement(A, 2024, '2024-11');
    // As if somebody recorded the induction as soon as the first is committed.
    await system.db.query(`
      create function becomes_eligible() returns trigger language plpgsql as $$
      begin
        update declarations set payment_status = 'eligible', payment_statement_id = (select id from statements where api_id = '${next}'), api_updated_at = api_updated_at + interval '9 s'
        where id = new.id;
        return null;
      end $$;
      create constraint trigger becomes_eligible after insert on declarations deferrable initially deferred for each row execute function becomes_eligible()`);
    const sent = [];
    try {
      await system.kill('validation', 'SIGTERM');
      for (let i = 0; i < 2; i++) sent.push((await a.send(ect(name), { headers: { prefer: 'respond-async' } })).headers.get('location'));
      await system.start('validation');
      await Promise.all(sent.map((location) => system.decided(location, a.token)));
    } finally {
      await system.db.query('drop trigger becomes_eligible on declarations; drop function becomes_eligible()');
    }
    const [first, second] = await Promise.all(sent.map((location) => system.decided(location, a.token)));
    assert.deepEqual([first, second].map(({ response: { status, body: { data } } }) => [status, data.id, data.attributes.state, data.attributes.statement_id]),
      [[200, first.resource.id, 'submitted', null], [200, first.resource.id, 'eligible', next]]);
    assert.deepEqual(second.response.body, (await a.get(`${DECLARATIONS}/${first.resource.id}`)).body, 'what GET shows (lead-provider-api.md 3.7/4)');
  });

  test('different evidence, where it is stored, is different', async () => {
    const url = await frontAt(system, london(autumn25));
    const kinds = ['other', 'training-event-attended', 'self-study-material-completed', 'materials-engaged-with-offline'];
    const answers = await Promise.all(Array(8).fill(0).map((_, i) => a.send(mentor('once mentor', { evidence_held: kinds[i % 4] }), { url })));
    const good = answers.filter(({ status }) => status === 200);
    assert.ok(good.length > 0);
    assert.equal(new Set(good.map(({ text }) => text)).size, 1);
    const winner = good[0].body.data.attributes.evidence_held;
    answers.forEach((answer, i) => assert.ok(answer.status === 422 || kinds[i % 4] === winner, 'only the winner\'s own evidence is merged'));
    assert.equal((await declarations('once mentor')).length, 1);
  });
});

test('no attempt on "untouched" has left anything', async () => {
  assert.deepEqual(await declarations('untouched'), []);
  const { rows } = await system.db.query('select * from events e join teachers t on t.id = e.teacher_id where t.api_id = $1', [participant('untouched')]);
  assert.deepEqual(rows, []);
});
