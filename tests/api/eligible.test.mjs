// declarations.md 5, 9.1 and 9.2: becoming eligible later, by an induction that is recorded and by running the step again, and
// what `ecf2ctl induction` and `ecf2ctl eligibility` say.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bin } from '../support/cluster.mjs';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, ctlAt, london } from './client.mjs';
import { A, B, C, D, participant, statement, trn, world } from './world.mjs';

const autumn24 = '2024-10-20 10:00';
const BODY = 'Body of the North';

let system, a, b, c, d;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london(autumn24) } });
  [a, b, c, d] = [A, B, C, D].map((name) => new Provider(system, name));
  await system.db.query("insert into appropriate_bodies (name, body_type) values ($1, 'teaching_school_hub')", [BODY]);
});
after(() => system?.stop());

const ect = (name, declaration_type = 'started', declaration_date = '2024-10-07T09:00:00Z', evidence_held = 'other') => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type, declaration_date, evidence_held,
});
const mentor = (name, ...more) => ({ ...ect(name, ...more), course_identifier: 'ecf-mentor' });

const one = async (text, values) => (await system.db.query(text, values)).rows[0];
const teacher = (name) => one('select * from teachers where api_id = $1', [participant(name)]);
const marker = async (name, role = 'ect') => (await one(
  'select first_became_eligible_for_training_at as at from training_records r join teachers t on t.id = r.teacher_id where t.api_id = $1 and role = $2', [participant(name), role])).at;
const events = async (name, type = '%') => (await system.db.query(
  `select e.* from events e join teachers t on t.id = e.teacher_id where t.api_id = $1 and e.event_type like $2
     and e.event_type not in ('teacher_declaration_created', 'teacher_declaration_voided') order by e.id`, [participant(name), type])).rows;
const shown = async (provider, id) => (await provider.get(`${DECLARATIONS}/${id}`)).body.data.attributes;

const induction = (who, from, ...more) => ['induction', 'record', who, '--appropriate-body', BODY, '--from', from, ...more];

describe('an induction is recorded', () => {
  test('whatever waits in the role, with whomever, goes onto its own provider\'s next output statement', async () => {
    const name = 'eligible by two';
    const first = await c.accepted(ect(name), { at: autumn24 });
    const second = await d.accepted(ect(name, 'retained-1', '2025-02-20T10:00:00Z'), { at: '2025-03-01 10:00' });
    assert.deepEqual([first.state, second.state], ['submitted', 'submitted']);
    const before = await teacher(name);

    const said = await ctlAt(system, '2025-03-03 10:00', induction(participant(name), '2024-09-02'));
    assert.match(said.stdout, /^induction period \d+ is recorded\neligible from now on; 2 declarations became eligible\n$/);
    assert.equal((await marker(name)).toISOString(), '2025-03-03T10:00:00.000Z');
    for (const [provider, made, lp] of [[c, first, C], [d, second, D]]) {
      const now = await shown(provider, made.id);
      const { id, updated_at, ...rest } = made;
      assert.deepEqual({ ...rest, state: 'eligible', statement_id: statement(lp, 2024, '2025-04') }, Object.fromEntries(Object.entries(now).filter(([key]) => key !== 'updated_at')), 'all else is as it was');
      assert.equal(now.updated_at.slice(0, 16), '2025-03-03T10:00', 'what updated_since compares has moved with the clock');
    }
    const stored = await one('select array_agg(distinct payment_status::text) as statuses, array_agg(distinct d.updated_at) as times from declarations d where teacher_id = $1', [before.id]);
    assert.deepEqual([stored.statuses, stored.times.map((time) => time.toISOString())], [['eligible'], ['2025-03-03T10:00:00.000Z']]);

    const [opened, ...told] = await events(name);
    const { id: period } = await one('select * from induction_periods where teacher_id = $1', [before.id]);
    const { id: body } = await one('select id from appropriate_bodies where name = $1', [BODY]);
    assert.deepEqual([opened.event_type, opened.author_type, opened.heading, opened.induction_period_id, opened.appropriate_body_id, opened.happened_at.toISOString()],
      ['induction_period_opened', 'system', `Case ${name} was claimed by ${BODY}`, period, body, '2024-09-01T23:00:00.000Z']);
    const { rows: declared } = await system.db.query('select id, training_period_id from declarations where teacher_id = $1 order by id', [before.id]);
    assert.deepEqual(told.map((event) => [event.event_type, event.author_type, event.declaration_id, event.training_period_id, event.happened_at.toISOString()]), [
      ...declared.map(({ id, training_period_id }) => ['teacher_declaration_eligible', 'system', id, training_period_id, '2025-03-03T10:00:00.000Z']),
      ['teacher_funding_eligibility_set', 'system', null, null, '2025-03-03T10:00:00.000Z'],
    ], '7.1: per declaration, then the marker');
    assert.deepEqual(told[2].modifications, ["First became eligible for training at set to '3 Mar 2025'"]);
    assert.deepEqual(told.map(({ heading }) => heading),
      [`Case ${name}'s started declaration was marked eligible`, `Case ${name}'s retained-1 declaration was marked eligible`, `Case ${name}'s ECT eligibility was set`]);

    const { rows: changes } = await system.db.query('select *, effective_on::text as day from eligibility_changes where teacher_id = $1', [before.id]);
    assert.deepEqual(changes.map((change) => [change.role, change.aspect, change.eligible, change.day, change.reason, change.cause_kind, change.cause_id, change.recorded_by, change.evidence.declarations]),
      [['ect', 'training', true, '2025-03-03', 'induction_recorded', 'induction_period', period, 'ecf2ctl', [first.id, second.id]]]);
    const now = await teacher(name);
    assert.ok(now.api_updated_at > before.api_updated_at && now.api_updated_at.toISOString().startsWith('2025-03-03T10:00'));
    assert.equal(now.updated_at.toISOString(), '2025-03-03T10:00:00.000Z');
    assert.deepEqual(now.api_unfunded_mentor_updated_at, before.api_unfunded_mentor_updated_at);
  });

  test('what is voided stays so, and what comes later is eligible at once', async () => {
    const name = 'eligible voided';
    const made = await a.accepted(ect(name), { at: autumn24 });
    await a.voided(made.id, { at: autumn24 });
    const said = await ctlAt(system, '2024-10-21 10:00', induction(trn(name), '2024-09-02'));
    assert.match(said.stdout, /eligible from now on; 0 declarations/);
    assert.equal((await shown(a, made.id)).state, 'voided');
    assert.deepEqual((await events(name)).map(({ event_type }) => event_type), ['induction_period_opened', 'teacher_funding_eligibility_set']);
    assert.equal((await a.accepted(ect(name), { at: '2024-10-22 10:00' })).state, 'eligible');
  });

  test('one that does not contain today makes nobody eligible; one that does, does, and no third makes it twice', async () => {
    const name = 'eligible not today';
    const made = await a.accepted(ect(name), { at: autumn24 });
    const said = await ctlAt(system, autumn24, induction(participant(name), '2024-09-02', '--until', '2024-10-19', '--terms', '0.5', '--programme', 'school_led'));
    assert.match(said.stdout, /no declaration moves: has no induction period that contains today/);
    assert.deepEqual([await marker(name), (await shown(a, made.id)).state], [null, 'submitted']);
    const stored = await one('select *, started_on::text as s, finished_on::text as f from induction_periods i join teachers t on t.id = i.teacher_id where t.api_id = $1', [participant(name)]);
    assert.deepEqual([stored.s, stored.f, stored.number_of_terms, stored.training_programme, stored.induction_programme, stored.outcome], ['2024-09-02', '2024-10-19', '0.5', 'school_led', 'unknown', null]);

    await ctlAt(system, autumn24, induction(participant(name), '2024-10-20', '--until', '2024-10-20', '--terms', '0'));
    assert.deepEqual([(await marker(name)).toISOString(), (await shown(a, made.id)).state], ['2024-10-20T09:00:00.000Z', 'eligible']);
    const again = await ctlAt(system, '2024-10-22 10:00', induction(participant(name), '2024-10-21'));
    assert.match(again.stdout, /no declaration moves: is eligible already/);
    assert.equal((await marker(name)).toISOString(), '2024-10-20T09:00:00.000Z', 'set once');
    assert.equal((await events(name, 'teacher_funding%')).length, 1);
  });

  test('the statement\'s state is not asked for', async () => {
    const name = 'eligible payable';
    const made = await a.accepted(ect(name), { at: autumn24 });
    const set = async (status) => system.db.query(
      `begin; set local session_replication_role = replica; update statements set status = '${status}' where api_id = '${statement(A, 2024, '2025-01')}'; commit`);
    await set('payable');
    try {
      await ctlAt(system, '2024-12-31 10:00', induction(participant(name), '2024-09-02'));
    } finally {
      await set('open');
    }
    assert.deepEqual([(await shown(a, made.id)).state, (await shown(a, made.id)).statement_id], ['eligible', statement(A, 2024, '2025-01')], 'and its deadline may be today');
  });

  test('twice at once: it is recorded once', async () => {
    const name = 'eligible at once';
    await a.accepted(ect(name), { at: autumn24 });
    const said = await Promise.all([1, 2, 3].map(() => system.ctlBeside(induction(participant(name), '2024-09-02'))));
    assert.deepEqual(said.map(({ status }) => status).sort(), [0, 2, 2]);
    for (const { status, stderr } of said) if (status === 2) assert.match(stderr, /\(overlap_start\)/);
    assert.equal((await events(name, 'teacher_declaration_eligible')).length, 1);
  });
});

test('all or nothing: without a statement for one, no declaration moves; the induction is kept, and support sees why', async () => {
  const name = 'eligible nowhere', at = '2025-10-01 10:00';
  const made = await b.accepted(ect(name, 'extended-1', '2025-09-10T10:00:00Z'), { at });
  const other = await a.accepted(ect(name), { at }); // which has a statement
  const { id } = await teacher(name);

  const said = await ctlAt(system, at, induction(participant(name), '2023-09-04'));
  assert.match(said.stdout, /^induction period \d+ is recorded\nNOT eligible: has a declaration for which there is no output statement/);
  assert.deepEqual([await marker(name), (await shown(b, made.id)).state, (await shown(a, other.id)).state], [null, 'submitted', 'submitted']);
  assert.ok(await one('select from induction_periods where teacher_id = $1', [id]));
  const [, failure, ...rest] = await events(name);
  assert.deepEqual([rest, failure.event_type, failure.author_type, failure.happened_at.toISOString()], [[], 'teacher_funding_eligibility_not_set', 'system', '2025-10-01T09:00:00.000Z']);
  assert.deepEqual(failure.metadata, {
    role: 'ect', declarations: [made.id, other.id], without_statement: [made.id], rule: 'declarations.md 5',
    reason: 'has a declaration for which there is no output statement whose deadline has not passed',
  });
  assert.deepEqual((await system.db.query("select from eligibility_changes where teacher_id = $1 and aspect = 'training'", [id])).rows, []);

  const listed = system.ctl('eligibility', 'list');
  assert.deepEqual([listed.status, listed.stdout.trim().split('\n').length], [0, 1]);
  assert.match(listed.stdout, new RegExp(`^${participant(name)}  ect  since 2025-10-01 .*no output statement.* \\(2 declarations\\)`));
  const still = await ctlAt(system, at, ['eligibility', 'rerun', '--all'], 1);
  assert.match(still.stderr, new RegExp(`^${participant(name)}  ect  has a declaration for which there is no output statement`));
  assert.equal((await events(name, '%not_set')).length, 1, 'that it fails is kept once');

  // Its cause is mended: the contract gets one more output statement.
  const { api_id } = await one(
    `insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
     select contract_id, lead_provider_id, contract_period_year, 2027, 11, 'output', '2027-10-31', '2027-11-25' from statements s join lead_providers p on p.id = s.lead_provider_id
      where p.name = $1 and contract_period_year = 2023 limit 1 returning api_id`, [B]);
  const mended = await ctlAt(system, '2025-10-02 10:00', ['eligibility', 'rerun', '--all']);
  assert.match(mended.stdout, /eligible from now on; 2 declarations became eligible/);
  assert.equal((await shown(a, other.id)).statement_id, statement(A, 2024, '2025-11'));
  assert.deepEqual([(await shown(b, made.id)).state, (await shown(b, made.id)).statement_id], ['eligible', api_id]);
  assert.equal((await marker(name)).toISOString(), '2025-10-02T09:00:00.000Z');
  assert.deepEqual((await events(name)).map(({ event_type }) => event_type),
    ['induction_period_opened', 'teacher_funding_eligibility_not_set', 'teacher_declaration_eligible', 'teacher_declaration_eligible', 'teacher_funding_eligibility_set']);
  assert.equal((await one("select cause_kind from eligibility_changes where teacher_id = $1 and aspect = 'training'", [id])).cause_kind, 'support');
  assert.equal(system.ctl('eligibility', 'list').stdout, 'nobody waits for this\n');
  await ctlAt(system, at, ['eligibility', 'rerun', '--all']);
});

describe('a mentor (9.2)', () => {
  const at = '2026-02-20 10:00';
  const started = (name) => a.accepted(mentor(name, 'started', '2025-10-06T09:00:00Z'), { at });

  test('with a training period: the marker, and the declaration', async () => {
    const name = 'eligible mentor';
    const made = await started(name);
    assert.equal(made.state, 'submitted');
    const said = await ctlAt(system, at, ['eligibility', 'rerun', trn(name), '--role', 'mentor']);
    assert.match(said.stdout, /mentor  eligible from now on; 1 declarations became eligible/);
    assert.deepEqual([(await shown(a, made.id)).state, (await shown(a, made.id)).statement_id], ['eligible', statement(A, 2025, '2026-04')]);
    assert.equal((await events(name)).at(-1).heading, `Case ${name}'s mentor eligibility was set`);
    const again = await ctlAt(system, at, ['eligibility', 'rerun', participant(name), '--role', 'mentor']);
    assert.match(again.stdout, /is eligible already/);
  });

  test('whose funding has ended is refused, and nothing is kept of it', async () => {
    const name = 'eligible mentor ended';
    const made = await started(name);
    await system.db.query(`update training_records set became_ineligible_for_funding_on = '2021-04-19', became_ineligible_for_funding_reason = 'completed_during_early_roll_out'
      where teacher_id = $1`, [(await teacher(name)).id]);
    const said = await ctlAt(system, at, ['eligibility', 'rerun', participant(name), '--role', 'mentor'], 1);
    assert.match(said.stderr, /is no longer eligible for funding as a mentor/);
    assert.deepEqual([await marker(name, 'mentor'), (await shown(a, made.id)).state, await events(name)], [null, 'submitted', []]);
  });

  test('an induction is nothing to the mentor that somebody is too, nor the other way round', async () => {
    const name = 'eligible both';
    const made = await started(name);
    await ctlAt(system, at, induction(participant(name), '2025-09-02'));
    assert.deepEqual([await marker(name, 'mentor'), (await shown(a, made.id)).state], [null, 'submitted']);
    assert.equal((await marker(name, 'ect')).toISOString(), '2023-09-10T09:00:00.000Z');
    const said = await ctlAt(system, at, ['eligibility', 'rerun', participant('eligible refused'), '--role', 'mentor'], 1);
    assert.match(said.stderr, /never had this role/);
  });
});

test('only the marker is asked for: an ECT who is exempt since is declared for all the same', async () => {
  const name = 'eligible and exempt';
  await system.db.query("update training_records set became_ineligible_for_funding_on = '2024-10-01' where teacher_id = $1", [(await teacher(name)).id]);
  assert.equal((await a.accepted(ect(name), { at: autumn24 })).state, 'eligible');
});

describe('what is refused', () => {
  const who = () => participant('eligible refused');
  const nothing = async () => assert.deepEqual((await system.db.query(
    'select from induction_periods i join teachers t on t.id = i.teacher_id where t.api_id = $1', [who()])).rows, []);

  for (const [what, from, more, codes] of [
    ['the future', '2024-10-21', [], ['start_in_future']],
    ['before there were inductions', '1999-08-31', [], ['start_before_1999']],
    ['an end before its start', '2024-09-02', ['--until', '2024-09-01', '--terms', '1'], ['end_before_start']],
    ['an end without terms, in the future', '2024-09-02', ['--until', '2024-10-21'], ['end_in_future', 'terms_blank']],
    ['terms without an end', '2024-09-02', ['--terms', '3'], ['terms_without_end']],
    ['half numbers', '2024-09-02', ['--until', '2024-10-01', '--terms', '3.45'], ['terms_decimals']],
    ['no programme', '2024-09-02', ['--programme', 'cip'], ['programme_invalid']],
    ['no day', '2024-02-30', ['--until', 'x'], ['start_invalid', 'end_invalid']],
    ['nothing', '', [], ['start_blank']],
  ]) {
    test(what, async () => {
      const { stderr } = await ctlAt(system, autumn24, induction(who(), from, ...more), 2);
      assert.deepEqual([...stderr.matchAll(/\((\w+)\)$/gm)].map(([, code]) => code), codes, stderr);
      await nothing();
    });
  }

  test('before qualified teacher status', async () => {
    await system.db.query("update teachers set trs_qts_awarded_on = '2024-09-03' where api_id = $1", [who()]);
    assert.match((await ctlAt(system, autumn24, induction(who(), '2024-09-02'), 2)).stderr, /start_before_qts/);
    await nothing();
  });

  test('nobody, no body', async () => {
    for (const [person, body, fields] of [['0000000', BODY, ['teacher']], ['x', 'Nobody', ['teacher', 'appropriate_body']], [participant('W01').replace(/^.{8}/, '00000000'), BODY, ['teacher']]]) {
      const { stderr } = await ctlAt(system, autumn24, ['induction', 'record', person, '--appropriate-body', body, '--from', '2024-09-02'], 2);
      assert.deepEqual([...stderr.matchAll(/^ecf2ctl: (\w+): .*\(not_found\)$/gm)].map(([, field]) => field), fields, stderr);
    }
    assert.match((await ctlAt(system, autumn24, ['eligibility', 'rerun', '0000000', '--role', 'ect'], 2)).stderr, /nobody has this/);
  });

  test('what is no command', () => {
    for (const args of [['induction'], ['induction', 'record'], ['induction', 'record', 'x', '--from', '2024-09-02'], ['induction', 'record', 'x', '--appropriate-body', BODY],
      [...induction('x', '2024-09-02'), '--until'], [...induction('x', '2024-09-02'), '--x', 'y'], ['eligibility'], ['eligibility', 'rerun'], ['eligibility', 'rerun', 'x'],
      ['eligibility', 'rerun', 'x', '--role', 'x'], ['eligibility', 'list', 'x']]) {
      const said = system.ctl(...args);
      assert.deepEqual([said.status, /usage: ecf2ctl (induction|eligibility) /.test(said.stderr)], [2, true], args.join(' '));
    }
  });
});

test('what the operator is told is no older than any cached answer: it waits 2 s after its commit (PL-52)', async () => {
  const name = 'eligible early';
  await a.accepted(ect(name), { at: autumn24 });
  await ctlAt(system, autumn24, induction(participant(name), '2024-09-02'));
  const told = Date.now();
  const { created_at } = (await events(name, 'teacher_funding_eligibility_set'))[0];
  assert.ok(told - created_at >= 2000, `${told - created_at} ms`);
});

test('nor is what a rerun says of those who moved, on a terminal that shows each line as it comes', async () => {
  const name = 'eligible mentor early', at = '2026-02-20 10:00';
  await a.accepted(mentor(name, 'started', '2025-10-06T09:00:00Z'), { at });
  const command = [join(bin, 'ecf2ctl'), 'eligibility', 'rerun', participant(name), '--role', 'mentor'].join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: system.environment({ ECF2_CLOCK: london(at) }), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close'), [said] = await once(child.stdout, 'data'), told = Date.now();
  assert.match(String(said), /mentor  eligible from now on; 1 declarations became eligible/);
  const { created_at } = (await events(name, 'teacher_funding_eligibility_set'))[0];
  assert.ok(told - created_at >= 2000, `${told - created_at} ms`);
  assert.deepEqual(await ended, [0, null]);
});
