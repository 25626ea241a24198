// graphile-worker with one task, `declare`, in a process for each core; with its batching: jobs are fetched and completed many at a time.
import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { declare } from './declare.mjs';

const { PEER_CONNECTION: connection, PEER_CONCURRENCY: concurrency } = process.env;

async function work() {
  const concurrentJobs = Number(concurrency);
  const runner = await run({
    pgPool: new pg.Pool({ ...JSON.parse(connection), max: concurrentJobs + 4 }),
    concurrency: concurrentJobs,
    noHandleSignals: true,
    logger: new Logger(() => (level, message) => level === 'error' && console.error(message)),
    taskList: {
      async declare({ provider, body }, helpers) {
        const text = JSON.stringify(body);
        await helpers.withPgClient((client) => declare(client, { provider, body, text, digest: createHash('sha256').update(text).digest(), mode: 'async' }));
      },
    },
    preset: {
      worker: { concurrentJobs, localQueue: { size: 500 }, completeJobBatchDelay: 5, failJobBatchDelay: 5 },
    },
  });
  process.send('ready');
  await runner.promise;
}

if (cluster.isPrimary) {
  const workers = Array.from({ length: availableParallelism() }, () => cluster.fork());
  let ready = 0;
  cluster.on('message', () => ++ready === workers.length && console.log('ready {}'));
  cluster.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => {
    cluster.removeAllListeners('exit');
    for (const worker of workers) worker.process.kill('SIGKILL');
    process.exit(0);
  });
} else {
  process.on('disconnect', () => process.exit(0));
  await work();
}
