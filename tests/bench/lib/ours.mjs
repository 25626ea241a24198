// Our own system as in production, on a database that is there already: the limits are high, and count.
import { startSystem } from '../../support/system.mjs';
import { cpuSeconds, endedSeconds, title, tree } from '../../support/processor.mjs';
import { sharedCluster } from '../../support/cluster.mjs';
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { tokenKey } from './world.mjs';

const env = {
  ECF2_TOKEN_KEY: tokenKey,
  ECF2_ENVIRONMENT: 'production',
  ECF2_RATE_TOKEN: '1000000000',
  ECF2_RATE_PUBLIC: '1000000000',
  ECF2_RATE_ADDRESS: '1000000000',
  ECF2_RATE_PROTECTED: '1000000000',
  ECF2_LIMIT_WAIT: '100000000',
  ECF2_LIMIT_ASYNC: '100000000',
  ECF2_BROKER_RECORDS: '10000000',
  ECF2_BROKER_BYTES: String(8 * 2 ** 30),
  ECF2_MAX_CONNECTIONS_PER_ADDRESS: '20000',
};

// Deciding is mostly the work of the session that commits: one of these for each core, as operators would scale it.
export const everyWorker = { intake: 1, validation: 1, eligibility: 1, payments: availableParallelism(), query: 1, scheduler: 1 };

/** workers: as for startSystem; more: other settings. */
export const startOurs = (world, { workers = everyWorker, ...more } = {}) =>
  startSystem({ database: world.database, derived: false, workers, env: { ...env, ...more } });

/** The processes of the database server. */
export function postgresPids() {
  const file = `${sharedCluster()}/pg/data/postmaster.pid`;
  return [Number(execFileSync('head', ['-n', '1', file], { encoding: 'utf8' }))];
}

const redisPid = (system) => Number(execFileSync('cat', [`${system.dir}/redis.pid`], { encoding: 'utf8' }));

/** The database server's sessions by whose they are: { 'postgres for payments': [pid, …], … }. */
function sessions() {
  const groups = {};
  for (const pid of tree(postgresPids())) {
    const service = /^postgres: ecf2_(\w+) /.exec(title(pid))?.[1];
    if (service) (groups[`postgres for ${service}`] ??= []).push(pid);
  }
  return groups;
}

/** Processor time so far by kind of process, of the database server also by whose session it was in; for `since`. */
export function cpuOfOurs(system) {
  const groups = { redis: [redisPid(system)], ...sessions() };
  for (const { service, child } of system.processes.values()) (groups[service] ??= []).push(child.pid);
  const seconds = cpuSeconds({ 'postgres besides': postgresPids(), ...groups });
  for (const name of Object.keys(seconds)) if (name.startsWith('postgres for ')) seconds['postgres besides'] -= seconds[name];
  return seconds;
}

/** The same for a peer, and for pgbench, whose processes are children of this one that end. */
export const cpuOfPeer = (peer) => cpuSeconds({ postgres: postgresPids(), peer: [peer.child.pid] });
export const cpuOfPgbench = () => ({ ...cpuSeconds({ postgres: postgresPids() }), pgbench: endedSeconds() });
