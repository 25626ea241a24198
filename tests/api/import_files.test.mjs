// `ecf2ctl import`: files and folders as they come. What is accepted of CSV, what is told about the rest, with the line on
// which a record begins; tests/unit/workers/ctl/csv_test.c has the reader alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Target, counts, csv, tokenKey, world, write } from './import_world.mjs';

const target = await Target.make();
after(() => target.stop());

const lookedAt = '; references were not looked at, because not every row could be read';
const summary = (n, more = '') => `ecf2ctl: ${n} problem${n === 1 ? '' : 's'}; nothing was loaded${more}`;

/** Imports files and expects exactly these lines, and no row. */
async function told(files, lines, { unreadable = true } = {}) {
  const before = await target.contents();
  const done = target.import(files);
  assert.deepEqual(done.told, [...lines, summary(lines.length, unreadable ? lookedAt : '')]);
  assert.deepEqual([done.status, done.stdout], [2, '']);
  assert.deepEqual(await target.contents(), before);
}

/** Imports bodies from a text in a database of its own and gives their names. */
async function names(text) {
  const own = await Target.make();
  try {
    const done = own.import({ appropriate_bodies: text });
    assert.deepEqual([done.status, done.stderr], [0, '']);
    return (await own.db.query('select name from appropriate_bodies order by id')).rows.map(({ name }) => name);
  } finally {
    await own.stop();
  }
}

describe('accepted', () => {
  test('line ends, marks, quotes and lines without anything, as spreadsheets write them', async () => {
    assert.deepEqual(await names('\ufeffname,body_type\r\n"A ""quoted"", with\r\nlines",national\r\n\r\n\n"B",national\nÇ "national" D,national'.replace('Ç "national" D', 'Ç D')),
      ['A "quoted", with lines', 'B', 'Ç D']);
    assert.deepEqual(await names('"body_type","name"\nnational,"  spaces \t in   it "\n"national",""""\n'), ['spaces in it', '"']);
    assert.deepEqual(await names('name,body_type\n'), []);
    assert.deepEqual(await names('name,body_type'), []);
  });

  test('characters that COPY and SQL give a meaning', async () => {
    const strange = ['\\N', '\\.', 'a\\tb', "Robert'); drop table teachers; --", '$$', '%s', '{a,"b"}', 'null', '😀 e\u0301'];
    assert.deepEqual(await names(csv(strange.map((name) => ({ name, body_type: 'national' })))), strange);
  });

  test('a value and a record of nearly the largest size', async () => {
    assert.deepEqual((await names(csv([{ name: 'x'.repeat(1000), body_type: 'national' }]))).map((name) => name.length), [1000]);
    assert.deepEqual(await names(`name,body_type,ecf1_ids\nA,national,${'x'.repeat(1_000_000)}\nB,national,\n`), ['A', 'B']);
  });
});

describe('told', () => {
  test('every bad record, by the line on which it begins, beside every bad value', () => told({
    appropriate_bodies: Buffer.concat([
      Buffer.from('name,body_type\n"A\nwith lines",national\n'), // 2, 3
      Buffer.from('B,hub\n'), // 4
      Buffer.from('"C\r\nand\nlines",hub\n'), // 5 to 7
      Buffer.from('D\n'), // 8
      Buffer.from('E,national,more\n'), // 9
      Buffer.from('F"x,national\n'), // 10
      Buffer.from('"G"x,national\n'), // 11
      Buffer.from('H\0,national\n'), // 12
      Buffer.from('I,nati\ronal\n'), // 13
      Buffer.from('\n\n'), // 14, 15
      Buffer.from([0x4a, 0xe9, 0x9b, 0x2c, 0x68, 0x75, 0x62, 0x0a]), // 16: J, two bytes of Latin 1
      Buffer.from(`"${'k'.repeat(1_100_000)}",national\n`.replace(/"/g, '')), // 17
      Buffer.from('L,\n'), // 18
      Buffer.from('"M,national\nN,national\n'), // 19 to the end
    ]),
    lead_providers: 'name,vat_registered\nA,perhaps\n',
  }, [
    'lead_providers.csv:2: vat_registered "perhaps": neither true nor false',
    ...[4, 5].map((line) => `appropriate_bodies.csv:${line}: body_type "hub": not one of the values that \`ecf2ctl help import\` lists`),
    'appropriate_bodies.csv:8: 1 values where the header has 2 columns',
    'appropriate_bodies.csv:9: 3 values where the header has 2 columns',
    'appropriate_bodies.csv:10: a quote inside a field that does not begin with one',
    'appropriate_bodies.csv:11: text after the closing quote of a field',
    'appropriate_bodies.csv:12: a NUL byte',
    'appropriate_bodies.csv:13: a carriage return without a line feed',
    'appropriate_bodies.csv:16: name "J\\xe9\\x9b": not UTF-8',
    'appropriate_bodies.csv:16: body_type "hub": not one of the values that `ecf2ctl help import` lists',
    'appropriate_bodies.csv:17: longer than 1 MiB',
    'appropriate_bodies.csv:18: body_type: no value',
    'appropriate_bodies.csv:19: the file ends inside a quoted field',
  ]));

  test('headers', async () => {
    await told({ appropriate_bodies: '', lead_providers: '\n\r\n', delivery_partners: 'Name,name\nA,B\n', regions: 'code,districts,code\n', schools: '"urn"x\n', statements: Buffer.from('\ufeffyear\n', 'utf16le') }, [
      'lead_providers.csv: the file is empty: not even a header line',
      'delivery_partners.csv:1: "Name": there is no such column (number 1)',
      'appropriate_bodies.csv: the file is empty: not even a header line',
      'regions.csv:1: code: the column is there twice',
      'schools.csv:1: text after the closing quote of a field',
      'statements.csv:1: the file is UTF-16; save it as UTF-8',
    ]);
    await told({ appropriate_bodies: '\n\nname,body_type,\nA,hub,\n', lead_providers: `${'x,'.repeat(128)}x\n` }, [
      'lead_providers.csv:1: more than 128 fields',
      'appropriate_bodies.csv:3: "": there is no such column (number 3)',
      'appropriate_bodies.csv:4: body_type "hub": not one of the values that `ecf2ctl help import` lists', // its rows are looked at all the same
    ]);
    await told({ lead_providers: 'name,lead_provider\nA,B\n', lead_provider_contract_periods: 'lead_provider,lead_provider_name,contract_period_year\n' }, [
      'lead_providers.csv:1: "lead_provider": there is no such column (number 2)',
      'lead_provider_contract_periods.csv:1: lead_provider: the column is there twice',
    ]);
  });

  test('what a terminal would act upon is shown as its bytes; long values are cut between characters', () => told({
    regions: csv([{ code: '', districts: '\u001b[31mred\u009b0m\u202e\u200b;;' }, { code: '', districts: `${'é'.repeat(39)}x${'é'.repeat(40)};;` }]),
  }, [
    'regions.csv:2: code: no value',
    'regions.csv:2: districts "\\x1b[31mred\\xc2\\x9b0m\\xe2\\x80\\xae\\xe2\\x80\\x8b;;": not a list of names separated by "; "',
    'regions.csv:3: code: no value',
    `regions.csv:3: districts "${'é'.repeat(39)}x…": not a list of names separated by "; "`,
  ], { unreadable: false }));

  test('all of very many', async () => {
    const n = 6000;
    const { told: lines } = target.import({ lead_providers: csv(Array.from({ length: n }, (_, i) => ({ name: `P${i}`, vat_registered: i % 2 ? 'no' : 'yes', api_id: 'x' }))) });
    assert.equal(lines.length, 2 * n + 1);
    assert.deepEqual(lines.slice(-3), [`lead_providers.csv:${n + 1}: api_id "x": not a UUID`, `lead_providers.csv:${n + 1}: vat_registered "no": neither true nor false`, summary(2 * n)].sort((a, b) => a.startsWith('ecf2ctl') - b.startsWith('ecf2ctl')));
    assert.deepEqual(lines.slice(0, -1).map((line) => Number(line.split(':')[1])), Array.from({ length: 2 * n }, (_, i) => 2 + (i >> 1)));
  });
});

describe('folders', () => {
  test('what is no CSV, and files of the reference data that are no tables, are passed over', async () => {
    const own = await Target.make();
    after(() => own.stop());
    const done = own.import({ lead_providers: world().lead_providers, 'README.md': 'x', 'lead_providers.csv.bak': 'x', 'contract_profiles.csv': 'x', '.hidden': '' });
    assert.deepEqual([done.status, Object.keys(counts(done))], [0, ['lead_providers']]);
  });

  test('files that no table goes by, and files that cannot be read: each is told', async () => {
    const folder = write({ lead_providers: [{ name: 'A', vat_registered: 'x' }], 'teacher.csv': 'trn\n', 'Schools.csv': 'urn\n', 'teachers.CSV': 'trn\n', [`${'x'.repeat(200)}.csv`]: '' });
    mkdirSync(join(folder, 'statements.csv'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'declarations.csv'));
    const { status, told: lines } = target.import(folder);
    const unknown = 'no table goes by this name (`ecf2ctl help import`)';
    assert.deepEqual(lines.slice(0, 3), ['lead_providers.csv:2: vat_registered "x": neither true nor false', 'statements.csv: Is a directory', 'declarations.csv: No such file or directory']);
    assert.deepEqual(lines.slice(3, -1).sort(), [...['Schools.csv', 'teacher.csv', `${'x'.repeat(200)}.csv`].map((name) => `${name}: ${unknown}`), 'teachers.csv: its name ends in other letters than .csv'].sort());
    assert.deepEqual([status, lines.at(-1)], [2, summary(7, lookedAt)]);
  });

  test('what is no file is not waited for', async () => {
    const folder = write({ lead_providers: [{ name: 'A' }] });
    execFileSync('mkfifo', [join(folder, 'teachers.csv')]);
    symlinkSync('/dev/null', join(folder, 'schools.csv'));
    const server = createServer();
    await new Promise((resolve) => server.listen(join(folder, 'declarations.csv'), resolve));
    for (const args of [[], ['--check']]) {
      const { status, told: lines } = target.import(folder, ...args);
      assert.deepEqual(lines, [...['schools', 'teachers', 'declarations'].map((name) => `${name}.csv: neither a file nor a link to one`), summary(3, lookedAt)]);
      assert.equal(status, 2);
    }
    server.close();
  });

  test('none, an empty one, a file; a wrong command line', () => {
    const empty = write({});
    const file = join(write({ lead_providers: 'name\n' }), 'lead_providers.csv');
    const gone = write({});
    rmSync(gone, { recursive: true });
    for (const [args, said] of [
      [[gone], `ecf2ctl: ${gone}: No such file or directory`],
      [[file], `ecf2ctl: ${file}: Not a directory`],
      [[empty], `ecf2ctl: ${empty}: no file that could be loaded`],
      [[empty, '--force'], 'ecf2ctl: import: what is `--force`? `ecf2ctl help import`'],
      [[empty, empty], `ecf2ctl: import: what is \`${empty}\`? \`ecf2ctl help import\``],
    ]) {
      const { status, stdout, told: lines } = target.import(...args);
      assert.deepEqual([status, stdout, lines], [2, '', [said]]);
    }
  });

  test('no database: told, exit status 1', () => {
    const env = { ...target.env };
    target.env.ECF2_DATABASE = `host=${target.cluster}/nowhere`;
    const { status, stdout, stderr } = target.import({ lead_providers: world().lead_providers });
    target.env = env;
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^ecf2ctl: .*nowhere/);
    assert.ok(!stderr.includes(tokenKey));
  });

  test('a file of many records of several lines', async () => {
    const own = await Target.make();
    after(() => own.stop());
    const folder = write({});
    const n = 50_000;
    writeFileSync(join(folder, 'delivery_partners.csv'), `name\n${Array.from({ length: n }, (_, i) => `"Partner\n${i}"\n`).join('')}`);
    assert.deepEqual(counts(own.import(folder)).delivery_partners, { rows: n, inserted: n, updated: 0, unchanged: 0, skipped: 0 });
    writeFileSync(join(folder, 'delivery_partners.csv'), `name,delivery_partner_id\n${Array.from({ length: n }, (_, i) => `"Partner\n${i}",\n`).join('')}Last,x\n`);
    assert.deepEqual(own.import(folder).told, [`delivery_partners.csv:${2 * n + 2}: delivery_partner_id "x": not a UUID`, summary(1)]);
  });
});
