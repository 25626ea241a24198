// The 99th percentile of a waiting POST at half of our peak and at half of Fastify's: an open loop, so that a server that
// stalls is charged for all that it kept waiting.
import { join } from 'node:path';
import { inRounds } from './lib/measure.mjs';
import { folder, load, startPeer } from './lib/load.mjs';
import { startOurs } from './lib/ours.mjs';
import { connection, reset, tokenKey, worldOf, writeRequests } from './lib/world.mjs';

export const name = 'waiting';

const people = 100_000, connections = 256, rounds = 2;
const peak = { seconds: 4, warmup: 3 }, paced = { seconds: 5, warmup: 2 };

export async function run({ log, note }) {
  const world = await worldOf(people, log);
  const requests = writeRequests(join(folder(), 'waiting'), world, people * 0.6 * 2);
  const system = await startOurs(world);
  const peer = await startPeer('server.mjs', { PEER_MODE: 'declare', PEER_CONNECTION: JSON.stringify(connection(world.database)), PEER_POOL: '10', PEER_TOKEN_KEY: tokenKey });
  const sides = { ours: system.url, fastify: peer.ready.url };
  const at = async (url, options) => {
    await reset(world);
    return load({ url, requests, connections, expect: [200], ...options });
  };
  try {
    const peaks = await inRounds(rounds, Object.fromEntries(Object.entries(sides).map(([side, url]) => [`peak of ${side}`, async () => (await at(url, peak)).rate])), log);
    const rows = [], lines = [];
    for (const whose of Object.keys(sides)) {
      const rate = Math.floor(peaks[`peak of ${whose}`].value / 2);
      const seen = await inRounds(rounds, Object.fromEntries(Object.entries(sides).map(([side, url]) => [side, async () => {
        const { latency_us: us, behind_us: behind } = await at(url, { ...paced, rate });
        return { value: us.p99 / 1000, us, behind };
      }])), log);
      rows.push({
        name: `waiting POST, p99 at half of ${whose === 'ours' ? 'our peak' : "Fastify's peak"}, ${rate}/s`, ours: seen.ours.value, peer: 'Fastify and pg, one transaction',
        theirs: seen.fastify.value, ratio: seen.ours.value / seen.fastify.value, goal: '< 1', unit: 'ms',
      });
      for (const side of Object.keys(sides)) {
        const { us, behind } = seen[side].all.at(-1);
        lines.push(`| ${rate}/s, ${side} | ${us.p50 / 1000} | ${us.p90 / 1000} | ${us.p99 / 1000} | ${us.p999 / 1000} | ${us.max / 1000} | ${behind.p99 / 1000} |`);
      }
    }
    note('Waiting POST, milliseconds of the last round', ['| rate | p50 | p90 | p99 | p99.9 | max | the generator was late by (p99) |', '| --- | ---: | ---: | ---: | ---: | ---: | ---: |', ...lines].join('\n'));
    return [
      { name: 'waiting POST, peak', ours: peaks['peak of ours'].value, peer: 'Fastify and pg, one transaction', theirs: peaks['peak of fastify'].value, ratio: peaks['peak of ours'].value / peaks['peak of fastify'].value, unit: '/s' },
      ...rows,
    ];
  } finally {
    await peer.end();
    await system.stop();
  }
}
