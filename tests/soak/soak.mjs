// soak: lead providers (support/lead_provider.mjs) live with a whole system of two fronts and two brokers for some minutes, at
// volume: each has its own copy, polls all its lists, and writes without a pause. Tells every 10 s how it goes, and at the end what
// came of it; fails when something was answered that no client can act on, when a process logged an error or its memory grew by
// more than a tenth in the second half, when a copy is not what is there, or when derived data is not what it would be.
//   node soak.mjs MINUTES     (SOAK_PARTICIPANTS=3000 people, SOAK_WRITERS=2 of each lead provider)
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../support/cluster.mjs';
import { LISTS, LeadProvider } from '../support/lead_provider.mjs';
import { allDecided } from '../support/record.mjs';
import { startSystem } from '../support/system.mjs';
import { Memory, Requests, shown, sizes, sizesTable, table } from './figures.mjs';
import { Wisher } from './wishes.mjs';

const minutes = Number(process.argv[2] ?? 10), participants = Number(process.env.SOAK_PARTICIPANTS ?? 3000), writers = Number(process.env.SOAK_WRITERS ?? 2);
if (!(minutes > 0) || !(participants > 0) || !(writers > 0)) throw new Error('usage: soak.mjs MINUTES');
const reportMs = 10_000, sampleMs = Math.min(2000, minutes * 1500), pollMs = 2000;
const say = (text = '') => process.stdout.write(`${text}\n`);
const failures = [];
const fail = (text) => (failures.push(text), say(`FAILED ${text}`));

const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(0);
const system = await startSystem({
  fronts: 2, brokers: 2, ownCluster: true,
  workers: { intake: 1, validation: 2, eligibility: 1, payments: 2, query: 2, scheduler: 1, notifications: 1 },
});
const requests = new Requests(), memory = new Memory(system);

/** A client for each lead provider of the sandbox, whose token is its name in lower case with hyphens. */
async function begin() {
  const made = system.ctl('sandbox', '--participants', String(participants), '--seed', '1', '--reference', join(root, 'schema/reference'));
  if (made.status !== 0) throw new Error(made.stdout + made.stderr);
  await system.db.query('analyze');
  const { rows } = await system.db.query('select name from lead_providers where exists (select from school_partnerships p where p.lead_provider_id = lead_providers.id) order by name');
  return rows.map(({ name }) => new LeadProvider({
    urls: () => system.urls, name, token: name.toLowerCase().replaceAll(' ', '-'), cohorts: [2026], perPage: 3000,
    onAnswer: (answer) => {
      requests.add(answer);
      if (answer.status !== undefined) system.holds(answer.method, answer.path, answer.sent, answer);
    },
  }));
}

const clients = await begin();
for (const client of clients) await client.syncAll();
const before = await sizes(system.db);
say(`${seconds()} s: ${participants} participants, ${clients.length} lead providers with ${writers} writers each; ${clients.reduce((sum, client) => sum + [...client.copy.values()].reduce((n, { size }) => n + size, 0), 0)} resources read`);

// ---- living

let over = false;
const end = performance.now() + minutes * 60_000;
const isOver = () => over || performance.now() > end;

/** What breaks a loop ends all of them. */
async function loop(what, turn) {
  try {
    while (!isOver()) await turn();
  } catch (error) {
    over = true;
    fail(`${what}: ${error.stack}`);
  }
}

const loops = clients.flatMap((client) => {
  const wisher = new Wisher(client);
  return [
    loop(`${client.name} polls`, async () => {
      await client.syncAll();
      wisher.refresh();
      await pause(pollMs);
    }),
    ...Array.from({ length: writers }, () => loop(`${client.name} writes`, () => wisher.one())),
  ];
});

let counted = requests.count, told = performance.now();
function report(mib) {
  const now = requests.count, at = performance.now();
  say(`${seconds()} s: ${Math.round((1000 * (now - counted)) / (at - told))} requests/s; ${shown(requests.statuses)}`);
  say(`    MiB: ${Object.entries(mib).map(([name, n]) => `${name} ${n.toFixed(0)}`).join(', ')}`);
  [counted, told] = [now, at];
}

memory.take();
while (!isOver()) {
  await pause(sampleMs);
  const mib = memory.take();
  if (performance.now() - told >= reportMs) report(mib);
}
report(memory.take());
await Promise.all(loops);

// ---- what came of it

async function compare() {
  const rows = [], reasons = new Map();
  for (const client of clients) {
    await client.syncAll();
    const differences = await client.differences(), faults = differences.filter(({ gap }) => !gap);
    for (const { list, key, what, mine, theirs } of faults.slice(0, 3)) fail(`${client.name}, ${list} ${key} is ${what}: ${JSON.stringify(mine)}, and is ${JSON.stringify(theirs)}`);
    for (const { list, what, gap } of differences.filter((one) => one.gap)) reasons.set(`${list}, ${what}: ${gap}`, (reasons.get(`${list}, ${what}: ${gap}`) ?? 0) + 1);
    rows.push([client.name, ...Object.keys(LISTS).map((list) => client.copy.get(list).size), differences.length - faults.length, faults.length]);
  }
  say(table(['copies', ...Object.keys(LISTS), 'not told', 'faults'], rows));
  for (const [reason, n] of reasons) say(`not told: ${n} × ${reason}`);
}

/** What processes logged as errors: by process, event and reason, how often. */
function loggedErrors() {
  const lines = [...system.processes.keys()].flatMap((name) => system.logs(name).split('\n').filter((line) => line.includes('"level":"error"')).map((line) => ({ name, ...JSON.parse(line) })));
  return [...Map.groupBy(lines, ({ name, event, reason, detail }) => `${name}: ${event}, ${reason ?? detail ?? ''}`)].map(([what, { length }]) => [what, length]);
}

say('\nrequests');
say(requests.table());
say('\nmemory');
say(memory.table());
for (const { name, growth, grows } of memory.rows()) if (grows) fail(`${name} grew by ${(100 * growth).toFixed(1)} % in the second half`);
for (const [what, text] of requests.unexpected) fail(`${what}: ${text}`);
say('\nerrors that processes logged');
for (const [name, n] of loggedErrors()) fail(`${n} × ${name}`);
say('\nsizes');
await allDecided(system, 60_000).catch((error) => fail(error.message));
await system.db.query('analyze');
say(sizesTable(before, await sizes(system.db)));
say('\ncopies against full syncs');
await compare().catch((error) => fail(error.stack));
const verified = system.ctl('verify', 'derived');
say(`\necf2ctl verify derived: ${verified.stdout.trimEnd().split('\n').slice(-5).join('\n')}${verified.stderr}`);
if (verified.status !== 0) fail('derived data is not what it would be');
await system.stop().catch((error) => fail(error.message));
say(`\n${failures.length === 0 ? 'all is well' : `${failures.length} failures`} after ${seconds()} s`);
process.exit(failures.length > 0 ? 1 : 0);
