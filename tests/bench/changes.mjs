// Schedules changed over HTTP and decided: a period of training ends and another begins, for as many people as there are. In a
// world of its own, for what is changed stays so.
import { join } from 'node:path';
import { cpuTable, inRounds } from './lib/measure.mjs';
import { since } from '../support/processor.mjs';
import { folder, load, requestFile } from './lib/load.mjs';
import { cpuOfOurs, startOurs } from './lib/ours.mjs';
import { allDecided } from './decided.mjs';
import { scalar, teachers, token, worldOf } from './lib/world.mjs';

export const name = 'changes';

const people = 20_000, count = 12_000, warm = 3_000, connections = 256;

const body = JSON.stringify({ data: { type: 'participant-change-schedule', attributes: { schedule_identifier: 'ecf-standard-january', course_identifier: 'ecf-induction' } } });

export async function run({ log, note }) {
  const world = await worldOf(people, log);
  const requests = requestFile(join(folder(), 'changes'), teachers(world, count).map(({ id, provider }) =>
    `PUT /api/v3/participants/${id}/change-schedule HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token(provider)}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nPrefer: respond-async\r\n\r\n${body}`), count);
  const system = await startOurs(world, { workers: { intake: 1, validation: 2, query: 1, scheduler: 1 } });
  try {
    const measured = count - warm;
    await load({ url: system.url, requests, connections, seconds: 120, count: warm });
    await allDecided(world, warm, () => JSON.stringify(system.status()));
    const { ours } = await inRounds(1, {
      ours: async () => {
        const before = cpuOfOurs(system), began = Date.now();
        const accepted = await load({ url: system.url, requests, connections, seconds: 120, count: measured, skip: warm });
        await allDecided(world, count, () => JSON.stringify(system.status()));
        const ended = await scalar(world, 'select extract(epoch from max(decided_at)) * 1000 from submission_outcomes');
        return { value: measured / ((ended - began) / 1000), count: measured, cpu: { ...since(before, cpuOfOurs(system)), 'load generator': accepted.cpu_seconds } };
      },
    }, log);
    const good = await scalar(world, `select count(*) from submission_outcomes where result = 'succeeded'`);
    const begun = await scalar(world, 'select count(*) from training_periods where schedule_id = 2');
    if (good !== count || begun !== count) throw new Error(`${good} succeeded and ${begun} periods began, of ${count}`);
    note('Processor time of a changed schedule', cpuTable({ ours: ours.all }));
    return [{ name: 'schedules changed', ours: ours.value, unit: '/s' }];
  } finally {
    await system.stop();
  }
}
