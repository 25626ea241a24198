// What was measured: printed, and kept in RESULTS.md and results.csv.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

// ---- what each benchmark gave, until the next whole run: [{ name, commit, day, rows, notes }]; notes: [{ title, text }], Markdown

const kept = (folder) => join(folder, '../../.build/bench');
const git = (folder, ...args) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();

export const forget = (folder) => rmSync(kept(folder), { recursive: true, force: true });

/** Adds what it is of; gives it back. */
export function keep(folder, result) {
  const whole = { ...result, commit: git(folder, 'describe', '--always', '--dirty'), day: new Date().toISOString().slice(0, 10) };
  mkdirSync(kept(folder), { recursive: true });
  writeFileSync(join(kept(folder), `${result.name}.json`), JSON.stringify(whole));
  return whole;
}

/** The commits, and which benchmarks are of each. */
function runs(results) {
  const byRun = [...Map.groupBy(results, ({ commit, day }) => `${day}, ${commit}`)];
  return byRun.map(([run, of]) => (byRun.length === 1 ? run : `${run}: ${of.map(({ name }) => name).join(', ')}`)).join('; ');
}

const page = (results) => `${table(results.flatMap(({ rows }) => rows))}\n${results.flatMap(({ notes }) => notes).map(({ title, text }) => `\n## ${title}\n\n${text}\n`).join('')}`;

/** Prints these; writes the files when each of `names` was measured, now or since the last whole run was begun: else says what is missing. */
export function write({ results, names, folder }) {
  process.stdout.write(`${page(results)}\n${machine(folder)}\n`);
  const files = names.map((name) => join(kept(folder), `${name}.json`)), missing = names.filter((_, i) => !existsSync(files[i]));
  if (missing.length > 0) return missing;
  const all = files.map((file) => JSON.parse(readFileSync(file, 'utf8'))), rows = all.flatMap((one) => one.rows);
  const [intro, limits] = ['intro.md', 'limits.md'].map((name) => readFileSync(join(folder, name), 'utf8').trim());
  writeFileSync(join(folder, 'RESULTS.md'), `${intro}\n\n- ${runs(all)}\n${machine(folder)}\n\n${page(all)}\n${limits}\n`);
  writeFileSync(join(folder, 'results.csv'), `${[columns, ...rows.map((row) => columns.map((c) => csv(row[c])))].map((r) => r.join(',')).join('\n')}\n`);
  return [];
}
