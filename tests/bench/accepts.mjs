// Durable asynchronous accepts a second over HTTP, nobody deciding them.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cpuTable, inRounds } from './lib/measure.mjs';
import { since } from '../support/processor.mjs';
import { folder, load, pgbench, startPeer, warmLoad } from './lib/load.mjs';
import { cpuOfOurs, cpuOfPeer, cpuOfPgbench, startOurs } from './lib/ours.mjs';
import { connection, reset, sampleBody, scalar, tokenKey, worldOf, writeRequests } from './lib/world.mjs';

export const name = 'accepts';

const seconds = 4, warmup = 1.5, connections = 256, rounds = Number(process.env.ROUNDS ?? 2);
const pgbenchWarmup = 2;

// As its users would write it: values from the client, one row, one transaction. The id is made in the statement,
// because pgbench has no version 7 UUIDs.
const insert = `\\set provider random(1, 10)
\\set trn random(1000001, 1100000)
\\set tail random(0, 1152921504606846975)
insert into submissions (id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, subject, as_of, trace_id, payload,
                         request_digest)
select id, uuid_v7_time(id), 'declaration.create', 'lead_provider', :provider, :provider, 'async', 'trn:' || :trn::integer,
       clock_timestamp(), id::text, :payload, :digest
  from (select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
               || '0008' || lpad(to_hex(:tail::bigint), 15, '0'))::uuid as id) as made;
`;

async function mustBeStored(world, count, what = 'submissions') {
  const stored = await scalar(world, `select count(*) from ${what}`);
  if (stored !== count) throw new Error(`${count} were accepted, ${stored} are stored`);
}

async function ofPgbench(world) {
  await reset(world);
  const digest = '\\x' + createHash('sha256').update(sampleBody).digest('hex');
  let before;
  const { tps, done, count } = await pgbench(world.database, insert, { seconds, warmup: pgbenchWarmup, onWarm: () => (before = cpuOfPgbench()), variables: { payload: sampleBody, digest } });
  const cpu = since(before, cpuOfPgbench());
  await mustBeStored(world, count);
  return { value: tps, cpu, count: done };
}

async function ofOurs(world, system, requests, log) {
  await reset(world);
  const result = await warmLoad(() => cpuOfOurs(system), { url: system.url, requests, connections, seconds, warmup });
  await mustBeStored(world, result.all);
  if (result.exhausted) log('  the requests were used up before the time was over');
  return { value: result.rate, cpu: result.cpu, count: result.answered };
}

async function ofPeer(world, requests, mode, pool) {
  await reset(world);
  const peer = await startPeer('server.mjs', { PEER_MODE: mode, PEER_CONNECTION: JSON.stringify(connection(world.database)), PEER_POOL: String(pool), PEER_TOKEN_KEY: tokenKey });
  try {
    if (mode === 'add-job') await world.db.query('truncate graphile_worker._private_jobs cascade');
    const result = await warmLoad(() => cpuOfPeer(peer), { url: peer.ready.url, requests, connections, seconds, warmup });
    await mustBeStored(world, result.all, mode === 'add-job' ? 'graphile_worker._private_jobs' : 'submissions');
    return { value: result.rate, cpu: result.cpu, count: result.answered };
  } catch (error) {
    throw new Error(`${error.message}\n${peer.said()}`);
  } finally {
    await peer.end();
  }
}

/** The same with everybody running: what is accepted is decided meanwhile. */
async function withDeciders(world, requests, log) {
  await reset(world);
  const system = await startOurs(world);
  try {
    const result = await load({ url: system.url, requests, connections, seconds, warmup });
    await mustBeStored(world, result.answered);
    return result.rate;
  } finally {
    await system.stop();
  }
}

export async function run({ log, note }) {
  const world = await worldOf(100_000, log);
  const requests = writeRequests(join(folder(), 'accepts'), world, 400_000, { prefer: 'respond-async' });
  const system = await startOurs(world, { workers: { intake: 1, query: 1 } });
  let seen;
  try {
    seen = await inRounds(rounds, {
      ours: () => ofOurs(world, system, requests, log),
      pgbench: () => ofPgbench(world),
      fastify: () => ofPeer(world, requests, 'accept', 10),
      graphile: () => ofPeer(world, requests, 'add-job', 10),
    }, log);
  } finally {
    await system.stop();
  }
  const together = await withDeciders(world, requests, log);
  const of = (peer, text, goal) => ({
    name: 'accepts', ours: seen.ours.value, peer: text, theirs: seen[peer].value, ratio: seen.ours.value / seen[peer].value, goal, unit: '/s',
  });
  note('Processor time of an accept', cpuTable(Object.fromEntries(Object.entries(seen).map(([side, { all }]) => [side, all]))));
  return [
    of('pgbench', 'pgbench, one row a transaction', '>= 1.5'),
    of('fastify', 'Fastify and pg', '>= 3'),
    of('graphile', 'Fastify and addJob of graphile-worker', '>= 10'),
    { name: 'accepts, everything running', ours: together, unit: '/s' },
  ];
}
