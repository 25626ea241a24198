// What the fault tests found, one row for each fault: at full length (`make faults`) tests/run makes tests/faults/RESULTS.md
// of them.
//   node results.mjs FOLDER FILE… >RESULTS.md     FOLDER has what each FILE, NAME.test.mjs, found when it passed: NAME.json
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export const long = process.env.ECF2_FAULTS === 'long';

/**
 * Notes what came of a fault. counts: as record.mjs gives them; recoveryMs: from the end of the fault until everything was
 * decided that had been accepted; during, after: decided per second, as twin.mjs gives it; remark: a figure of its own.
 */
export function note(fault, { counts = {}, recoveryMs, during, after, remark = '' }) {
  const { sent, accepted, decided, lost, doubled, pairs, outOfOrder } = counts;
  const row = { fault, sent, accepted, decided, lost, doubled, pairs, outOfOrder, recoveryMs, during, after, remark };
  if (process.env.ECF2_FAULTS_RESULTS) appendFileSync(process.env.ECF2_FAULTS_RESULTS, `${JSON.stringify(row)}\n`);
  return row;
}

const number = (value) => value?.toLocaleString('en-GB') ?? '–';

function line({ fault, sent, accepted, decided, lost, doubled, pairs, outOfOrder, recoveryMs, during, after, remark }) {
  const recovery = recoveryMs === undefined ? '–' : `${(recoveryMs / 1000).toFixed(1)} s`;
  const throughput = (rate) => (rate === undefined ? '–' : `${Math.round((100 * rate.ours) / rate.twins)} % (${Math.round(rate.ours)} ÷ ${Math.round(rate.twins)})`);
  return `| ${[fault, ...[sent, accepted, decided, lost, doubled, pairs, outOfOrder].map(number), recovery, throughput(during), throughput(after), remark].join(' | ')} |`;
}

export function table(rows, run) {
  return `# What the fault tests found

${run}.

Written by \`make faults\` when each file has passed; not by hand. Counted from the client's own record of answers and from the database
(\`tests/support/record.mjs\`): *accepted* was acknowledged with 200, 202 or 422, or found where a 503 said to look; *lost* was
accepted and not stored, or never decided; *doubled* was decided, or had its effects (declaration, event, delivery), twice;
*ordered pairs* are of the same person, and the first was acknowledged before the second was sent; *out of order* was decided
before the first of such a pair. *Recovery*: from the end of the fault until all was decided that had been accepted by the time
service was back. *Throughput during* and *after*: decided per second ÷ the same of a twin, a second system of the same make to
which nothing happened, under the same load in turn with it, 3 s each; of each the best turn counts, of as many as it takes to
be as good as what is asked for (90 % during, 98 % after), three at least and 30 at most. A machine that is shared is faster in one
minute than in another, and so it is not the minutes before that the ones after are compared with. Seconds are those of the
processors that other jobs of the machine left.

| fault | sent | accepted | decided | lost | doubled | ordered pairs | out of order | recovery | throughput during | after | |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${rows.map(line).join('\n')}
`;
}

/** The days and commits of all that was found, the most frequent commit first, with the files of the others. */
export function runs(found) {
  const byRun = Map.groupBy(found, ({ commit, day }) => `${day}, ${commit}`);
  const sorted = [...byRun].toSorted(([, a], [, b]) => b.length - a.length);
  const passed = found.reduce((sum, one) => sum + one.passed, 0);
  return `${passed} passed: ${sorted.map(([run, files], i) => (i === 0 ? run : `${files.map(({ name }) => name).join(', ')} ${run}`)).join('; ')}`;
}

if (import.meta.main) {
  const [folder, ...files] = process.argv.slice(2), names = files.map((file) => basename(file, '.test.mjs'));
  const missing = names.filter((name) => !existsSync(join(folder, `${name}.json`)));
  if (missing.length > 0) {
    process.stderr.write(`not passed yet: ${missing.join(', ')}\n`);
    process.exit(1);
  }
  const found = names.map((name) => ({ name, ...JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) }));
  process.stdout.write(table(found.flatMap(({ rows }) => rows).toSorted((a, b) => a.fault.localeCompare(b.fault)), runs(found)));
}
