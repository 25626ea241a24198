// The generator of HTTP load (load.c), pgbench, and processes that are peers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { since } from '../../support/processor.mjs';
import { root, sharedCluster } from '../../support/cluster.mjs';

export const folder = () => process.env.ECF2_TEST_RUN;
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs a command to its end without holding up this process; gives its standard output. onError: is given what it says on
 *  standard error meanwhile. */
export async function finished(command, args, options = {}, onError = () => {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  children.add(child);
  let out = '', err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
    onError(text);
  });
  const [code, signal] = await once(child, 'close');
  children.delete(child);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${code ?? signal}\n${out.slice(-2000)}${err.slice(-2000)}`);
  return out;
}

/** A file for load.c: these requests in turn, again and again until there are `count`; texts of ASCII. */
export function requestFile(file, texts, count) {
  const out = openSync(file, 'w');
  const round = Buffer.concat(texts.flatMap((text) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(text.length);
    return [head, Buffer.from(text, 'latin1')];
  }));
  for (let written = 0; written < count; written += texts.length) writeSync(out, round);
  closeSync(out);
  return file;
}

/** One run of load.c; see there. url: http://127.0.0.1:PORT. Fails when an answer had none of the statuses `expect`. */
export async function load({ url, requests, connections, seconds, warmup = 0, rate, count, skip, expect = [202] }) {
  const options = { to: new URL(url).host, requests, connections, seconds, warmup, rate, count, skip };
  const args = Object.entries(options).filter(([, value]) => value !== undefined).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const result = JSON.parse(await finished(process.env.ECF2_BENCH_LOAD, args));
  const strange = Object.keys(result.statuses).filter((status) => !expect.includes(Number(status)));
  if (strange.length > 0) throw new Error(`answers that were not expected: ${JSON.stringify(result.statuses)}`);
  return result;
}

/** As load, of a server that is warm: so many seconds of load before it are not in what is measured, nor in the
 *  processor time, which `cpu()` tells. Adds { cpu, all: how many requests there were with those before }. */
export async function warmLoad(cpu, { warmup, rate, ...options }) {
  const { sent } = await load({ ...options, seconds: warmup, rate });
  const before = cpu();
  const result = await load({ ...options, rate, skip: sent });
  return { ...result, cpu: { ...since(before, cpu()), 'load generator': result.cpu_seconds }, all: sent + result.answered };
}

/** One run of pgbench, `-M prepared`, 32 clients; gives { tps, done, count }: transactions a second and in all after the
 *  warm-up, in which its sessions fill their caches (of partitions and plans), and in all from the start. */
export async function pgbench(database, script, { seconds, warmup = 0, onWarm = () => {}, variables = {}, clients = 32, user = 'postgres' } = {}) {
  const file = join(folder(), 'pgbench.sql');
  writeFileSync(file, script);
  const counted = [];
  let rest = '';
  const out = await finished('/usr/lib/postgresql/15/bin/pgbench', [
    '-h', join(sharedCluster(), 'pg'), '-U', user, '-n', '-M', 'prepared', '-c', String(clients), '-j', '2', '-f', file,
    '-T', String(warmup + seconds), '-P', '1',
    ...Object.entries({ clients, ...variables }).flatMap(([name, value]) => ['-D', `${name}=${value}`]), database], {}, (text) => {
    const lines = (rest += text).split('\n');
    rest = lines.pop();
    for (const [, at, tps] of lines.map((line) => line.match(/^progress: ([\d.]+) s, ([\d.]+) tps/)).filter(Boolean)) {
      if (Math.round(Number(at)) === warmup) onWarm();
      if (Math.round(Number(at)) > warmup) counted.push(Number(tps));
    }
  });
  const tps = counted.reduce((sum, each) => sum + each, 0) / counted.length;
  return { tps, done: tps * counted.length, count: Number(out.match(/^number of transactions actually processed: (\d+)/m)[1]) };
}

/** A peer: a program of peers/ that prints a line `ready …` of JSON when it is. Gives { ready, child, end() }. */
export async function startPeer(name, env) {
  mkdirSync(folder(), { recursive: true });
  const child = spawn(process.execPath, [join(root, 'tests/bench/peers', name)], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', NO_LOG_SUCCESS: '1', ...env }, stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.add(child);
  let out = '', err = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (err = (err + text).slice(-4000)));
  child.stdout.setEncoding('utf8');
  const ready = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      const line = (out += text).match(/^ready (.*)$/m);
      if (line) resolve(JSON.parse(line[1]));
    });
    child.once('exit', (code, signal) => reject(new Error(`${name} ended with ${code ?? signal}\n${err}`)));
  });
  return {
    ready,
    child,
    said: () => err,
    async end() {
      child.removeAllListeners('exit');
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
      children.delete(child);
    },
  };
}
