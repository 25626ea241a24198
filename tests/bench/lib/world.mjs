// Worlds (world.sql) and the requests that are made in them.
import { createHash, createHmac } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { connect, copyDatabase, root, sharedCluster } from '../../support/cluster.mjs';
import { finished } from './load.mjs';

export const tokenKey = 'the key of the benchmarks, which is no secret';
const tokens = Array.from({ length: 10 }, (_, i) => `token-of-lead-provider-${i + 1}`);
export const declarationPath = '/api/v3/participant-declarations';
const types = ['retained-1', 'retained-2', 'retained-3', 'retained-4', 'completed', 'extended-1', 'extended-2', 'extended-3'];
const worlds = new Map();

/** What libpq needs to connect to a database as its superuser. */
export const connection = (database) => ({ host: join(sharedCluster(), 'pg'), port: 5432, user: 'postgres', database });

async function load(database, people) {
  const digests = tokens.map((token) => `"\\\\x${createHmac('sha256', tokenKey).update(token).digest('hex')}"`);
  const sql = (...what) => finished('psql', ['-Xq', '-h', join(sharedCluster(), 'pg'), '-U', 'postgres', '-d', database, '-v', `people=${people}`,
    '-v', `token_digests={${digests.join(',')}}`, ...what]);
  const file = (name) => sql('-f', join(root, 'tests/bench', name));
  await file('world.sql');
  await Promise.all([file('world_training.sql'), file('world_places.sql')]);
  await sql('-c', 'drop table people', '-c', 'vacuum analyze');
}

/** The world of so many people, a multiple of 10; made when it is first asked for. */
export async function worldOf(people, log) {
  const database = `world_${people}`;
  if (!worlds.has(people)) {
    log(`making a world of ${people} people`);
    await copyDatabase(sharedCluster(), 'ecf2', database);
    await load(database, people);
    const world = { database, people, connect: async () => (world.db = await connect(sharedCluster(), database)) };
    await world.connect();
    world.lastDeclaration = await scalar(world, 'select coalesce(max(id), 0) from declarations');
    worlds.set(people, world);
  }
  return worlds.get(people);
}

export async function endWorlds() {
  for (const { db } of worlds.values()) await db.end();
}

/** The world as it was before anybody declared anything in it. */
export async function reset(world) {
  const { db, lastDeclaration } = world;
  await db.query('truncate submissions, submission_batches, submission_stages, submission_outcomes, submission_dead_letters, events, idempotency_keys, webhook_deliveries');
  await db.query('set session_replication_role = replica'); // no event is left that could name a declaration
  await db.query('delete from declarations where id > $1', [lastDeclaration]);
  await db.query('set session_replication_role = origin');
  for (const statement of ['vacuum analyze declarations', 'checkpoint']) await db.query(statement);
}

const uuidOf = (n) => createHash('md5').update(`person ${n}`).digest('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');

// Person n's school is (n - 1) / 10 + 1, and that one's provider its number modulo 10, plus 1.
const providerOf = (n) => ((Math.floor((n - 1) / 10) + 1) % 10) + 1;

/** The teachers of a world in an order without order, always the same: [n]. */
function teachersOf(world, count) {
  const all = world.people * 0.6;
  const step = 7919; // a prime that divides no number of teachers here
  return Array.from({ length: Math.min(count, all) }, (_, i) => {
    const k = (i * step) % all;
    return Math.floor(k / 6) * 10 + (k % 6) + 1;
  });
}

/** So many early career teachers, in the same order: [{ id, provider }]. */
export const teachers = (world, count) => teachersOf(world, count).map((n) => ({ id: uuidOf(n), provider: providerOf(n) }));

/** What person n may declare: everybody's first type, then everybody's second, … */
function * wishes(world, count, persons, providers) {
  const teachers = teachersOf(world, persons ?? count);
  for (let i = 0; i < count; i++) {
    const type = Math.floor(i / teachers.length);
    if (type >= types.length) throw new Error(`a world of ${world.people} people cannot declare ${count} times`);
    const n = teachers[i % teachers.length];
    if (providers && !providers.includes(providerOf(n))) continue;
    yield { n, provider: providerOf(n), body: bodyOf(n, type) };
  }
}

function bodyOf(n, type) {
  return JSON.stringify({
    data: {
      type: 'participant-declaration',
      attributes: {
        participant_id: uuidOf(n),
        declaration_type: types[type],
        declaration_date: new Date(Date.UTC(2024, 9, 1, 10) + type * 7 * 86_400_000).toISOString(),
        course_identifier: 'ecf-induction',
        evidence_held: 'training-event-attended',
      },
    },
  });
}

/** The body of one declaration, as everybody sends it. */
export const sampleBody = bodyOf(1, 0);

/** Writes a file of `count` requests for load.c; `persons`: by so many different ones (else by as many as there are);
 *  `providers`: of these only, so many fewer. */
export function writeRequests(file, world, count, { prefer, persons, providers } = {}) {
  const out = openSync(file, 'w');
  let parts = [], size = 0;
  const flush = () => {
    writeSync(out, Buffer.concat(parts));
    [parts, size] = [[], 0];
  };
  for (const { provider, body } of wishes(world, count, persons, providers)) {
    const text = Buffer.from(
      `POST ${declarationPath} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${tokens[provider - 1]}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${prefer ? `Prefer: ${prefer}\r\n` : ''}\r\n${body}`);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(text.length);
    parts.push(head, text);
    if ((size += text.length) > 1 << 20) flush();
  }
  flush();
  closeSync(out);
  return file;
}

/** The same as bulk requests: `count` of so many lines, each of one provider's: [{ token, body }]. */
export function uploadsOf(world, count, lines, providers) {
  const rest = new Map(), uploads = [];
  for (const { provider, body } of wishes(world, world.people * 0.6 * types.length, world.people * 0.6, providers)) {
    const mine = rest.get(provider) ?? [];
    rest.set(provider, mine);
    mine.push(body);
    if (mine.length < lines) continue;
    uploads.push({ token: token(provider), body: Buffer.from(`${mine.join('\n')}\n`) });
    rest.delete(provider);
    if (uploads.length === count) return uploads;
  }
  throw new Error(`a world of ${world.people} people has no ${count} bulk requests of ${lines} lines`);
}

/** The same as jobs for graphile-worker. */
export const jobsOf = (world, count) => [...wishes(world, count)].map(({ provider, body }) => ({ provider, body: JSON.parse(body) }));

export const token = (provider) => tokens[provider - 1];

export async function scalar(world, query, parameters) {
  const { rows } = await world.db.query(query, parameters);
  return Number(Object.values(rows[0])[0]);
}
