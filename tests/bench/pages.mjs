// A page of 3 000 participants that no cache has, one request at a time: beside its two statements alone, and beside Fastify
// with pg, where PostgreSQL makes the JSON (peers/participants.mjs). And the same page in a world of 1 000 000 people.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { inRounds } from './lib/measure.mjs';
import { folder, load, pgbench, requestFile, startPeer } from './lib/load.mjs';
import { startOurs } from './lib/ours.mjs';
import { connection, reset, token, tokenKey, worldOf } from './lib/world.mjs';
import { statement } from './lib/plans.mjs';

export const name = 'pages';

const people = 100_000, sizes = [10_000, 1_000_000], take = 3_000, rounds = 3, seconds = 4, warmup = 1, provider = 1;
const pathOf = (page, size) => `/api/v3/participants?page[page]=${page}&page[per_page]=${size}`;

/** The statements that the page takes, as the query worker sends them, for pgbench. */
async function statementsOf(world) {
  const find = statement('workers/query/sql/list_participants.sql', findValues(provider, take));
  const { rows } = await world.db.query(find);
  assert.equal(rows.length, take);
  const ids = rows.map((row) => Object.values(row)[0]);
  const show = statement('common/sql/show_participants.sql', [
    `'{${ids}}'`, `array_fill(${provider}::bigint, array[${take}])`, `array_fill((now() at time zone 'Europe/London')::date, array[${take}])`]);
  return `${find}\n${show}\n`.replaceAll('HH24:MI:SS', "HH24' || chr(58) || 'MI' || chr(58) || 'SS"); // :MI would be a variable of pgbench's
}

const findValues = (lead, size) => [lead, 'null', 'null', 'null', 'null', "'created_at'", 'null', 0, size];

/** Milliseconds of one request of these paths, one after the other. */
async function msOf(url, ...paths) {
  const requests = requestFile(join(folder(), 'page'), paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token(provider)}\r\n\r\n`), 20_000);
  const { rate } = await load({ url, requests, connections: 1, seconds, warmup, expect: [200] });
  return 1000 / rate;
}

async function sameAnswers(ours, theirs) {
  const get = async (url) => (await (await fetch(url + pathOf(2, 100), { headers: { authorization: `Bearer ${token(provider)}` } })).json()).data;
  assert.deepEqual(await get(theirs), await get(ours));
}

async function besideOthers(log) {
  const world = await worldOf(people, log);
  await reset(world);
  const script = await statementsOf(world), system = await startOurs(world);
  const peer = await startPeer('server.mjs', { PEER_MODE: 'read', PEER_CONNECTION: JSON.stringify(connection(world.database)), PEER_POOL: '10', PEER_TOKEN_KEY: tokenKey });
  try {
    await sameAnswers(system.url, peer.ready.url);
    const { ours, sql, fastify } = await inRounds(rounds, {
      ours: () => msOf(system.url, pathOf(1, take)),
      sql: async () => 1000 / (await pgbench(world.database, script, { seconds, warmup, clients: 1, user: 'ecf2_query' })).tps,
      fastify: () => msOf(peer.ready.url, pathOf(1, take)),
    }, log);
    const row = (what, theirs, goal) => ({ name: `page of ${take} participants, uncached`, ours: ours.value, peer: what, theirs: theirs.value, ratio: ours.value / theirs.value, goal, unit: 'ms' });
    return [row('its two statements alone', sql, '<= 1.3'), row('Fastify, pg and json_agg', fastify)];
  } finally {
    await peer.end();
    await system.stop();
  }
}

/** The same pages among few and many people, in turn. */
async function amongMany(log) {
  const systems = {};
  try {
    for (const size of sizes) {
      const world = await worldOf(size, log);
      await world.db.query('create extension if not exists pg_prewarm');
      await world.db.query("select pg_prewarm(oid) from pg_class where relkind in ('r', 'i') and oid >= 16384");
      systems[size] = await startOurs(world);
    }
    // Of the 1 000 people of a provider in the small world; each page another one, for the last ones are cached for 2 s.
    const each = 900, paths = Array.from({ length: 200 }, (_, i) => pathOf(1, each - i));
    const seen = await inRounds(rounds, Object.fromEntries(sizes.map((size) => [`among ${size}`, () => msOf(systems[size].url, ...paths)])), log);
    const [few, many] = sizes.map((size) => seen[`among ${size}`].value);
    return { name: `page of 700 to ${each} participants, uncached, among 1 000 000 people`, ours: many, peer: 'among 10 000', theirs: few, ratio: many / few, goal: '<= 1.1', unit: 'ms' };
  } finally {
    for (const system of Object.values(systems)) await system.stop();
  }
}

export async function run({ log }) {
  return [...await besideOthers(log), await amongMany(log)];
}
