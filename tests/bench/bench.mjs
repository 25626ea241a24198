// Runs the rows, prints what they gave, writes RESULTS.md and results.csv. See `run`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { endWorlds } from './lib/world.mjs';
import { write } from './lib/results.mjs';

const here = import.meta.dirname;
const order = ['accepts', 'decided', 'waiting', 'import', 'memory', 'ready', 'scale'];

const log = (text) => process.stderr.write(`${text}\n`);
const wanted = (process.env.BENCH ?? order.join(' ')).split(/[\s,]+/).filter(Boolean);
const bin = process.argv[2];
const rows = [], notes = [], left = [];
const started = performance.now();
const LAST_START_MS = 9 * 60_000; // so that all of it takes 15 minutes at most, also on a machine that is slow today

for (const name of wanted) {
  const file = join(here, `${name}.mjs`);
  if (!existsSync(file)) {
    if (process.env.BENCH) throw new Error(`there is no benchmark ${name}: ${order.join(' ')}`);
    continue;
  }
  if (!process.env.BENCH && performance.now() - started > LAST_START_MS) {
    log(`--- ${name}: no time left; BENCH=${name} make bench`);
    left.push(name);
    continue;
  }
  const began = performance.now();
  log(`--- ${name}`);
  const module = await import(file);
  const result = await module.run({ bin, log, note: (title, text) => notes.push({ title, text }) });
  rows.push(...(Array.isArray(result) ? result : [result]));
  log(`    ${Math.round((performance.now() - began) / 1000)} s`);
}
await endWorlds();
if (left.length > 0) notes.push({ title: 'Not measured', text: `For lack of time: ${left.join(', ')}. \`BENCH=NAME make bench\` measures one.` });
await write({ rows, notes, all: !process.env.BENCH, folder: here });
