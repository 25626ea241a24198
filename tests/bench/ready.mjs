// From the start of all processes on a database that is there until the front says that it is ready.
import { startOurs } from './lib/ours.mjs';
import { inRounds } from './lib/measure.mjs';
import { script, sharedCluster } from '../support/cluster.mjs';
import { worldOf } from './lib/world.mjs';

export const name = 'ready';

export async function run({ log }) {
  const world = await worldOf(100_000, log);
  const { value } = (await inRounds(3, {
    ours: async () => {
      await world.db.end();
      script('postgres', 'stop', sharedCluster());
      const began = performance.now();
      script('postgres', 'up', sharedCluster());
      const system = await startOurs(world); // returns when every worker is there and /healthcheck/ready says 200
      const seconds = (performance.now() - began) / 1000;
      await system.stop();
      await world.connect();
      return seconds;
    },
  }, log)).ours;
  return [{ name: 'ready after start, PostgreSQL and Redis included', ours: value, goal: '<= 5', unit: 's' }];
}
