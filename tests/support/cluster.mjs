// The PostgreSQL cluster that test files share: migrated once, each system gets a copy of its template. tests/run starts
// it and names its folder in ECF2_TEST_CLUSTER; a file that is run alone starts its own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export const root = new URL('../..', import.meta.url).pathname;
export const bin = process.env.ECF2_BIN ?? join(root, '.build/gcc/bin');

/** Runs a command to its end; throws with all it said when it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: exit status ${done.status ?? done.signal}\n${done.stdout}${done.stderr}`);
  }
  return done.stdout;
}

export const script = (name, ...args) => run(join(root, 'scripts', name), args);

/** A new folder below the one of this test run, so that tests/run can see that nothing is left. */
export function temporaryFolder(name) {
  return mkdtempSync(join(process.env.ECF2_TEST_RUN ?? tmpdir(), `ecf2-${name}-`));
}

let own; // the cluster of this process, if it had to start one

export function sharedCluster() {
  if (process.env.ECF2_TEST_CLUSTER) return process.env.ECF2_TEST_CLUSTER;
  if (!own) {
    own = temporaryFolder('cluster');
    process.once('exit', () => {
      script('postgres', 'discard', own);
      rmSync(own, { recursive: true, force: true });
    });
    script('postgres', 'start', own);
  }
  return own;
}

export async function connect(cluster, database, user = 'postgres') {
  const client = new pg.Client({ host: join(cluster, 'pg'), port: 5432, database, user });
  client.on('error', () => {}); // a test that kills PostgreSQL finds out by its next query
  await client.connect();
  return client;
}

async function onCluster(cluster, work) {
  const client = await connect(cluster, 'postgres');
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

// Settings of roles in a database (schema/migrations, roles) belong to the cluster: "template" does not copy them.
const copyRoleSettings = `
  select format('alter role %I in database %I set %s = %L', setrole::regrole::text, $2::text, split_part(setting, '=', 1),
                substr(setting, position('=' in setting) + 1)) as statement
  from pg_db_role_setting, unnest(setconfig) as setting
  where setdatabase = (select oid from pg_database where datname = $1)`;

/** Makes the database `name` as a copy of `template`, to which nobody may be connected. */
export function copyDatabase(cluster, template, name) {
  return onCluster(cluster, async (client) => {
    await client.query(`create database ${name} owner ecf2_owner template ${template}`);
    for (const { statement } of (await client.query(copyRoleSettings, [template, name])).rows) {
      await client.query(statement);
    }
  });
}

export function dropDatabase(cluster, name) {
  return onCluster(cluster, (client) => client.query(`drop database if exists ${name} with (force)`));
}

/** The template that holds the world in a folder of CSV files; loaded the first time that anybody asks for it. */
export function worldTemplate(cluster, world, load) {
  const name = 'world_' + createHash('sha256').update(world).digest('hex').slice(0, 16);
  return onCluster(cluster, async (client) => {
    // Whoever comes second waits here, and then finds it.
    await client.query('select pg_advisory_lock(hashtext($1))', [name]);
    const known = await client.query('select from pg_database where datname = $1', [name]);
    if (known.rowCount === 0) {
      const unfinished = `${name}_new`;
      await client.query(`drop database if exists ${unfinished} with (force)`);
      await copyDatabase(cluster, 'ecf2', unfinished);
      load(unfinished);
      await client.query(`alter database ${unfinished} rename to ${name}`);
    }
    return name;
  });
}
