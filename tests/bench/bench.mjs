// Runs the rows, prints what they gave, writes RESULTS.md and results.csv. See `run`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { endWorlds } from './lib/world.mjs';
import { onTime } from './lib/measure.mjs';
import { forget, keep, write } from './lib/results.mjs';

const here = import.meta.dirname;
// Minutes that each is given, the long ones first: who takes longer on a slow machine makes the later ones do with two rounds.
const minutes = { scale: 3.3, accepts: 2, decided: 1.5, bulk: 1.4, waiting: 1.6, pages: 1.2, cached: 1.2, import: 0.7, changes: 0.4, memory: 0.3, ready: 0.2, plans: 0.2 };
const order = Object.keys(minutes);

const log = (text) => process.stderr.write(`${text}\n`);
const wanted = (process.env.BENCH ?? order.join(' ')).split(/[\s,]+/).filter(Boolean);
const bin = process.argv[2];
const results = [];
const started = performance.now();
const MOST_MINUTES = 15; // of all of it, also on a machine that is slow today: what would not end by then does not start

const elapsed = () => (performance.now() - started) / 60_000;
let due = 0; // by when, in minutes, what runs now is to be over
if (!process.env.BENCH) onTime(() => elapsed() > due - 0.25 * minutes[running]);

let running;
if (!process.env.BENCH) forget(here);
for (const name of wanted) {
  const file = join(here, `${name}.mjs`);
  if (!existsSync(file)) {
    if (process.env.BENCH) throw new Error(`there is no benchmark ${name}: ${order.join(' ')}`);
    continue;
  }
  if (!process.env.BENCH && elapsed() + minutes[name] > MOST_MINUTES) {
    log(`--- ${name}: no time left; BENCH=${name} make bench`);
    continue;
  }
  const began = performance.now();
  running = name;
  due += minutes[name];
  log(`--- ${name}`);
  const module = await import(file);
  const notes = [], rows = await module.run({ bin, log, note: (title, text) => notes.push({ title, text }) });
  results.push(keep(here, { name, rows: Array.isArray(rows) ? rows : [rows], notes }));
  log(`    ${Math.round((performance.now() - began) / 1000)} s`);
}
await endWorlds();
const missing = write({ results, names: order, folder: here });
if (missing.length > 0) {
  log(`RESULTS.md is what it was: not measured yet: ${missing.join(', ')} (BENCH='NAME…' make bench)`);
  if (!process.env.BENCH) process.exitCode = 1;
}
