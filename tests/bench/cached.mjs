// A cached GET, token and limit counted, beside nginx serving the same bytes from a file that it keeps open.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds, inRounds, since } from './lib/measure.mjs';
import { folder, load } from './lib/load.mjs';
import { cpuOfOurs, startOurs } from './lib/ours.mjs';
import { declarationPath, reset, token, worldOf } from './lib/world.mjs';

export const name = 'cached';

const people = 100_000, connections = 256, rounds = 3, seconds = 4, warmup = 2, bytes = 1200;
const declarations = 10; // of each of the ten providers; each entry is filled anew every 2 s
const most = 100_000; // requests a second that the file has enough for

/** Declarations of each provider, whose name is as long as it takes for the answer to have so many bytes. */
async function readable(world, system) {
  const { rows } = await world.db.query(
    `select api_id, lead_provider_id from (select *, row_number() over (partition by lead_provider_id order by id) as n from declarations) as d
     where n <= $1 order by n, lead_provider_id`, [declarations]);
  const get = async ({ api_id: id, lead_provider_id: provider }) => (await system.request('GET', `${declarationPath}/${id}`, { token: token(Number(provider)) })).text;
  const { length } = await get(rows[0]);
  await world.db.query("update lead_providers set name = rpad(name, length(name) + $1, '-')", [bytes - length]);
  await new Promise((resolve) => setTimeout(resolve, 2100)); // what was read is not read from the cache any more
  const body = await get(rows[0]);
  if (Math.abs(body.length - bytes) > 10) throw new Error(`an answer has ${body.length} bytes`);
  return { body, rows };
}

/** For load.c: these GETs, in turn, again and again. */
function writeReads(file, rows, count) {
  const out = openSync(file, 'w');
  const round = Buffer.concat(rows.flatMap(({ api_id: id, lead_provider_id: provider }) => {
    const text = Buffer.from(`GET ${declarationPath}/${id} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token(Number(provider))}\r\n\r\n`);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(text.length);
    return [head, text];
  }));
  for (let written = 0; written < count; written += rows.length) writeSync(out, round);
  closeSync(out);
  return file;
}

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** nginx with a process for each core, and what it says of every path: the body. */
async function startNginx(body) {
  const dir = join(folder(), 'nginx'), port = await freePort(), { username, gid } = userInfo();
  mkdirSync(dir);
  writeFileSync(join(dir, 'body'), body);
  writeFileSync(join(dir, 'nginx.conf'), `${gid === 0 ? `user ${username} root;` : ''}
daemon off; worker_processes auto; pid ${dir}/pid; error_log stderr; worker_rlimit_nofile 65536;
events { worker_connections 8192; }
http {
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600s;
  default_type 'application/json; charset=utf-8'; open_file_cache max=10 inactive=1h; open_file_cache_valid 1h;
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  server { listen 127.0.0.1:${port} reuseport backlog=4096; root ${dir}; location / { rewrite ^ /body break; } }
}`);
  const child = spawn('/usr/sbin/nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const url = `http://127.0.0.1:${port}`, end = performance.now() + 10_000;
  process.once('exit', () => child.kill('SIGKILL'));
  for (;;) {
    const answer = await fetch(`${url}/x`).then((a) => a.text(), () => undefined);
    if (answer === body) return { url, child, end: () => new Promise((resolve) => child.once('exit', resolve) && child.kill('SIGTERM')) };
    if (performance.now() > end || child.exitCode !== null) throw new Error(`nginx does not serve it: ${answer}\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Processor time of one request; answered: without those of the warm-up, whose time is in it. */
const micros = (cpuS, answered) => `${((1e6 * cpuS) / (answered * (seconds + warmup) / seconds)).toFixed(1)} µs`;

export async function run({ log, note }) {
  const world = await worldOf(people, log);
  await reset(world);
  const { rows: names } = await world.db.query('select id, name from lead_providers');
  const system = await startOurs(world);
  let nginx;
  try {
    const { body, rows } = await readable(world, system);
    nginx = await startNginx(body);
    const requests = writeReads(join(folder(), 'cached'), rows, most * (seconds + warmup));
    const results = async () => Object.fromEntries([...await system.metrics('front')].filter(([key]) => key.startsWith('ecf2_cache_requests_total')).map(([key, n]) => [key.match(/"(\w+)"/)[1], n]));
    const cpu = [];
    const sides = {
      ours: async () => {
        const before = cpuOfOurs(system), was = await results();
        const { rate, answered } = await load({ url: system.url, requests, connections, seconds, warmup, expect: [200] });
        const now = await results(), all = Object.keys(now).reduce((sum, key) => sum + now[key] - (was[key] ?? 0), 0);
        const hits = (now.hit + now.joined - (was.hit ?? 0) - (was.joined ?? 0)) / all;
        if (!(hits > 0.9)) throw new Error(`only ${(100 * hits).toFixed(1)} % were not read from the database: ${JSON.stringify(now)}`);
        cpu.push({ ...since(before, cpuOfOurs(system)), answered, hits });
        return rate;
      },
      nginx: async () => {
        const before = cpuSeconds({ nginx: [nginx.child.pid] });
        const { rate, answered } = await load({ url: nginx.url, requests, connections, seconds, warmup, expect: [200] });
        cpu.at(-1).theirs = micros(since(before, cpuSeconds({ nginx: [nginx.child.pid] })).nginx, answered);
        return rate;
      },
    };
    const seen = await inRounds(rounds, sides, log);
    const { answered, hits, theirs, ...spent } = cpu.at(-1);
    const perRequest = Object.entries(spent).filter(([, n]) => n > 0.05).map(([who, n]) => `${who} ${micros(n, answered)}`);
    note('Cached GET', `${(100 * hits).toFixed(1)} % hits or joined, the rest read from the database every 2 s; processor time of one, about: ${perRequest.join(', ')}; nginx ${theirs}.`);
    return [{ name: `cached GET of ${body.length} bytes`, ours: seen.ours.value, peer: 'nginx, the same bytes from a file', theirs: seen.nginx.value, ratio: seen.ours.value / seen.nginx.value, goal: '>= 0.65', unit: '/s' }];
  } finally {
    await nginx?.end();
    await system.stop();
    for (const { id, name: before } of names) await world.db.query('update lead_providers set name = $2 where id = $1', [id, before]);
  }
}
