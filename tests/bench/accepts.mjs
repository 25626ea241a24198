// Durable asynchronous accepts a second over HTTP, nobody deciding them, against one insert a transaction.
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { inRounds, since } from './lib/measure.mjs';
import { folder, load, pgbench } from './lib/load.mjs';
import { cpuOfOurs, startOurs } from './lib/ours.mjs';
import { reset, scalar, worldOf, writeRequests } from './lib/world.mjs';

export const name = 'accepts';

const seconds = 6, warmup = 1, connections = 256, rounds = 3;

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

async function ofPgbench(world) {
  await reset(world);
  const payload = await samplePayload(world);
  const digest = '\\x' + createHash('sha256').update(payload).digest('hex');
  const { tps, count } = await pgbench(world.database, insert, { seconds: warmup + seconds, variables: { payload, digest } });
  await mustHave(world, count);
  return tps;
}

const samplePayload = async () => JSON.stringify({
  data: {
    type: 'participant-declaration',
    attributes: {
      participant_id: '20cab93f-6d58-47b2-ac1d-6ee91f6f4829', declaration_type: 'retained-1', declaration_date: '2024-10-01T10:00:00.000Z',
      course_identifier: 'ecf-induction', evidence_held: 'training-event-attended',
    },
  },
});

async function mustHave(world, count) {
  const stored = await scalar(world, 'select count(*) from submissions');
  if (stored !== count) throw new Error(`${count} were accepted, ${stored} are stored`);
}

async function ofOurs(world, system, requests, log) {
  await reset(world);
  const before = cpuOfOurs(system);
  const result = await load({ url: system.url, requests, connections, seconds, warmup });
  const cpu = since(before, cpuOfOurs(system));
  await mustHave(world, result.answered);
  if (result.exhausted) log('  the requests were used up before the time was over');
  return { value: result.rate, cpu: { ...cpu, load: result.cpu_seconds }, count: result.answered, latency: result.latency_us };
}

export async function run({ log }) {
  const world = await worldOf(100_000, log);
  const requests = writeRequests(join(folder(), 'accepts'), world, 400_000, { prefer: 'respond-async' });
  const system = await startOurs(world, { workers: { intake: Number(process.env.INTAKES ?? 1), query: 1 } });
  try {
    const seen = await inRounds(rounds, {
      ours: () => ofOurs(world, system, requests, log),
      pgbench: () => ofPgbench(world),
    }, log);
    const of = (peer, text, goal) => ({
      name: 'accepts', ours: seen.ours.value, peer: text, theirs: seen[peer].value, ratio: seen.ours.value / seen[peer].value, goal, unit: '/s',
    });
    log(JSON.stringify(seen.ours.all.at(-1)));
    return [of('pgbench', 'pgbench, one row a transaction', '>= 1.5')];
  } finally {
    await system.stop();
  }
}
