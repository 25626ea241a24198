// Bulk: lines accepted a second, nobody deciding them, beside single asynchronous accepts and beside COPY of the same rows into
// the same tables; and the 99th percentile of a waiting POST with and without a flood of bulk requests under way.
import { join } from 'node:path';
import { inRounds } from './lib/measure.mjs';
import { finished, folder, load, warmLoad } from './lib/load.mjs';
import { cpuOfOurs, startOurs } from './lib/ours.mjs';
import { connection, declarationPath, reset, scalar, uploadsOf, worldOf, writeRequests } from './lib/world.mjs';

export const name = 'bulk';

const lines = 10_000, uploads = 5, rounds = 2;
const singles = { seconds: 4, warmup: 2, connections: 256 };
const waiting = { seconds: 6, warmup: 2, connections: 64, rate: 50 };

async function upload(url, { token, body }) {
  const answer = await fetch(`${url}${declarationPath}/bulk`, { method: 'POST', body, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' } });
  const text = await answer.text();
  if (answer.status !== 202) throw new Error(`a bulk request was answered ${answer.status}: ${text}`);
}

async function mustBeStored(world, count) {
  const stored = await scalar(world, 'select count(*) from submissions');
  if (stored !== count) throw new Error(`${count} lines were accepted, ${stored} are stored`);
}

/** One after the other, as one client sends them: the time is from the first byte to the last 202. */
async function ofBulk(world, system, requests) {
  await reset(world);
  const began = performance.now();
  for (const request of requests) await upload(system.url, request);
  const seconds = (performance.now() - began) / 1000;
  await mustBeStored(world, requests.length * lines);
  return { value: (requests.length * lines) / seconds };
}

async function ofSingles(world, system, requests) {
  await reset(world);
  const result = await warmLoad(() => cpuOfOurs(system), { url: system.url, requests, ...singles });
  return { value: result.rate };
}

const psql = (world, ...commands) => finished('psql', ['-Xq', '-v', 'ON_ERROR_STOP=1', '-h', connection(world.database).host, '-U', 'postgres', '-d', world.database, ...commands.flatMap((c) => ['-c', c])]);

/** What the bulk requests of the round before left in the tables, written again by COPY, a transaction a batch. */
async function ofCopy(world) {
  const { rows } = await world.db.query('select id from submission_batches order by id');
  const columns = '(id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, subject, as_of, trace_id, request_digest, payload, batch_id, batch_line)';
  const fileOf = (id, what) => join(folder(), `${id}.${what}`);
  for (const { id } of rows) {
    await psql(world, `\\copy (select * from submission_batches where id = '${id}') to '${fileOf(id, 'batch')}'`,
      `\\copy (select ${columns.slice(1, -1)} from submissions where batch_id = '${id}' order by batch_line) to '${fileOf(id, 'lines')}'`);
  }
  await reset(world);
  const began = performance.now();
  await psql(world, ...rows.flatMap(({ id }) => ['begin', `\\copy submission_batches from '${fileOf(id, 'batch')}'`, `\\copy submissions ${columns} from '${fileOf(id, 'lines')}'`, 'commit']));
  const seconds = (performance.now() - began) / 1000;
  await mustBeStored(world, rows.length * lines);
  return { value: (rows.length * lines) / seconds };
}

/** Waiting POSTs at a rate; with `flood`, bulk requests are under way all the time. Gives the 99th percentile in ms. */
async function ofWaiting(world, system, requests, flood) {
  await reset(world);
  let ended = false, sent = 0;
  const flooding = (async () => {
    for (const request of flood) {
      if (ended) return;
      await upload(system.url, request);
      sent++;
      // Two uploads of lines ahead of what is decided.
      while (!ended && sent * lines - (await scalar(world, 'select count(*) from submission_outcomes as o join submissions as s on s.accepted_at = o.accepted_at and s.id = o.submission_id where s.batch_id is not null')) > 2 * lines) {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  })();
  if (flood.length > 0) while (sent === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const { latency_us: us } = await load({ url: system.url, requests, expect: [200, 422], ...waiting });
  ended = true;
  const undecided = await scalar(world, `select count(*) from submissions as s where batch_id is not null and not exists (select from submission_outcomes as o where o.accepted_at = s.accepted_at and o.submission_id = s.id)`);
  await flooding;
  if (flood.length > 0 && undecided === 0) throw new Error('the flood was over before the measurement was');
  return { value: us.p99 / 1000, us };
}

export async function run({ log, note }) {
  const world = await worldOf(100_000, log);
  const requests = uploadsOf(world, uploads, lines);
  const async = writeRequests(join(folder(), 'bulk'), world, 200_000, { prefer: 'respond-async' });
  let system = await startOurs(world, { workers: { intake: 1, query: 1 } });
  let seen;
  try {
    seen = await inRounds(rounds, {
      'single accepts': () => ofSingles(world, system, async),
      bulk: () => ofBulk(world, system, requests),
      COPY: () => ofCopy(world),
    }, log);
  } finally {
    await system.stop();
  }
  // Of other people: whoever has lines that are undecided waits for them.
  const flooders = [1, 2, 3, 4, 5], others = [6, 7, 8, 9, 10];
  const waits = writeRequests(join(folder(), 'bulk-waiting'), world, 20_000, { providers: others });
  system = await startOurs(world);
  let beside;
  try {
    beside = await inRounds(1, {
      alone: () => ofWaiting(world, system, waits, []),
      flooded: () => ofWaiting(world, system, waits, uploadsOf(world, 20, lines, flooders)),
    }, log);
  } finally {
    await system.stop();
  }
  const last = Object.entries(beside).map(([side, { all }]) => [side, all.at(-1).us]);
  note(`Waiting POST at ${waiting.rate}/s beside bulk, milliseconds of the last round`, ['| | p50 | p90 | p99 | max |', '| --- | ---: | ---: | ---: | ---: |',
    ...last.map(([side, us]) => `| ${side} | ${us.p50 / 1000} | ${us.p90 / 1000} | ${us.p99 / 1000} | ${us.max / 1000} |`)].join('\n'));
  return [
    { name: 'bulk lines accepted', ours: seen.bulk.value, peer: 'our single accepts, 256 connections', theirs: seen['single accepts'].value, ratio: seen.bulk.value / seen['single accepts'].value, unit: '/s' },
    { name: 'bulk lines accepted', ours: seen.bulk.value, peer: 'COPY of the same rows', theirs: seen.COPY.value, ratio: seen.bulk.value / seen.COPY.value, unit: '/s' },
    { name: `waiting POST, p99 at ${waiting.rate}/s beside a flood of bulk`, ours: beside.flooded.value, peer: 'the same without it', theirs: beside.alone.value, ratio: beside.flooded.value / beside.alone.value, unit: 'ms' },
  ];
}
