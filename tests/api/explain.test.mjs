// `ecf2ctl explain`: why a submission is as it is (submissions.md 8).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { Provider, london } from './client.mjs';
import { A, B, C, D, participant, statement, world } from './world.mjs';

const autumn24 = '2024-10-20 10:00';

let system, a, b, c, d;
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }, env: { ECF2_CLOCK: london(autumn24), ECF2_REQUEST_CLOCK: 'on' } });
  [a, b, c, d] = [A, B, C, D].map((name) => new Provider(system, name));
});
after(() => system?.stop());

const ect = (name, declaration_type = 'started', declaration_date = '2024-10-07T09:00:00Z', evidence_held = 'other') => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type, declaration_date, evidence_held,
});
const at = (time, more) => ({ headers: { 'x-with-server-date': london(time), ...more } });

/** The id of the newest submission. */
const newest = async () => (await system.db.query('select id from submissions order by accept_no desc limit 1')).rows[0].id;

function explain(id) {
  const { status, stdout, stderr } = system.ctl('explain', id, '--json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}
const told = (id) => {
  const { status, stdout, stderr } = system.ctl('explain', id);
  assert.equal(status, 0, stderr);
  return stdout;
};
const row = (shown, number) => shown.rules.find(({ rule }) => rule.endsWith(`/${number}`));

/** Declares, and gives the answer beside what is told of it. */
async function declared(provider, attributes, time = autumn24, headers = {}) {
  const answer = await provider.send(attributes, at(time, headers));
  const id = await newest();
  return { id, answer, shown: explain(id), text: told(id) };
}

describe('decided', () => {
  test('an accepted one: who, when, what for, every rule, and what it wrote', async () => {
    const key = randomUUID();
    const { id, answer, shown, text } = await declared(a, ect('W01'), autumn24, { 'idempotency-key': key });
    assert.equal(answer.status, 200, answer.text);
    const { submission, outcome } = shown;
    assert.deepEqual([submission.id, submission.kind, submission.caller, submission.caller_type, submission.mode, submission.batch_id, submission.line],
      [id, 'declaration.create', A, 'lead_provider', 'wait', null, null]);
    assert.deepEqual([submission.as_of, submission.sent.participant_id], ['2024-10-20T09:00:00Z', participant('W01')]);
    assert.deepEqual([shown.state, shown.idempotency_key, shown.errors, shown.dead_letters, shown.waits_for, shown.doubt], ['decided', key, [], [], [], null]);
    assert.deepEqual([outcome.result, outcome.response, outcome.resource], ['succeeded', { status: 200, body: answer.body }, { type: 'participant-declaration', id: answer.body.data.id }]);
    assert.deepEqual([shown.running_rules_version, outcome.rules_version], [1, 1]);
    assert.equal(shown.rules.length, 19);
    assert.deepEqual(shown.rules.filter(({ result }) => result !== 'passed').map(({ rule, result }) => [rule, result]), [['declarations.md 3.3/12', 'skipped']]);
    assert.deepEqual([shown.effects.payment_status, shown.effects.statement_id, shown.effects.evidence, shown.effects.pupil_premium_uplift, shown.effects.eligibility.reason],
      ['eligible', statement(A, 2024, '2024-11'), null, true, 'eligible_for_training']);
    assert.match(text, new RegExp(`^${id}  declaration.create$`, 'm'));
    assert.match(text, new RegExp(`^  key +${key}$`, 'm'));
    assert.match(text, /^DECIDED {2}\S+Z: succeeded, status 200, participant-declaration /m);
    assert.match(text, /^ {2}passed +declarations\.md 3\.3\/9 +declaration_date +declaration_date=2024-10-07T09:00:00Z {2}now=2024-10-20T09:00:00Z$/m);
    assert.match(text, /^ {2}payment_status +eligible$/m);
  });

  test('a rejected one: the rule that failed and what it saw', async () => {
    const { shown, text } = await declared(a, ect('W19', 'started', '2024-10-20T09:00:01Z'));
    assert.deepEqual([shown.outcome.result, shown.outcome.fired, shown.effects, shown.doubt], ['rejected', ['declarations.md 3.3/9'], null, null]);
    assert.deepEqual(row(shown, 9), { rule: 'declarations.md 3.3/9', result: 'failed', title: 'declaration_date', saw: { declaration_date: '2024-10-20T09:00:01Z', now: '2024-10-20T09:00:00Z' } });
    assert.match(text, /^ {2}FAILED +declarations\.md 3\.3\/9 /m);
    assert.match(text, /^DECIDED .*rejected, status 422$/m);
  });

  test('what somebody sent does not reach the terminal as it is', async () => {
    const { shown, text } = await declared(a, ect('W19', '\u001b[2J\u009b2Jé'));
    assert.equal(shown.submission.sent.declaration_type, '\u001b[2J\u009b2Jé');
    assert.match(text, /declaration_type=\\u001B\[2J\\u009B2J\\u00E9/);
    assert.match(text, /^[\x20-\x7e\n]*$/);
  });

  test('support sees what a provider does not: whose participant it is, and another provider\'s declaration', async () => {
    assert.deepEqual([2, 19].map((number) => row(explain(idOf.theirs), number).result), ['passed', 'failed']);
    const { saw } = row(explain(idOf.duplicate), 8);
    assert.deepEqual(saw.existing_declaration, { id: idOf.declaration, declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', of_another_lead_provider: true });
  });
  const idOf = {};
  before(async () => {
    await b.send(ect('W21'), at(autumn24));
    idOf.theirs = await newest();
    idOf.declaration = (await c.accepted(ect('W17'), at(autumn24))).id;
    await d.send(ect('W17', 'started', '2024-11-07T09:00:00Z'), at('2025-03-01 10:00'));
    idOf.duplicate = await newest();
  });

  test('a void, and one that was refused', async () => {
    const { id } = await a.accepted(ect('W29'), at(autumn24));
    await a.void(id, at('2024-10-22 10:00'));
    const voided = explain(await newest());
    assert.deepEqual([voided.submission.kind, voided.rules.map(({ result }) => result), voided.effects.payment_status, voided.doubt],
      ['declaration.void', ['passed', 'passed', 'passed', 'passed'], 'voided', null]);
    await a.void(id, at('2024-10-22 10:00'));
    const refused = explain(await newest());
    assert.deepEqual([refused.rules.map(({ result }) => result), refused.rules[1].saw, refused.outcome.fired],
      [['passed', 'failed', 'skipped', 'skipped'], { state: 'voided' }, ['lead-provider-api.md 7.3/V3']]);
    await b.void(id, at('2024-10-22 10:00'));
    assert.equal(explain(await newest()).rules[0].result, 'failed');
  });

  test('it judges at the instant of then, on the facts of then', async () => {
    const { id, shown } = await declared(a, ect('W04', 'retained-1', '2025-01-15T09:00:00Z'), '2025-03-31 10:00');
    await system.db.query('set session_replication_role = replica');
    await system.db.query(`delete from milestones where declaration_type = 'retained-1' and schedule_id = (select t.schedule_id from training_periods t join teachers p on p.id = t.teacher_id where p.api_id = $1)`, [participant('W04')]);
    await system.db.query('reset session_replication_role');
    assert.deepEqual(explain(id).rules, shown.rules);
  });

  test('another version of the rules decided: it says so', async () => {
    const { id } = await declared(a, ect('W19', 'nonsense'));
    await alter(id, 'rules_version = 7');
    assert.match(explain(id).doubt, /^another version decided/);
    assert.match(told(id), /^RULES {2}version 7 decided, version 1 is shown: another version decided/m);
  });

  test('other rules fired then, or the facts cannot be read: it says so', async () => {
    const { id } = await declared(a, ect('W19', 'nonsense'));
    await alter(id, `fired = '{"declarations.md 3.3/8"}'`);
    assert.match(explain(id).doubt, /^other rules fired/);
    await alter(id, `facts = '{"teacher": 5}'`);
    const shown = explain(id);
    assert.match(shown.doubt, /facts/);
    assert.equal(shown.rules, undefined);
    assert.match(told(id), /^RULES .*facts/m);
  });
  /** Outcomes are never changed; but they may be of another version. */
  async function alter(id, what) {
    await system.db.query('set session_replication_role = replica');
    await system.db.query(`update submission_outcomes set ${what} where submission_id = $1`, [id]);
    await system.db.query('reset session_replication_role');
  }
});

describe('not decided', () => {
  const async = async (attributes) => (await a.send(attributes, at(autumn24, { prefer: 'respond-async' }))).headers.get('location').split('/').pop();

  test('received, behind an earlier one of its person', async () => {
    system.pause('validation');
    try {
      const [first, second, other] = [await async(ect('async')), await async(ect('async', 'retained-1')), await async(ect('waits'))];
      assert.deepEqual(explain(first).waits_for, []);
      assert.deepEqual(explain(second).waits_for.map(({ id, kind }) => [id, kind]), [[first, 'declaration.create']]);
      assert.deepEqual(explain(other).waits_for, []);
      assert.match(told(first), /^RECEIVED {2}It is stored and on its way/m);
      assert.match(told(second), new RegExp(`^  waits for +${first} `, 'm'));
      assert.equal(explain(first).rules, undefined);
      assert.deepEqual([explain(first).state, explain(first).outcome], ['received', null]);

      // what rests or is dead holds nobody
      await system.db.query(`insert into submission_stages (accepted_at, submission_id, stage, attempt, worker, duration_us, detail) values (uuid_v7_time($1), $1, 'payments', 1, 'payments-1', 5, '{"reason":"it broke"}')`, [first]);
      assert.deepEqual(explain(second).waits_for.length, 1);
      assert.match(told(first), /^ {2}error +\S+Z: payments, attempt 1, by payments-1: \{"reason":"it broke"\}$/m);
      assert.match(told(first), /^RECEIVED {2}The stage payments failed last/m);
      await system.db.query(`insert into submission_stages (accepted_at, submission_id, stage, attempt, worker, duration_us) values (uuid_v7_time($1), $1, 'records', 1, 'records-1', 5)`, [first]);
      assert.deepEqual([explain(first).state, explain(second).waits_for], ['awaiting_teaching_record', []]);
      assert.match(told(first), /^AWAITING TEACHING RECORD /m);
      await system.db.query(`insert into submission_dead_letters (submission_id, stage, attempts, reason) values ($1, 'payments', 5, 'too old')`, [first]);
      assert.deepEqual([explain(first).state, explain(first).dead_letters.map(({ reason }) => reason)], ['dead', ['too old']]);
      assert.match(told(first), new RegExp(`^DEAD .*ecf2ctl dead retry ${first}`, 'm'));
      assert.equal(system.ctl('dead', 'drop', first).status, 0);
      const dropped = explain(first);
      assert.deepEqual([dropped.state, dropped.outcome.result, dropped.rules, dropped.doubt], ['decided', 'failed', undefined, undefined]);
      assert.match(told(first), /^DECIDED .*failed, status 500$/m);
      assert.match(told(first), /^ {2}dead .*too old; dropped /m);
    } finally {
      system.proceed('validation');
    }
  });
});

describe('what is no submission', () => {
  test('an id that does not exist', () => {
    const id = '01936f2e-0000-7000-8000-000000000000';
    const { status, stdout, stderr } = system.ctl('explain', id);
    assert.deepEqual([status, stdout, stderr], [1, '', `ecf2ctl: there is no submission ${id}: it was never accepted, or is no longer kept\n`]);
  });

  test('a batch', async () => {
    const { rows: [{ id }] } = await system.db.query(
      `insert into submission_batches (id, caller_type, caller_id, kind, line_count, accepted_at)
       select id, 'lead_provider', 1, 'declaration.create', 3, uuid_v7_time(id) from (select uuid_v7() as id) as made returning id`);
    const { status, stderr } = system.ctl('explain', id);
    assert.deepEqual([status, stderr], [1, `ecf2ctl: ${id} is a batch of 3 lines; each line has an id of its own\n`]);
  });

  test('nonsense, and a wrong command line', () => {
    for (const args of [['nonsense'], ['7b14347f-353b-4160-8f5e-14d2a270a26f'], [], ['a', 'b'], ['01936f2e-0000-7000-8000-000000000000', '--jso'], ['01936f2e-0000-7000-8000-000000000000', '--json', 'x']]) {
      const { status, stdout, stderr } = system.ctl('explain', ...args);
      assert.deepEqual([status, stdout], [2, ''], stderr);
    }
    assert.match(system.ctl('help', 'explain').stdout, /explain ID \[--json\]/);
  });
});
