// `ecf2ctl import`: what it loads, that a second run changes nothing, that a run leaves all rows or none whatever happens
// to it, what it tells and what it keeps to itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bin, connect } from '../support/cluster.mjs';
import { until } from '../support/system.mjs';
import { Target, counts, csv, id, loadedRows, person, tableOf, tokenKey, trn, world, write } from './import_world.mjs';

const files = Object.keys(world());
const targets = [];
const make = async (options) => (targets.push(await Target.make(options)), targets.at(-1));
after(() => Promise.all(targets.map((target) => target.stop())));

/** The lines of help: { file: [{ name, other, flags, type, values }] }. */
function help() {
  const { stdout } = spawnSync(join(bin, 'ecf2ctl'), ['help', 'import'], { encoding: 'utf8' });
  const tables = {};
  let columns;
  for (const line of stdout.split('\n')) {
    const file = line.match(/^(\w+)\.csv: /);
    if (file) tables[file[1]] = columns = [];
    const column = line.match(/^  (\w+)((?: \[[a-z ]+\])*)(?: \(also: (\w+)\))?: ([^.]+?)\. /);
    if (column) columns?.push({ name: column[1], flags: [...column[2].matchAll(/\[([a-z ]+)\]/g)].map((m) => m[1]), other: column[3], type: column[4] });
    if (line.startsWith('      one of: ')) columns.at(-1).values = line.slice(14).split(' ');
  }
  return tables;
}
const format = help();

const all = (what, n) => Object.fromEntries(files.map((file) => [file, {
  rows: world()[file].length, inserted: 0, updated: 0, unchanged: 0, skipped: world()[file].length - loadedRows(file), [what]: loadedRows(file), ...n?.[file],
}]));

describe('loading', () => {
  test('every file; a second run finds nothing to do, whatever the order of columns; a third takes over one changed value', async () => {
    const target = await make();
    const first = target.import(world());
    assert.deepEqual([first.status, first.stderr], [0, '']);
    assert.deepEqual(counts(first), all('inserted'));
    for (const file of files) {
      assert.equal((await target.one(`select count(*)::integer as n from ${tableOf(file)}`)).n, loadedRows(file), file);
    }

    const held = await target.contents();
    const reversed = Object.fromEntries(Object.entries(world()).map(([file, rows]) => [file, rows.map((row) => Object.fromEntries(Object.entries(row).reverse()))]));
    const second = target.import(reversed);
    assert.deepEqual([second.status, second.stderr], [0, '']);
    assert.deepEqual(counts(second), all('unchanged'));
    assert.deepEqual(await target.contents(), held);

    const changed = world();
    changed.contract_periods[1].payments_frozen_on = '2027-01-01';
    const third = target.import(changed);
    assert.deepEqual(counts(third), all('unchanged', { contract_periods: { updated: 1, unchanged: 1 } }));
    const differing = [...await target.contents()].filter(([table, rows]) => JSON.stringify(rows) !== JSON.stringify(held.get(table)));
    assert.deepEqual(differing.map(([table]) => table), ['contract_periods']);
    assert.equal(differing[0][1].filter((row) => !held.get('contract_periods').includes(row)).length, 1);
    assert.deepEqual((await target.one('select payments_frozen_at from contract_periods where year = 2025')).payments_frozen_at, new Date('2027-01-01T00:00:00Z'));

    // What was run stands in import_runs.
    const { rows: runs } = await target.db.query('select mode, status, totals, encode(source_digest, $1) as digest from import_runs order by id', ['hex']);
    assert.deepEqual(runs.map(({ mode, status }) => [mode, status]), Array(3).fill(['load', 'completed']));
    assert.notEqual(runs[0].digest, runs[1].digest);
    assert.deepEqual(runs[2].totals.files.contract_periods, { rows: 2, inserted: 0, updated: 1, unchanged: 1, skipped: 0 });
  });

  test('every updatable column', async () => {
    const target = await make({ loaded: true });
    const columns = Object.entries(format).flatMap(([file, list]) => list.filter(({ flags }) => flags.includes('updatable')).map(({ name }) => [file, name]));
    assert.deepEqual(columns, [['contract_periods', 'enabled'], ['contract_periods', 'payments_frozen_on'], ['lead_providers', 'vat_registered'], ['appropriate_bodies', 'ceased_on']]);
    const changed = world();
    Object.assign(changed.contract_periods[0], { enabled: '', payments_frozen_on: '2026-07-01' }); // '' = the default: false
    changed.lead_providers[0].vat_registered = false;
    changed.appropriate_bodies[1].ceased_on = '';
    assert.deepEqual(counts(target.import(changed)), all('unchanged', Object.fromEntries(['contract_periods', 'lead_providers', 'appropriate_bodies'].map((file) => [file, { updated: 1, unchanged: 1 }]))));
    assert.deepEqual(await target.one('select enabled, payments_frozen_at, updated_at from contract_periods where year = 2024'),
      { enabled: false, payments_frozen_at: new Date('2026-06-30T23:00:00Z'), updated_at: new Date(target.env.ECF2_CLOCK) });
    assert.deepEqual(await target.one(`select vat_registered from lead_providers where name = 'Provider A'`), { vat_registered: false });
    assert.deepEqual(await target.one(`select ceased_on from appropriate_bodies where name = 'Body N'`), { ceased_on: null });
    assert.deepEqual(counts(target.import(changed)), all('unchanged'));
  });

  const lookedUp = ['appropriate_body_name', 'clawback_statement', 'contract_period_year', 'contract_version', 'induction_tutor_last_nominated_in', 'payment_statement', 'payments_frozen_year',
    'reported_leaving_by_school_urn', 'schedule_identifier', 'school_urn', 'state', 'training_period_started_on'];

  test('every column is stored: another value is told beside the database\'s', async () => {
    const target = await make({ loaded: true });
    const changed = world();
    const expected = [];
    for (const [file, columns] of Object.entries(format)) {
      for (const column of columns) {
        // What is looked up is told as "another value" (import_rows.test.mjs); the other flags have tests of their own.
        const reference = /^(name or public id|TRN or participant id|token in clear|anything)$/.test(column.type) || lookedUp.includes(column.name);
        if (reference || column.flags.some((flag) => flag !== 'required')) continue;
        const line = changed[file].findIndex((row) => row[column.name] !== '' && row[column.name] !== undefined && row[column.name] !== null);
        assert.notEqual(line, -1, `${file}.${column.name} has no value in the world`);
        const old = String(changed[file][line][column.name]);
        const value = another(old, column);
        if (value === undefined) continue;
        changed[file][line][column.name] = value;
        expected.push([`${file}.csv:${line + 2}: ${column.name}${file === 'api_tokens' ? ':' : ' "'}`, old, column]);
      }
    }
    const { told } = target.import(changed);
    for (const [beginning, old, column] of expected) {
      const line = told.find((text) => text.startsWith(beginning));
      assert.ok(line, `${beginning} is not told`);
      const [, stored] = line.match(/: the database has (.*)$/) ?? [];
      assert.ok(stored !== undefined && stored !== 'none', line);
      if (!/instant|pounds|ratio|terms|separated|00:00/.test(column.type)) assert.equal(stored, old, line);
    }
    assert.ok(expected.length > 75, `${expected.length}`);
  });

  function another(old, { name, type, values }) {
    if (values) return values.find((one) => one !== old);
    if (type === 'true or false') return String(old !== 'true');
    if (/^date/.test(type)) return name === 'finished_on' ? '2029-12-31' : new Date(Date.parse(old) + 86_400_000).toISOString().slice(0, 10);
    if (/^instant/.test(type)) return new Date(Date.parse(old) + 1000).toISOString();
    if (type === 'UUID') return id(777_000 + Math.floor(Math.random() * 1000));
    if (type === 'TRN (7 digits)') return '7654321';
    if (type === 'e-mail address') return `x${old}`;
    if (/^URN/.test(type)) return '100003';
    if (/^(whole number|pounds|ratio|terms|year|month)/.test(type)) return /ratio/.test(type) ? '0.25' : String(Number(old) + 1);
    return `${old} x`;
  }

  test('references by public id, the predecessor\'s id, or a name in other letters; a column that is left away is not compared', async () => {
    const target = await make({ loaded: true });
    const again = world();
    for (const rows of [again.lead_provider_contract_periods, again.bands, again.statements]) for (const row of rows) row.lead_provider = row.lead_provider === 'Provider B' ? id(2) : id(1).toUpperCase();
    for (const row of again.school_partnerships) row.delivery_partner = id(21);
    for (const file of ['training_records', 'school_periods', 'training_periods', 'declarations']) for (const row of again[file]) if (row.teacher === trn(1)) row.teacher = person(1);
    again.teachers = again.teachers.map(({ participant_id, trn: number }) => ({ participant_id, trn: number })); // no names
    again.school_periods[0].reported_appropriate_body = id(41);
    for (const row of again.contracts) (row.lead_provider_name = row.lead_provider), delete row.lead_provider; // the column's other name
    const { stderr, ...done } = target.import(again);
    assert.equal(stderr, '');
    assert.deepEqual(counts(done), all('unchanged'));
  });

  test('a part of the files is enough, and rows of people who are there move what lists and read models show', async () => {
    const target = await make({ loaded: true });
    await target.db.query(`update teachers set api_updated_at = '2025-01-01'`);
    const more = {
      school_periods: [{ teacher: trn(2), role: 'ect', school_urn: 100002, started_on: '2025-09-01' }],
      training_periods: [{ teacher: trn(2), role: 'ect', school_urn: 100002, started_on: '2025-09-01', training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', lead_provider: 'Provider B', delivery_partner: 'Partner X' }],
    };
    assert.deepEqual(counts(target.import(more)), Object.fromEntries(Object.keys(more).map((file) => [file, { rows: 1, inserted: 1, updated: 0, unchanged: 0, skipped: 0 }])));
    const { rows } = await target.db.query(
      `select l.name, t.trn, t.api_updated_at > '2025-01-02' as moved, s.latest_ect_contract_period_year as year, s.involved_in_school_transfer as transfer
       from teacher_provider_status s join teachers t on t.id = s.teacher_id join lead_providers l on l.id = s.lead_provider_id order by 1, 2`);
    assert.deepEqual(rows.map(Object.values), [
      ['Provider A', trn(1), false, 2024, false], ['Provider A', trn(2), true, 2024, true], ['Provider A', trn(5), false, null, true], ['Provider A', trn(6), false, null, false],
      ['Provider B', trn(2), true, 2024, true],
    ]);
    // The world's own `updated_at` is older now. That is no difference.
    const again = target.import(world());
    assert.equal(again.stderr, '');
    assert.deepEqual(counts(again), all('unchanged'));
  });

  test('fills the read models and the history of eligibility', async () => {
    const target = await make({ loaded: true });
    const rows = async (sql) => (await target.db.query({ text: sql, rowMode: 'array' })).rows;
    assert.deepEqual(await rows('select urn, contract_period_year, in_partnership, programme_choice from school_year_status y join schools s on s.id = y.school_id order by 1, 2'), [
      [100001, 2024, true, 'provider_led'], [100001, 2025, true, 'provider_led'], [100002, 2024, true, 'provider_led'], [100002, 2025, false, 'not_yet_known'],
    ]);
    assert.deepEqual(await rows('select l.name, urn, contract_period_year, has_expression_of_interest, has_partnership from school_provider_year_status y join schools s on s.id = y.school_id join lead_providers l on l.id = y.lead_provider_id order by 1, 2, 3'), [
      ['Provider A', 100001, 2024, true, true], ['Provider A', 100001, 2025, false, true], ['Provider B', 100002, 2024, true, false],
    ]);
    assert.deepEqual(await rows('select trn, role, aspect, eligible, effective_on::text, reason, cause_kind from eligibility_changes e join teachers t on t.id = e.teacher_id order by 1, 3'), [
      [trn(1), 'ect', 'training', true, '2024-09-10', 'imported', 'migration'], [trn(2), 'ect', 'training', true, '2024-09-10', 'imported', 'migration'],
      [trn(5), 'mentor', 'funding', false, '2025-01-31', 'completed_declaration_received', 'migration'],
    ]);
  });

  test('--check says the same and keeps nothing', async () => {
    const target = await make();
    const before = await target.contents();
    const checked = target.import(world(), '--check');
    assert.equal(checked.status, 0);
    assert.match(checked.stdout, /^checked, nothing kept /);
    assert.deepEqual(Object.values(counts(checked)), Object.values(all('inserted')));
    assert.deepEqual(await target.contents(), before);
    assert.deepEqual(await target.one('select mode, status from import_runs'), { mode: 'check', status: 'completed' });
    assert.equal(target.import({ lead_providers: [{ name: '' }] }, '--check').status, 2);
  });
});

describe('all rows or none', () => {
  // The import waits where the test wants it: for the gate, or for a table.
  const sessions = async (target) => (await target.one(`select count(*)::integer as n from pg_stat_activity where datname = $1 and application_name = 'ecf2ctl import'`, target.database)).n;
  const waiting = (target, n = 1) => until('no import waits', async () =>
    (await target.one(`select count(*)::integer as n from pg_stat_activity where datname = $1 and application_name = 'ecf2ctl import' and wait_event_type = 'Lock'`, target.database)).n === n);
  async function holding(target, statement, work) {
    const holder = await connect(target.cluster, target.database);
    await holder.query('begin');
    await holder.query(statement);
    try {
      return await work(holder);
    } finally {
      await holder.query('rollback');
      await holder.end();
    }
  }
  const gate = 'select pg_advisory_xact_lock_shared(0, 0)'; // as any writer holds it

  test('killed while it waits for the writers, and in the middle of writing', async () => {
    const target = await make();
    const before = await target.contents();
    for (const [signal, statement] of ['SIGKILL', 'SIGTERM', 'SIGINT'].flatMap((name) => [[name, gate], [name, 'lock table declarations in share mode']])) {
      await holding(target, statement, async () => {
        const { child, ended } = target.begin(world());
        await waiting(target);
        child.kill(signal);
        assert.equal((await ended).signal, signal);
        await until('its session does not end', async () => (await sessions(target)) === 0);
      });
      assert.deepEqual(await target.contents(), before);
    }
    assert.equal((await target.one('select count(*)::integer as n from import_runs')).n, 0);
    assert.deepEqual(counts(target.import(world())), all('inserted'));
  });

  test('its session is ended by the database: told, nothing loaded', async () => {
    const target = await make();
    const before = await target.contents();
    await holding(target, 'lock table declarations in share mode', async (holder) => {
      const { ended } = target.begin(world());
      await waiting(target);
      await holder.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'ecf2ctl import'`);
      const { status, stdout, stderr } = await ended;
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /terminating connection/);
    });
    assert.deepEqual(await target.contents(), before);
  });

  test('refused by the database itself, at once or at commit: told, nothing loaded', async () => {
    const target = await make();
    const before = await target.contents();
    await target.db.query(`create function refuse_all() returns trigger language plpgsql as $$ begin raise exception using errcode = '23514', message = 'no more of these', constraint = 'not_known_to_the_import'; end $$`);
    for (const deferred of ['', 'deferrable initially deferred']) {
      await target.db.query(`create constraint trigger refused after insert on declarations ${deferred} for each row execute function refuse_all()`);
      const { status, stdout, stderr } = target.import(world());
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /no more of these \[not_known_to_the_import\]/);
      assert.deepEqual(await target.contents(), before);
      await target.db.query('drop trigger refused on declarations');
    }
    assert.deepEqual((await target.db.query('select status from import_runs')).rows.map(({ status }) => status), ['failed', 'failed']);
  });

  test('no room for the staging tables: told, nothing loaded', async () => {
    const target = await make();
    const before = await target.contents();
    await target.db.query(`create function no_room() returns trigger language plpgsql as $$ begin raise exception using errcode = 'disk_full', message = 'no room'; end $$`);
    await target.db.query(`create function refuse_staging() returns event_trigger language plpgsql as $$ begin
      if to_regclass('import_raw_teachers') is not null then
        create or replace trigger no_room before insert on import_raw_teachers for each row execute function public.no_room();
      end if; end $$`);
    await target.db.query(`create event trigger refuse_staging on ddl_command_end when tag in ('CREATE TABLE') execute function refuse_staging()`);
    const { status, stdout, stderr } = target.import(world());
    assert.deepEqual([status, stdout, stderr], [1, '', 'ecf2ctl: teachers.csv: no room\n']);
    assert.deepEqual(await target.contents(), before);
  });

  test('two at once: one loads, the other finds nothing to do', async () => {
    const target = await make();
    const both = await holding(target, gate, async () => {
      const runs = [target.begin(world()), target.begin(world())];
      await waiting(target, 2);
      return runs;
    });
    const ended = await Promise.all(both.map((one) => one.ended));
    assert.deepEqual(ended.map(({ status, stderr }) => [status, stderr]), [[0, ''], [0, '']]);
    assert.deepEqual(ended.map((one) => counts(one).teachers.inserted).sort(), [0, 6]);
    for (const file of files) assert.equal((await target.one(`select count(*)::integer as n from ${tableOf(file)}`)).n, loadedRows(file), file);
  });

  test('two at once that contradict each other: one is refused and leaves nothing', async () => {
    const target = await make();
    const contradicting = world();
    contradicting.teachers[0].participant_id = person(99);
    for (const rows of Object.values(contradicting)) for (const row of rows) for (const name of ['teacher', 'ect']) if (row[name] === person(1)) row[name] = trn(1);
    const both = await holding(target, gate, async () => {
      const runs = [target.begin(world()), target.begin(contradicting)];
      await waiting(target, 2);
      return runs;
    });
    const ended = await Promise.all(both.map((one) => one.ended));
    assert.deepEqual(ended.map(({ status }) => status).sort(), [0, 2]);
    assert.match(ended.find(({ status }) => status === 2).stderr, new RegExp(`^teachers\\.csv:2: trn "${trn(1)}": another row of the database has it$`, 'm'));
    assert.equal((await target.one('select count(*)::integer as n from teachers')).n, 6);
  });

  test('the lists of a provider that was made while it waited wait for it too (PL-23)', async () => {
    const target = await make({ loaded: true });
    const list = await connect(target.cluster, target.database);
    const { ended, made } = await holding(target, gate, async (writer) => {
      const run = target.begin(world());
      await waiting(target);
      const { rows: [{ id: provider }] } = await writer.query(`insert into lead_providers (name) values ('Provider New') returning id`);
      await list.query('select pg_advisory_lock(3, $1)', [provider]); // a list with updated_since takes its snapshot
      await writer.query('commit');
      return { ended: run.ended, made: provider };
    });
    await until('it does not wait for the list', async () =>
      (await target.one(`select count(*)::integer as n from pg_locks where locktype = 'advisory' and classid = 3 and objid = $1 and mode = 'ShareLock' and not granted and database = (select oid from pg_database where datname = current_database())`, made)).n === 1);
    await list.end();
    assert.equal((await ended).status, 0);
  });
});

describe('the format is what `ecf2ctl help import` says', () => {
  const headers = (change) => Object.fromEntries(Object.entries(format).map(([file, columns]) => [file, `${change(columns.map(({ name }) => name), columns, file).join(',')}\n`]));

  test('every file and every column', async () => {
    assert.deepEqual(Object.keys(format).sort(), [...files].sort());
    for (const file of files) {
      const known = format[file].flatMap(({ name, other }) => [name, other]);
      assert.deepEqual([...new Set(world()[file].flatMap(Object.keys))].filter((name) => !known.includes(name)), [], file);
    }
    const target = await make();
    const { stderr, stdout, status } = target.import(headers((names) => names));
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(counts({ stdout }), Object.fromEntries(Object.keys(format).map((file) => [file, { rows: 0, inserted: 0, updated: 0, unchanged: 0, skipped: 0 }])));
    assert.equal(target.import(headers((names, columns) => columns.map(({ name, other }) => other ?? name))).status, 0);
  });

  test('no other column: neither one of the table, nor one of another file', async () => {
    const target = await make();
    const { rows } = await target.db.query(`select table_name, column_name from information_schema.columns where table_schema = 'public'`);
    const everywhere = new Set(Object.values(format).flat().map(({ name }) => name));
    const unknown = Object.fromEntries(Object.entries(format).map(([file, columns]) => {
      const known = new Set(columns.flatMap(({ name, other }) => [name, other]));
      const names = [...rows.filter(({ table_name }) => table_name === tableOf(file)).map(({ column_name }) => column_name), ...everywhere];
      return [file, [...new Set(names)].filter((name) => !known.has(name)).slice(0, 128 - columns.length)];
    }));
    const { status, told } = target.import(headers((names, _, file) => [...names, ...unknown[file]]));
    assert.equal(status, 2);
    assert.deepEqual(told.slice(0, -1), files.flatMap((file) => unknown[file].map((name, i) =>
      `${file}.csv:1:${file === 'api_tokens' ? '' : ` "${name}":`} there is no such column (number ${format[file].length + i + 1})`)));
  });

  test('a column that must be there', async () => {
    const target = await make();
    const { status, told } = target.import(headers((names, columns) => columns.filter(({ flags }) => !flags.includes('required')).map(({ name }) => name).concat(['x'])));
    assert.equal(status, 2);
    const missing = files.flatMap((file) => format[file].filter(({ flags }) => flags.includes('required')).map(({ name }) => `${file}.csv:1: ${name}: the column is missing`));
    assert.deepEqual(told.filter((line) => line.endsWith('missing')), missing);
    // And a value in every row.
    const empty = target.import(Object.fromEntries(files.map((file) => [file, `${format[file].map(({ name }) => name).join(',')}\n${','.repeat(format[file].length - 1) || '""'}\n`])));
    assert.deepEqual(empty.told.filter((line) => line.endsWith('no value')), missing.map((line) => line.replace(':1:', ':2:').replace('the column is missing', 'no value')));
  });

  test('one of the words that it lists, each of them', async () => {
    const target = await make();
    // Every word goes through the check of values; the rest of the row is missing, and told.
    for (const [file, columns] of Object.entries(format)) {
      for (const { name, values } of columns.filter((column) => column.values)) {
        const told = target.import({ [file]: csv([...values, 'another'].map((value) => ({ [name]: value }))) }, '--check').told.filter((line) => line.includes(` ${name} "`));
        assert.deepEqual(told, [`${file}.csv:${values.length + 2}: ${name} "another": not one of the values that \`ecf2ctl help import\` lists`]);
      }
    }
  });
});

describe('what it keeps to itself', () => {
  const secret = 'planted-token-4f8e2a-0000';
  const planted = ['Plantedfirstname', 'Plantedlastname', '7654309', 'planted@example.org', secret];

  test('tokens are stored as keyed hashes, and shown nowhere', async () => {
    const target = await make({ loaded: true });
    const files = { api_tokens: [{ token: secret, lead_provider: 'Provider A', description: 'planted' }] };
    const done = target.import(files);
    assert.equal(done.status, 0, done.stderr);
    assert.deepEqual(await target.one(`select token_digest, token_hint, kind, urns from api_tokens where description = 'planted'`), {
      token_digest: createHmac('sha256', tokenKey).update(secret).digest(), token_hint: '0000', kind: 'lead_provider', urns: null,
    });
    const said = [done.stdout, done.stderr];
    for (const bad of [
      { api_tokens: [{ token: `${secret} `, lead_provider: 'Provider Z', description: secret }] },
      { api_tokens: [{ token: secret.slice(0, 5), school_urns: secret, description: '' }] },
      { api_tokens: [{ token: 'Provider A', lead_provider: secret, description: '' }] }, // columns mixed up
      { api_tokens: `${secret},Provider A,planted\n` }, // no header
      { api_tokens: `token,lead_provider,description\n${secret},Provider A\n"${secret}"x,,\n` },
      { api_tokens: [{ token: secret, lead_provider: 'Provider B', description: 'planted' }] },
      { api_tokens: [...files.api_tokens, ...files.api_tokens] },
    ]) {
      const { status, stdout, stderr } = target.import(bad);
      assert.equal(status, 2);
      said.push(stdout, stderr);
    }
    said.push(target.import(files).stdout, JSON.stringify([...await target.contents()]), JSON.stringify((await target.db.query('select * from import_runs')).rows));
    said.push(readFileSync(join(target.cluster, 'pg', 'log'), 'utf8'));
    for (const text of said) assert.ok(!text.includes(secret.slice(0, 12)), text.slice(0, 300));
  });

  test('without the key of tokens none is taken', async () => {
    const target = await make();
    target.env.ECF2_TOKEN_KEY = '';
    const { status, told } = target.import({ api_tokens: [{ token: secret, school_urns: '100001', description: 'x' }] });
    assert.deepEqual([status, told[0]], [2, 'api_tokens.csv:2: token: cannot be stored: ECF2_TOKEN_KEY is not set']);
    assert.equal(target.import({ lead_providers: world().lead_providers }).status, 0);
  });

  test('personal values of bad rows go to the operator\'s terminal, and neither to the database nor to its log', async () => {
    const target = await make({ loaded: true });
    const [first_name, last_name, number, email] = planted;
    const { status, stderr } = target.import({
      teachers: [{ trn: number, first_name, last_name }, { trn: number, first_name, last_name }],
      training_records: [{ teacher: number, role: 'ect' }],
      school_periods: [{ teacher: number, role: 'mentor', school_urn: 1, started_on: '2024-09-02', email }],
    });
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^teachers\\.csv:3: trn "${number}": the same as in line 2$`, 'm'));
    const kept = JSON.stringify([...await target.contents(), ...(await target.db.query('select * from import_runs')).rows]) + readFileSync(join(target.cluster, 'pg', 'log'), 'utf8');
    for (const value of planted) assert.ok(!kept.includes(value), value);
  });
});

describe('progress', () => {
  test('a line that is rewritten, on a terminal', async () => {
    const target = await make();
    const done = spawnSync('script', ['-qec', `${join(bin, 'ecf2ctl')} import ${write(world())} >/dev/null`, '/dev/null'], { encoding: 'utf8', env: target.env });
    assert.equal(done.status, 0, done.stdout);
    const lines = done.stdout.split('\r\u001b[K');
    for (const expected of ['waiting for writers to finish', 'teachers.csv: looking up', 'teachers.csv: checking', 'declarations.csv: writing 5 rows', 'filling read models', 'checking what the database checks at commit']) {
      assert.ok(lines.includes(expected), `${expected}: ${JSON.stringify(lines)}`);
    }
    assert.equal(lines.at(-1), ''); // nothing of it stays
    const rows = Array.from({ length: 8192 }, (_, i) => ({ gias_school_urn: 200000 + i, contract_period_year: 2024 }));
    const long = spawnSync('script', ['-qec', `${join(bin, 'ecf2ctl')} import ${write({ school_funding_eligibilities: rows })} >/dev/null`, '/dev/null'], { encoding: 'utf8', env: target.env });
    assert.match(long.stdout, /school_funding_eligibilities\.csv: 8192 rows, \d+ rows\/s/);
  });

  test('none where nobody looks', async () => {
    assert.equal((await make()).import(world()).stderr, '');
  });
});
