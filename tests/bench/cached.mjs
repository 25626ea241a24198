// Cached GETs, token and limit counted, beside nginx serving the same bytes from a file that it keeps open: of a declaration, of
// a participant, of a page of 100 participants.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { inRounds } from './lib/measure.mjs';
import { cpuSeconds, since } from '../support/processor.mjs';
import { folder, load, requestFile } from './lib/load.mjs';
import { cpuOfOurs, startOurs } from './lib/ours.mjs';
import { declarationPath, reset, token, worldOf } from './lib/world.mjs';

export const name = 'cached';

const people = 100_000, connections = 256, rounds = 3, seconds = 3, warmup = 1.5, bytes = 1200;
const each = 10; // of each of the ten providers; each entry is filled anew every 2 s

const get = (system, { path, provider }) => system.request('GET', path, { token: token(provider) }).then(({ status, text }) => {
  assert.equal(status, 200, text);
  return text;
});

/** Declarations of each provider, whose name is as long as it takes for the answer to have so many bytes. */
async function declarationsOf(world, system) {
  const { rows } = await world.db.query(
    `select api_id, lead_provider_id from (select *, row_number() over (partition by lead_provider_id order by id) as n from declarations) as d
     where n <= $1 order by n, lead_provider_id`, [each]);
  const reads = rows.map(({ api_id: id, lead_provider_id: provider }) => ({ path: `${declarationPath}/${id}`, provider: Number(provider) }));
  const { length } = await get(system, reads[0]);
  await world.db.query("update lead_providers set name = rpad(name, length(name) + $1, '-')", [bytes - length]);
  await new Promise((resolve) => setTimeout(resolve, 2100)); // what was read is not read from the cache any more
  return reads;
}

async function participantsOf(world) {
  const { rows } = await world.db.query(
    `select t.api_id, s.lead_provider_id from (select *, row_number() over (partition by lead_provider_id order by teacher_id) as n
       from teacher_provider_status) as s join teachers as t on t.id = s.teacher_id where n <= $1 order by n, lead_provider_id`, [each]);
  return rows.map(({ api_id: id, lead_provider_id: provider }) => ({ path: `/api/v3/participants/${id}`, provider: Number(provider) }));
}

const pagesOf = () => Array.from({ length: 10 }, (_, i) => ({ path: '/api/v3/participants?page[per_page]=100', provider: i + 1 }));

// What is read, what it is called, and more requests a second than either side answers.
const subjects = [
  { what: 'a declaration', most: 200_000, readsOf: declarationsOf },
  { what: 'a participant', most: 200_000, readsOf: participantsOf },
  { what: 'a page of 100 participants', most: 100_000, readsOf: pagesOf },
];

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** nginx with a process for each core, and what it says of every path: the body. */
async function startNginx(body) {
  const dir = mkdtempSync(join(folder(), 'nginx-')), port = await freePort(), { username, gid } = userInfo();
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

/** One subject: gives its row, and a line of the note. */
async function measure({ what, most, readsOf }, world, system, log) {
  const reads = await readsOf(world, system), body = await get(system, reads[0]);
  const nginx = await startNginx(body);
  try {
    const texts = reads.map(({ path, provider }) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token(provider)}\r\n\r\n`);
    const requests = requestFile(join(folder(), 'cached'), texts, most * (seconds + warmup));
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
    return {
      line: `- ${what}: ${(100 * hits).toFixed(1)} % hits or joined, the rest read from the database every 2 s; processor time of one, about: ${perRequest.join(', ')}; nginx ${theirs}`,
      row: { name: `cached GET of ${what}, ${body.length} bytes`, ours: seen.ours.value, peer: 'nginx, the same bytes from a file', theirs: seen.nginx.value, ratio: seen.ours.value / seen.nginx.value, goal: '>= 0.65', unit: '/s' },
    };
  } finally {
    await nginx.end();
  }
}

export async function run({ log, note }) {
  const world = await worldOf(people, log);
  await reset(world);
  const { rows: names } = await world.db.query('select id, name from lead_providers');
  const system = await startOurs(world);
  try {
    const seen = [];
    for (const subject of subjects) seen.push(await measure(subject, world, system, log));
    note('Cached GET', seen.map(({ line }) => line).join('\n'));
    return seen.map(({ row }) => row);
  } finally {
    await system.stop();
    for (const { id, name: before } of names) await world.db.query('update lead_providers set name = $2 where id = $1', [id, before]);
  }
}
