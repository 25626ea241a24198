// What was measured: printed, and kept in RESULTS.md and results.csv.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { figure } from './measure.mjs';

const columns = ['name', 'ours', 'peer', 'theirs', 'ratio', 'goal'];

/** Whether a ratio (or, without one, our figure) is what the goal asks for: ">= 1.5", "< 96". */
function reaches({ ratio, ours, goal }) {
  const [, how, text] = (goal ?? '').match(/^(>=|<=|<) ([\d.]+)/) ?? [];
  const value = ratio ?? ours;
  return how && { '>=': value >= text, '<=': value <= text, '<': value < text }[how];
}

const shown = (n, unit = '') => (n === undefined || n === null ? '–' : `${figure(n)}${/^[/%]/.test(unit) || !unit ? unit : ` ${unit}`}`);

function table(rows) {
  const lines = rows.map((row) => [
    row.name, shown(row.ours, row.unit), row.peer ?? '–', shown(row.theirs, row.unit), row.ratio === undefined ? '–' : row.ratio.toFixed(2),
    row.goal ?? 'reported', { true: 'yes', false: '**no**' }[reaches(row)] ?? '–'].join(' | '));
  return ['| row | ours | peer | theirs | ratio | goal | reached |', '| --- | ---: | --- | ---: | ---: | --- | --- |', ...lines.map((line) => `| ${line} |`)].join('\n');
}

const version = (command, ...args) => {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).match(/\d+(\.\d+)+/)?.[0];
  } catch {
    return undefined;
  }
};

function machine(folder) {
  const locked = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies;
  const kernel = readFileSync('/proc/version', 'utf8').match(/\d+\.\d+/)[0];
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[2];
  return [
    `${cpus().length} cores (${cpus()[0].model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${kernel}; average load of 15 minutes at the end: ${load}`,
    `PostgreSQL ${version('psql', '--version')}, synchronous_commit = on, fsync = on; Redis ${version('redis-server', '--version')}; gcc ${version('gcc', '--version')} -O2`,
    `Node ${process.version.slice(1)}; ${Object.entries(locked).map(([name, v]) => `${name} ${v}`).join(', ')}`,
  ].map((line) => `- ${line}`).join('\n');
}

const csv = (value) => (typeof value === 'number' ? String(Number(value.toPrecision(6))) : /[",\n]/.test(value ?? '') ? `"${value.replaceAll('"', '""')}"` : value ?? '');

/** all: whether every row was measured; only then the files are written. notes: [{ title, text }], Markdown. */
export async function write({ rows, notes, all, folder }) {
  const text = `${table(rows)}\n${notes.map(({ title, text: t }) => `\n## ${title}\n\n${t}\n`).join('')}`;
  process.stdout.write(`${text}\n${machine(folder)}\n`);
  if (!all) return;
  const [intro, limits] = ['intro.md', 'limits.md'].map((name) => readFileSync(join(folder, name), 'utf8').trim());
  writeFileSync(join(folder, 'RESULTS.md'), `${intro}\n\n${machine(folder)}\n\n${text}\n${limits}\n`);
  writeFileSync(join(folder, 'results.csv'), `${[columns, ...rows.map((row) => columns.map((c) => csv(row[c])))].map((r) => r.join(',')).join('\n')}\n`);
}
