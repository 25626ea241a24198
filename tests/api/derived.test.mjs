// What is derived from other rows (schema/README.md): `ecf2ctl verify derived` finds whatever is kept otherwise; the nightly
// refresh repairs it and tells what the calendar has not done; partnerships move on the days on which people begin and finish
// (lead-provider-api.md 3.13, data-model-operations.md DM-36, pipeline.md section 3 and PL-23).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { startSystem, until } from '../support/system.mjs';
import { london, schedulersAt } from './client.mjs';
import { A, C, D, participant, trn, world } from './world.mjs';

let system, breaker;
before(async () => {
  system = await startSystem({ world: world(), workers: { query: 1, scheduler: 1 }, env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  breaker = await connect(system.cluster, system.database);
  await breaker.query('set session_replication_role = replica'); // neither trigger nor foreign key
  await refreshed('2024-10-20T00:00:00Z');
});
after(async () => {
  await breaker?.end();
  await system?.stop();
});

const one = async (sql, ...values) => (await system.db.query(sql, values)).rows[0];
const teacherId = async (name) => (await one('select id from teachers where api_id = $1', participant(name))).id;
const providerId = async (name) => (await one('select id from lead_providers where name = $1', name)).id;

/** `ecf2ctl verify derived --json`: its status and what it says. */
function verify() {
  const { status, stdout, stderr } = system.ctl('verify', 'derived', '--json');
  assert.equal(stderr, '');
  return { status, ...JSON.parse(stdout) };
}
const told = ({ table, column, moves_with_time }) => `${table} ${column}${moves_with_time ? ', moves with time' : ''}`;

const done = (job) => async (due) => until(`${job} of ${due} is not done`, async () => (await one(
  'select last_due_at >= $2 as done from job_runs where job = $1', job, due))?.done);
const refreshed = done('derived_refreshed');
const touched = done('partnerships_touched');
/** Log events of the scheduler since there were so many. */
const events = (name) => system.logs('scheduler').split('\n').filter((line) => line.includes(`"event":"${name}"`)).map((line) => JSON.parse(line));

test('a world that was imported is as it is computed', () => {
  const { status, differences, drifted, moved_with_time } = verify();
  assert.deepEqual([status, differences, drifted, moved_with_time], [0, [], 0, 0]);
  const said = system.ctl('verify', 'derived');
  assert.equal(said.status, 0);
  assert.match(said.stdout, /^0 differences/);
  for (const words of [[], ['everything'], ['derived', '--all'], ['derived', '--json', '--json']]) assert.equal(system.ctl('verify', ...words).status, 2, words.join(' '));
});

// Each breaks one row, is found, and is undone.
const copies = {
  'a training period of another teacher': ['training_periods', 'teacher_id', 'select min(id) from training_periods', 'teacher_id + 1'],
  'a training period of another provider': ['training_periods', 'lead_provider_id', 'select min(id) from training_periods', 'lead_provider_id % 4 + 1'],
  'a mentorship of another school': ['mentorship_periods', 'school_id', 'select min(id) from mentorship_periods', 'school_id + 1'],
  'a partnership of another provider': ['school_partnerships', 'lead_provider_id', 'select max(id) from school_partnerships', 'lead_provider_id % 4 + 1'],
  'a delivery partnership of another year': ['delivery_partnerships', 'contract_period_year', 'select max(id) from delivery_partnerships', '2030'],
  'a contract of another provider': ['contracts', 'lead_provider_id', 'select max(id) from contracts', 'lead_provider_id % 4 + 1'],
  'band terms of another contract period': ['contract_band_terms', 'provider_contract_period_id', 'select max(id) from contract_band_terms', 'provider_contract_period_id + 1'],
  'a statement of another year': ['statements', 'contract_period_year', 'select max(id) from statements', '2030'],
  'a declaration of the other role': ['declarations', 'role', 'select min(id) from declarations', "(case role when 'ect' then 'mentor' else 'ect' end)::participant_role"],
  'a school that is not eligible': ['gias_schools', 'eligible', 'select min(urn) from gias_schools', 'not eligible'],
};
for (const [name, [table, column, which, value]] of Object.entries(copies)) {
  test(`${name} is found`, async () => {
    const key = table === 'gias_schools' ? 'urn' : 'id';
    if (table === 'mentorship_periods') await mentoring();
    const { rows: [{ before, now }] } = await breaker.query(
      `with row as (select ${key} as key, ${column} as before from ${table} where ${key} = (${which}))
       update ${table} set ${column} = ${value} from row where ${key} = row.key returning row.before, ${column} as now`);
    const { status, differences } = verify();
    await breaker.query(`update ${table} set ${column} = $1 where ${key} = (${which})`, [before]);
    const found = differences.find((difference) => difference.table === table && difference.column === column);
    assert.equal(status, 1);
    assert.ok(found, JSON.stringify(differences));
    const known = (shown) => (typeof now === 'string' && /^\d+$/.test(now) ? String(shown) : shown);
    assert.deepEqual([known(found.kept), known(found.recomputed), found.moves_with_time], [now, before, false]);
    assert.ok(found.key[key]);
    if (table === 'mentorship_periods') await breaker.query('delete from mentorship_periods');
    assert.equal(verify().status, 0, 'and undone');
  });
}

/** Who "W11" has as mentors from September 2025 on: "mentor" till the end of the month, then "once mentor". */
async function mentoring() {
  await system.db.query(
    `insert into mentorship_periods (school_id, ect_school_period_id, ect_teacher_id, mentor_school_period_id, mentor_teacher_id, started_on, finished_on)
     select ect.school_id, ect.id, ect.teacher_id, mentor.id, mentor.teacher_id, chosen.starts, chosen.ends
       from (values ($2::bigint, date '2025-09-10', date '2025-09-30'), ($3, '2025-10-01', null)) as chosen (id, starts, ends)
       join school_periods as mentor on mentor.teacher_id = chosen.id join school_periods as ect on ect.teacher_id = $1`,
    [await teacherId('W11'), await teacherId('mentor'), await teacherId('once mentor')]);
}

/** Every read model is wrong in each of its ways. */
async function breakReadModels() {
  await breaker.query("update teacher_provider_status set involved_in_school_transfer = true where teacher_id = $1", [await teacherId('W01')]);
  await breaker.query('update teacher_provider_status set has_others = true, latest_ect_contract_period_year = 2025 where teacher_id = $1', [await teacherId('W02')]);
  await breaker.query('delete from teacher_provider_status where teacher_id = $1', [await teacherId('W03')]);
  await breaker.query(
    `insert into teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id, latest_ect_contract_period_year)
     select $2, teacher_id, latest_ect_training_period_id, 2024 from teacher_provider_status where teacher_id = $1`, [await teacherId('W04'), await providerId(D)]);
  await breaker.query("update school_year_status set in_partnership = false, programme_choice = 'school_led' where contract_period_year = 2024");
  await breaker.query('delete from school_year_status where contract_period_year = 2025');
  await breaker.query('update school_provider_year_status set has_expression_of_interest = true where contract_period_year = 2024 and lead_provider_id = $1', [await providerId(A)]);
  await breaker.query('delete from school_provider_year_status where contract_period_year = 2025 and lead_provider_id = $1', [await providerId(A)]);
}
const broken = [
  'school_provider_year_status has_expression_of_interest', 'school_provider_year_status null',
  'school_year_status in_partnership', 'school_year_status null', 'school_year_status programme_choice',
  'teacher_provider_status has_others', 'teacher_provider_status involved_in_school_transfer', 'teacher_provider_status latest_ect_contract_period_year',
  'teacher_provider_status null', 'teacher_provider_status null',
];

test('read models that are wrong are found, and repaired and told at 01:00 London', async () => {
  await breakReadModels();
  const { status, differences, drifted } = verify();
  assert.equal(status, 1);
  assert.deepEqual(differences.map(told).sort(), broken);
  assert.equal(drifted, broken.length);
  const said = system.ctl('verify', 'derived');
  assert.equal(said.status, 1);
  assert.equal(said.stdout.trim().split('\n').length, broken.length + 1);
  assert.match(said.stdout, /teacher_provider_status \{"lead_provider_id":\d+,"teacher_id":\d+\} involved_in_school_transfer: kept true, recomputed false\n/);

  await schedulersAt(system, '2024-10-21 00:59');
  assert.equal(verify().drifted, broken.length, 'not before one');
  assert.deepEqual(events('derived_drifted'), []);

  const before = await one('select max(api_updated_at)::text as teachers, (select max(api_updated_at)::text from school_year_status) as schools from teachers'); // to the microsecond
  await schedulersAt(system, '2024-10-21 01:00');
  await refreshed('2024-10-21T00:00:00Z');
  assert.deepEqual(verify().differences, []);
  assert.deepEqual(events('derived_drifted').map(({ table, column }) => `${table} ${column || 'null'}`).sort(), broken);
  assert.deepEqual(events('derived_refreshed').pop().drifted, broken.length);
  const metrics = await system.metrics('scheduler');
  const drift = (table) => metrics.get(`ecf2_derived_drift{table="${table}"}`);
  assert.deepEqual([drift('teacher_provider_status'), drift('school_year_status'), drift('school_provider_year_status')], [5, 3, 2]);

  // What clients may have been shown wrongly is theirs again by updated_since: at business time (PL-23).
  const { rows } = await system.db.query('select api_id, api_updated_at as at from teachers where api_updated_at > $1', [before.teachers]);
  assert.deepEqual(rows.map((row) => row.api_id).sort(), ['W01', 'W02', 'W03', 'W04'].map(participant).sort());
  for (const { at } of rows) assert.ok(Math.abs(at - Date.parse('2024-10-21T00:00:00Z')) < 60_000, at.toISOString());
  const { rows: years } = await system.db.query('select contract_period_year as year from school_year_status where api_updated_at > $1 order by 1', [before.schools]);
  assert.deepEqual(years.map(({ year }) => year), [2024, 2025]);
});

test('when all is well nothing moves', async () => {
  const rows = async () => (await system.db.query(
    `select ctid::text, xmin::text from teacher_provider_status union all select ctid::text, xmin::text from school_year_status
     union all select ctid::text, xmin::text from school_provider_year_status union all select ctid::text, xmin::text from teachers`)).rows;
  const before = await rows();
  await schedulersAt(system, '2024-10-22 03:00');
  await refreshed('2024-10-22T00:00:00Z');
  assert.deepEqual(await rows(), before);
  assert.deepEqual([events('derived_refreshed').pop().drifted, events('derived_refreshed').pop().repaired], [0, 0]);
  assert.equal((await system.metrics('scheduler')).get('ecf2_derived_drift{table="teacher_provider_status"}'), 0);
});

// ---- locks (pipeline.md section 3)

const somebodyWaits = () => until('nobody waits for the lock', async () => (await system.db.query(
  "select from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory' and not l.granted and a.usename = 'ecf2_scheduler' and a.datname = current_database()")).rowCount > 0);

/** Holds what `lock` takes, until whoever refreshes waits for it; then what is broken is broken yet. */
async function whileHeld(lock, values, starts) {
  const holder = await connect(system.cluster, system.database);
  try {
    await holder.query(lock, values);
    await starts();
    await somebodyWaits();
    assert.equal(verify().status, 1, 'nothing is repaired while it is held');
    return new Date((await one('select clock_timestamp() as now')).now);
  } finally {
    await holder.end();
  }
}

test('a list of the provider that is being read holds the repair of its people up', async () => {
  const id = await teacherId('W01');
  await breaker.query('update teacher_provider_status set involved_in_school_transfer = true where teacher_id = $1', [id]);
  // A clock that goes: the instant is the one behind the lock (PL-23).
  const ahead = Math.round((Date.parse(london('2024-10-23 02:00')) - Date.now()) / 1000);
  const released = await whileHeld('select pg_advisory_lock(3, $1)', [await providerId(A)], async () => {
    await system.kill('scheduler', 'SIGTERM');
    await system.start('scheduler', { ECF2_CLOCK: String(ahead) });
  });
  await refreshed('2024-10-23T00:00:00Z');
  assert.equal(verify().status, 0);
  const { at } = await one('select api_updated_at as at from teachers where id = $1', id);
  assert.ok(at - released >= ahead * 1000 && at - released < ahead * 1000 + 60_000, `${at.toISOString()}, released at ${released.toISOString()}`);
});

test('so does whoever writes about the person', async () => {
  await breaker.query('update teacher_provider_status set involved_in_school_transfer = true where teacher_id = $1', [await teacherId('W01')]);
  await whileHeld('select pg_advisory_lock(1, hashtext($1))', [`trn:${trn('W01')}`], () => schedulersAt(system, '2024-10-24 02:00'));
  await refreshed('2024-10-24T00:00:00Z');
  assert.equal(verify().status, 0);
});

test('another provider\'s list does not', async () => {
  await breaker.query('update teacher_provider_status set involved_in_school_transfer = true where teacher_id = $1', [await teacherId('W01')]);
  const holder = await connect(system.cluster, system.database);
  await holder.query('select pg_advisory_lock(3, $1), pg_advisory_lock(3, 0)', [await providerId(C)]);
  await schedulersAt(system, '2024-10-25 02:00');
  await refreshed('2024-10-25T00:00:00Z');
  await holder.end();
  assert.equal(verify().status, 0);
});

test('the list of schools, and the school, hold the repair of schools up', async () => {
  const { id } = await one('select id from schools');
  await breaker.query('update school_year_status set in_partnership = false where contract_period_year = 2024');
  await whileHeld('select pg_advisory_lock(3, 0)', [], () => schedulersAt(system, '2024-10-26 02:00'));
  await refreshed('2024-10-26T00:00:00Z');
  assert.equal(verify().status, 0);
  await breaker.query('update school_year_status set in_partnership = false where contract_period_year = 2024');
  await whileHeld('select pg_advisory_lock(1, hashtext($1))', [`school:${id}`], () => schedulersAt(system, '2024-10-27 02:00')); // the day of two hours from one to two
  await refreshed('2024-10-27T00:00:00Z');
  assert.equal(verify().status, 0);
});

// ---- partnerships

const moved = async (since) => (await system.db.query(
  `select l.name || ' ' || p.contract_period_year as partnership, p.api_updated_at as at from school_partnerships p join lead_providers l on l.id = p.lead_provider_id
    where p.api_updated_at > $1 order by 1`, [since])).rows;
const latest = async () => (await one('select max(api_updated_at)::text as at from school_partnerships')).at; // to the microsecond

test('at 00:01 UTC partnerships move of which somebody begins today, or finished yesterday', async () => {
  await schedulersAt(system, '2025-02-14 00:01');
  await touched('2025-02-14T00:01:00Z');
  const before = await latest();
  await schedulersAt(system, '2025-02-15 00:00');
  assert.deepEqual(await moved(before), [], 'not before');
  await schedulersAt(system, '2025-02-15 00:01');
  await touched('2025-02-15T00:01:00Z');
  const now = await moved(before); // P7: with C until the 14th, with D from the 15th on
  assert.deepEqual(now.map(({ partnership }) => partnership), [`${C} 2024`, `${D} 2024`]);
  for (const { at } of now) assert.ok(Math.abs(at - Date.parse('2025-02-15T00:01:00Z')) < 60_000, at.toISOString());
  assert.equal(events('partnerships_touched').pop().partnerships, 2);
});

test('what is written later than its day is told on the day behind', async () => {
  const before = await latest();
  await breaker.query("update training_periods set updated_at = '2025-02-16 10:00Z' where id = (select min(id) from training_periods where lead_provider_id = $1 and contract_period_year = 2024)", [await providerId(C)]);
  await schedulersAt(system, '2025-02-16 23:00');
  await touched('2025-02-16T00:01:00Z');
  assert.ok(!(await moved(before)).some(({ partnership }) => partnership === `${C} 2024`), 'not before');
  await schedulersAt(system, '2025-02-17 00:01');
  await touched('2025-02-17T00:01:00Z');
  assert.deepEqual((await moved(before)).map(({ partnership }) => partnership), [`${C} 2024`]);
});

test('again, it changes nothing', async () => {
  const before = await latest();
  await system.db.query("update job_runs set last_due_at = '2025-02-10T00:01:00Z' where job = 'partnerships_touched'");
  await schedulersAt(system, '2025-02-17 12:00');
  await touched('2025-02-17T00:01:00Z');
  assert.deepEqual(await moved(before), []);
});

test('missed days are caught up; the list of its provider that is being read holds a partnership up', async () => {
  const before = await latest();
  const holder = await connect(system.cluster, system.database);
  await holder.query('select pg_advisory_lock(3, $1)', [await providerId(A)]);
  await system.db.query("update job_runs set last_due_at = '2025-09-03T00:00:00Z' where job = 'statements_payable'"); // or month-end would wait too
  await schedulersAt(system, '2025-09-03 09:00');
  await somebodyWaits();
  assert.deepEqual(await moved(before), []);
  await holder.end();
  await touched('2025-09-03T00:01:00Z');
  assert.deepEqual((await moved(before)).map(({ partnership }) => partnership), [`${A} 2023`, `${A} 2025`], 'the ECT of years before, and all who began on the 1st');
});

// ---- the calendar

test('who mentors moves with the calendar: repaired, and no drift', async () => {
  await mentoring();
  const id = await teacherId('W11');
  const assigned = async () => (await one(
    'select p.teacher_id from teacher_provider_status s left join school_periods p on p.id = s.assigned_mentor_school_period_id where s.teacher_id = $1', id)).teacher_id;
  assert.deepEqual(verify().differences.map(told), ['teacher_provider_status assigned_mentor_school_period_id, moves with time']);
  assert.equal(verify().status, 0);
  await schedulersAt(system, '2025-09-30 02:00');
  await refreshed('2025-09-30T00:00:00Z');
  assert.equal(await assigned(), await teacherId('mentor'));
  await schedulersAt(system, '2025-10-01 02:00');
  await refreshed('2025-10-01T00:00:00Z');
  assert.equal(await assigned(), await teacherId('once mentor'));
  assert.deepEqual([events('derived_refreshed').pop().repaired, events('derived_refreshed').pop().drifted], [1, 0]);
  const { at } = await one('select api_updated_at as at from teachers where id = $1', id);
  assert.ok(Math.abs(at - Date.parse('2025-10-01T01:00:00Z')) < 60_000, 'the participant shows another mentor');
});
