// What a declaration costs in a world of 1 000 000 people against a world of 10 000: the same number of declarations of
// as many people, in turn.
import { join } from 'node:path';
import { inRounds } from './lib/measure.mjs';
import { folder } from './lib/load.mjs';
import { decide } from './decided.mjs';
import { everyWorker, startOurs } from './lib/ours.mjs';
import { reset, worldOf, writeRequests } from './lib/world.mjs';

export const name = 'scale';

// Everybody is declared for once before anything is measured, and one session commits: a session that touches a page of the
// shared memory for the first time has to map it, once in its life of days. The facts of 200 people take 41 ms when a session
// first meets them and 18 ms later, among 10 000 people 16 ms.
const sizes = [10_000, 1_000_000], persons = 4_000, count = 8_000, warm = persons, rounds = 2;
const workers = { ...everyWorker, payments: 1 };

export async function run({ log }) {
  const sides = {};
  for (const size of sizes) {
    const world = await worldOf(size, log);
    await world.db.query('create extension if not exists pg_prewarm');
    sides[size] = { world, requests: writeRequests(join(folder(), `scale-${size}`), world, warm + count, { prefer: 'respond-async', persons }) };
  }
  const measure = async ({ world, requests }) => {
    await reset(world);
    await world.db.query(`select pg_prewarm(oid) from pg_class where relkind in ('r', 'i') and oid >= 16384`); // both are in memory
    const system = await startOurs(world, { workers });
    try {
      const sum = (cpu) => Object.values(cpu).reduce((a, b) => a + b);
      const first = await decide(world, system, requests, warm);
      const { value, cpu } = await decide(world, system, requests, count, warm);
      return { value: 1e6 / value, cpu: (sum(cpu) / count) * 1e6, first: (sum(first.cpu) / warm) * 1e6 };
    } finally {
      await system.stop();
    }
  };
  const seen = await inRounds(rounds, Object.fromEntries(sizes.map((size) => [`${size} people`, () => measure(sides[size])])), log);
  const [small, large] = sizes.map((size) => seen[`${size} people`]);
  const mean = (side, what) => side.all.reduce((sum, one) => sum + one[what], 0) / side.all.length;
  const row = (what, ours, theirs, goal) => ({ name: `a declaration among 1 000 000 people, ${what}`, ours, peer: 'among 10 000', theirs, ratio: ours / theirs, goal, unit: 'µs' });
  return [
    row('processor time', mean(large, 'cpu'), mean(small, 'cpu'), '<= 1.1'),
    row('processor time in new sessions', mean(large, 'first'), mean(small, 'first'), '<= 1.1'),
    row('elapsed at full load', large.value, small.value, undefined),
  ];
}
