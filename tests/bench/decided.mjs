// Declarations accepted over HTTP and decided, distinct people of ten lead providers, as fast as it goes.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import { logOf, logSince, logTable } from './lib/disk.mjs';
import { cpuTable, inRounds } from './lib/measure.mjs';
import { since } from '../support/processor.mjs';
import { folder, load, pgbench, startPeer } from './lib/load.mjs';
import { cpuOfOurs, cpuOfPeer, cpuOfPgbench, startOurs } from './lib/ours.mjs';
import { until } from '../support/system.mjs';
import { connection, jobsOf, reset, sampleBody, scalar, worldOf, writeRequests } from './lib/world.mjs';

export const name = 'decided';

const people = 100_000, count = 12_000, connections = 256, rounds = 3;
const pgbenchSeconds = 6, pgbenchWarmup = 4, peerCount = 3_000, peerWarm = 1_000; // a slower peer gets fewer: it is a rate; the first ones warm it
const written = ['submissions', 'submission_outcomes', 'declarations', 'events', 'webhook_deliveries'];

/** How many rows each table has got since the world was made. */
async function rowsWritten(world) {
  const { rows } = await world.db.query(`select ${written.map((name) => `(select count(*) from ${name})::integer as ${name}`).join(', ')}`);
  return { ...rows[0], declarations: rows[0].declarations - (await scalar(world, 'select count(*) from declarations where submission_id is null')) };
}

async function mustBeWritten(world, expected) {
  const rows = await rowsWritten(world);
  for (const name of written) if (rows[name] !== expected) throw new Error(`${name}: ${rows[name]} rows, not ${expected}`);
  const good = await scalar(world, `select count(*) from submission_outcomes where result = 'succeeded'`);
  if (good !== expected) throw new Error(`${good} of ${expected} succeeded`);
  return rows;
}

/** Looks once a second: counting costs what is being measured, and when the last one was decided the database tells. */
export async function allDecided(world, expected, what) {
  const end = performance.now() + 180_000;
  for (let seen = 0; seen !== expected; ) {
    seen = await scalar(world, 'select count(*) from submission_outcomes');
    if (seen > expected || performance.now() > end) throw new Error(`${seen} of ${expected} decided: ${what()}`);
    if (seen !== expected) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const lastDecided = (world) => scalar(world, 'select extract(epoch from max(decided_at)) * 1000 from submission_outcomes');

/** What an operator would look at when something is not decided. */
function stuck(system) {
  const logs = [...system.processes.keys()].map((name) => `${name}: ${system.logs(name).split('\n').filter((line) => !line.includes('"event":"request"')).slice(-3).join('\n')}`);
  return `not everything is decided\n${JSON.stringify(system.status())}\n${logs.join('\n')}\n`;
}

/** Waits until no broker holds any of them: what a busy machine has handed out twice would be decided again when the world
 *  is reset and its outcome is gone. */
const atRest = (system) => until('records are held', () => system.status().brokers.every(({ status }) => status.records === 0), 60_000);

const profiles = Boolean(process.env.BENCH_PROFILE);

/** Statements that took longest since the statistics were reset: microseconds of each of n declarations. */
async function statements(world, n) {
  const { rows } = await world.db.query(
    `select round(total_exec_time * 1000 / $1)::integer as us, round(total_plan_time * 1000 / $1)::integer as plan, calls::integer, rows::integer,
            shared_blks_hit / $1 as pages, substr(regexp_replace(regexp_replace(query, '^(--.*?\n)+', ''), '\s+', ' ', 'g'), 1, 70) as query
     from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) order by total_exec_time + total_plan_time desc limit 8`, [n]);
  return rows.map((row) => `    ${row.us} µs, planned ${row.plan} µs, pages ${row.pages}, ${row.rows} rows in ${row.calls} calls: ${row.query}`).join('\n');
}

/** Sends n requests, behind those that were sent before, and measures until the last outcome is committed; all must be
 *  successes, and have all their rows. */
export async function decide(world, system, requests, n, skip = 0) {
  if (profiles) await world.db.query('create extension if not exists pg_stat_statements; select pg_stat_statements_reset()');
  const log = await logOf(world), before = cpuOfOurs(system);
  const began = Date.now();
  const accepted = await load({ url: system.url, requests, connections, seconds: 120, count: n, skip });
  await allDecided(world, skip + n, () => stuck(system));
  const cpu = { ...since(before, cpuOfOurs(system)), 'load generator': accepted.cpu_seconds };
  const seconds = ((await lastDecided(world)) - began) / 1000;
  await atRest(system);
  if (profiles) process.stderr.write(`${await statements(world, n)}\n`);
  return { value: n / seconds, cpu, log: logSince(log, await logOf(world), n), count: n, rows: await mustBeWritten(world, skip + n) };
}

// One transaction a declaration, its statements as an application would send them. Person, provider and dates are
// reckoned by pgbench itself, in the order of writeRequests; long texts are those that ours wrote.
const transaction = `\\set i :i + 1
\\set k (:i * :clients + :client_id) * 7919 % ${people * 0.6}
\\set n :k / 6 * 10 + :k % 6 + 1
\\set provider ((:n - 1) / 10 + 1) % 10 + 1
\\set statement (:provider - 1) * 12 + 1
\\set trn 1000000 + :n
\\set tail random(0, 1152921504606846975)
begin;
insert into submissions (id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, subject, as_of, trace_id, payload,
                         request_digest)
select id, uuid_v7_time(id), 'declaration.create', 'lead_provider', :provider, :provider, 'async', 'trn:' || :trn::integer,
       clock_timestamp(), id::text, :payload, :digest
  from (select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
               || '0008' || lpad(to_hex(:tail::bigint), 15, '0'))::uuid as id) as made
returning id, accepted_at, gen_random_uuid() as api_id \\gset
insert into submission_outcomes (submission_id, accepted_at, decided_at, result, http_status, body, resource_type, resource_api_id,
                                 decided_no, facts, rules_version)
values (:id, :accepted_at, clock_timestamp(), 'succeeded', 200, :body, 'participant-declaration', :api_id, nextval('accept_no_seq'), :facts, 1) returning decided_no \\gset
insert into declarations (api_id, training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type,
                          declaration_date, evidence_type, payment_status, payment_statement_id, mentorship_period_id,
                          delivery_partner_when_created_id, submission_id, decided_no)
values (:api_id, :n, :n, 'ect', :provider, 2024, 'retained-1', '2024-10-01 10:00Z', 'training-event-attended', 'eligible', :statement, :n,
        :provider, :id, :decided_no) returning id as declaration \\gset
insert into events (event_type, heading, happened_at, author_type, author_name, submission_id, teacher_id, lead_provider_id, declaration_id)
values ('teacher_declaration_created', :heading, clock_timestamp(), 'lead_provider_api', 'Lead Provider', :id, :n, :provider, :declaration);
insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id, trace_id)
select id, uuid_v7_time(id), :provider, 'submission.decided', :id, :id::text from (select uuid_v7() as id offset 0) as made;
end;
`;

async function ofPgbench(world, sample) {
  await reset(world);
  const digest = '\\x' + createHash('sha256').update(sampleBody).digest('hex');
  const log = await logOf(world);
  let before;
  const { tps, done, count: all } = await pgbench(world.database, transaction, {
    seconds: pgbenchSeconds, warmup: pgbenchWarmup, onWarm: () => (before = cpuOfPgbench()), variables: { i: -1, payload: sampleBody, digest, ...sample },
  });
  const cpu = since(before, cpuOfPgbench());
  await mustBeWritten(world, all);
  return { value: tps, cpu, log: logSince(log, await logOf(world), all), count: done };
}

/** Tasks alone: the jobs are there, nobody speaks HTTP; until the last outcome. */
async function ofTasks(world) {
  await reset(world);
  const pool = new pg.Pool({ ...connection(world.database), max: 2 });
  const utils = await makeWorkerUtils({ pgPool: pool });
  await utils.migrate();
  await world.db.query('truncate graphile_worker._private_jobs cascade'); // another benchmark has left some
  const jobs = jobsOf(world, peerCount);
  for (let i = 0; i < jobs.length; i += 1000) await utils.addJobs(jobs.slice(i, i + 1000).map((payload) => ({ identifier: 'declare', payload })));
  await utils.release();
  await pool.end();
  await world.db.query('analyze graphile_worker._private_jobs');
  const log = await logOf(world);
  const peer = await startPeer('tasks.mjs', { PEER_CONNECTION: JSON.stringify(connection(world.database)), PEER_CONCURRENCY: '16' });
  try {
    const before = cpuOfPeer(peer);
    await allDecided(world, peerCount, () => `tasks are not done\n${peer.said()}`);
    const warm = await scalar(world, 'select extract(epoch from decided_at) * 1000 from submission_outcomes order by decided_at limit 1 offset $1', [peerWarm]);
    const rate = ((peerCount - peerWarm) / ((await lastDecided(world)) - warm)) * 1000;
    const cpu = since(before, cpuOfPeer(peer));
    await mustBeWritten(world, peerCount);
    return { value: rate, cpu, log: logSince(log, await logOf(world), peerCount), count: peerCount };
  } finally {
    await peer.end();
  }
}

/** The long texts of a declaration as ours writes them. */
async function sampleOf(world) {
  const { rows } = await world.db.query(`select o.body::text, o.facts::text, e.heading from submission_outcomes o join events e using (submission_id) limit 1`);
  return rows[0];
}

export async function run({ log, note }) {
  const world = await worldOf(people, log);
  const requests = writeRequests(join(folder(), 'decided'), world, count, { prefer: 'respond-async' });
  await reset(world); // or the system would begin with what another benchmark has left undecided
  const system = await startOurs(world);
  let seen, sample;
  try {
    await decide(world, system, requests, 2_000); // warms it
    seen = await inRounds(Number(process.env.ROUNDS ?? rounds), {
      ours: async () => {
        await reset(world);
        const result = await decide(world, system, requests, count);
        sample ??= await sampleOf(world);
        if (process.env.HOLD) await held(system, world, log);
        return result;
      },
      pgbench: () => ofPgbench(world, sample),
      tasks: () => ofTasks(world),
    }, log);
  } finally {
    await system.stop();
  }
  const of = (peer, text, goal) => ({
    name: 'decided', ours: seen.ours.value, peer: text, theirs: seen[peer].value, ratio: seen.ours.value / seen[peer].value, goal, unit: '/s',
  });
  const { rows } = seen.ours.all[0];
  note('Rows of a decided declaration', `Counted after ${count} of them: ${written.map((name) => `${name} ${rows[name] / count}`).join(', ')}. The peers write the same rows, with facts of ${sample.facts.length} and an answer of ${sample.body.length} bytes.`);
  note('Processor time of a decided declaration', cpuTable(Object.fromEntries(Object.entries(seen).map(([side, { all }]) => [side, all]))));
  note('What a decided declaration costs the disk', logTable(Object.fromEntries(Object.entries(seen).map(([side, { all }]) => [side, all]))));
  return [of('pgbench', 'pgbench, the same rows, one transaction each', '>= 3'), of('tasks', 'graphile-worker, a task each', '>= 10')];
}

/** HOLD=1: leaves the system standing, for who wants to look into it. */
async function held(system, world, log) {
  log(`${system.dir} ${world.database}`);
  await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
}
