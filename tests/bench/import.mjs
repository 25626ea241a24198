// `ecf2ctl import` of a sandbox world into an empty database, against INSERT … SELECT of the same rows into the same tables.
// What counts for ours is the whole command, from its start to its end: reading and checking the CSV files, COPY into the
// staging tables, looking up what rows refer to, finding what the database would refuse, the insert, the read models, the
// commit. The peer has its rows ready as they are to be stored, in tables beside (vacuumed, analyzed), and inserts them table by
// table in the order of dependencies, in one transaction. Both write the same rows in the end, with the same keys, checks,
// triggers and indexes.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bin, connect, copyDatabase, dropDatabase, root, sharedCluster } from '../support/cluster.mjs';
import { finished, folder } from './lib/load.mjs';
import { cpuTable, inRounds } from './lib/measure.mjs';
import { cpuSeconds, endedSeconds, since } from '../support/processor.mjs';
import { postgresPids } from './lib/ours.mjs';
import { tokenKey } from './lib/world.mjs';

export const name = 'import';

const participants = 10_000, rounds = 2;
const today = '2026-03-15'; // the same world on whatever day it is measured

const ctl = (database, ...args) => finished(join(bin, 'ecf2ctl'), args, {
  env: {
    PATH: process.env.PATH, ECF2_RUNTIME_DIR: sharedCluster(), ECF2_TOKEN_KEY: tokenKey, ECF2_CLOCK: `${today}T12:00:00Z`,
    ECF2_DATABASE: `host=${sharedCluster()}/pg port=5432 dbname=${database}`, ECF2_REFERENCE_DIR: join(root, 'schema/reference'),
  },
});

/** Runs in a database that is a copy of the template, and is gone afterwards. The copy is on disk before anything is measured. */
async function inCopyOf(template, work) {
  const database = 'import_round';
  await copyDatabase(sharedCluster(), template, database);
  const db = await connect(sharedCluster(), database);
  try {
    await db.query('checkpoint');
    return await work(db, database);
  } finally {
    await db.end();
    await dropDatabase(sharedCluster(), database);
  }
}

const cpu = () => ({ ...cpuSeconds({ postgres: postgresPids() }), ecf2ctl: endedSeconds() });

/** Rows a second, for inRounds. */
async function rate(rows, work) {
  const before = cpu(), began = performance.now();
  await work();
  return { value: rows / ((performance.now() - began) / 1000), cpu: since(before, cpu()), count: rows };
}

/** Tables that hold rows, those that others refer to first: [{ name, rows, columns }]. The record of the run itself is not
 *  among what is imported. */
async function filledTables(db) {
  const { rows } = await db.query(`
    select c.relname as name, (xpath('//n/text()', query_to_xml(format('select count(*) as n from %I', c.relname), false, true, '')))[1]::text::integer as rows,
           (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
             where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns,
           array(select confrelid::regclass::text from pg_constraint where conrelid = c.oid and contype = 'f' and confrelid <> c.oid) as needs
    from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' and not relispartition and relname <> 'import_runs'`);
  const left = new Map(rows.filter((table) => table.rows > 0).map((table) => [table.name, table]));
  const ordered = [];
  while (left.size > 0) {
    const next = [...left.values()].find(({ needs }) => !needs.some((need) => left.has(need)));
    if (!next) throw new Error(`these refer to each other: ${[...left.keys()].join(', ')}`);
    left.delete(next.name);
    ordered.push(next);
  }
  return ordered;
}

/** A database like the template, with what was imported once in tables of the schema peer beside its empty own. */
async function makePeer(directory) {
  await copyDatabase(sharedCluster(), 'ecf2', 'import_peer');
  await ctl('import_peer', 'import', directory);
  const db = await connect(sharedCluster(), 'import_peer');
  const tables = await filledTables(db);
  await db.query('create schema peer');
  for (const { name: table } of tables) await db.query(`create table peer.${table} as table public.${table}`);
  await db.query('set session_replication_role = replica'); // some tables refuse to be emptied, which nobody does otherwise
  await db.query(`truncate ${tables.map((table) => table.name).join(', ')} cascade`);
  await db.query('vacuum analyze');
  await db.end();
  return tables;
}

async function mustHold(db, tables) {
  for (const { name: table, rows } of tables) {
    const { rows: [{ n }] } = await db.query(`select count(*)::integer as n from ${table}`);
    if (n !== rows) throw new Error(`${table}: ${n} rows, not ${rows}`);
  }
}

export async function run({ log, note }) {
  const directory = join(folder(), 'import');
  mkdirSync(directory, { recursive: true });
  await ctl('none', 'sandbox', '--participants', String(participants), '--seed', '1', '--today', today, '--write', directory);
  const tables = await makePeer(directory);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  log(`${rows} rows in ${tables.length} tables`);
  const inserts = tables.map(({ name: table, columns }) => `insert into ${table} (${columns}) overriding system value select ${columns} from peer.${table}`);
  const seen = await inRounds(Number(process.env.ROUNDS ?? rounds), {
    ours: () => inCopyOf('ecf2', async (db, database) => {
      const result = await rate(rows, () => ctl(database, 'import', directory));
      await mustHold(db, tables);
      return result;
    }),
    peer: () => inCopyOf('import_peer', async (db) => {
      const result = await rate(rows, async () => {
        for (const statement of ['begin', ...inserts, 'commit']) await db.query(statement);
      });
      await mustHold(db, tables);
      return result;
    }),
  }, log);
  await dropDatabase(sharedCluster(), 'import_peer');
  note('Import', `A sandbox world of ${participants} participants: ${rows} rows in ${tables.length} tables, of them ${[...tables].sort((a, b) => b.rows - a.rows).slice(0, 6).map((table) => `${table.name} ${table.rows}`).join(', ')}.`);
  note('Processor time of an imported row', cpuTable(Object.fromEntries(Object.entries(seen).map(([side, { all }]) => [side, all]))));
  return [{ name: 'rows imported from CSV', ours: seen.ours.value, peer: 'INSERT … SELECT of the same rows', theirs: seen.peer.value, ratio: seen.ours.value / seen.peer.value, goal: '>= 0.8', unit: '/s' }];
}
