// What the fault tests found, one row for each fault: at full length (`make faults`) tests/run makes tests/faults/RESULTS.md
// of them.
//   node results.mjs ROWS 'DATE, COMMIT, N passed' >RESULTS.md
import { appendFileSync, readFileSync } from 'node:fs';

export const long = process.env.ECF2_FAULTS === 'long';

/**
 * Notes what came of a fault. counts: as record.mjs gives them; recoveryMs: from the end of the fault until everything was
 * decided that had been accepted; before, during, after: decided per second; remark: a figure of its own.
 */
export function note(fault, { counts = {}, recoveryMs, before, during, after, remark = '' }) {
  const { sent, accepted, decided, lost, doubled, pairs, outOfOrder } = counts;
  const row = { fault, sent, accepted, decided, lost, doubled, pairs, outOfOrder, recoveryMs, before, during, after, remark };
  if (process.env.ECF2_FAULTS_RESULTS) appendFileSync(process.env.ECF2_FAULTS_RESULTS, `${JSON.stringify(row)}\n`);
  return row;
}

const number = (value) => value?.toLocaleString('en-GB') ?? '–';

function line({ fault, sent, accepted, decided, lost, doubled, pairs, outOfOrder, recoveryMs, before, during, after, remark }) {
  const recovery = recoveryMs === undefined ? '–' : `${(recoveryMs / 1000).toFixed(1)} s`;
  const throughput = (rate) => (rate === undefined ? '–' : `${Math.round((100 * rate) / before)} % (${Math.round(rate)} ÷ ${Math.round(before)})`);
  return `| ${[fault, ...[sent, accepted, decided, lost, doubled, pairs, outOfOrder].map(number), recovery, throughput(during), throughput(after), remark].join(' | ')} |`;
}

export function table(rows, run) {
  return `# What the fault tests found

${run}.

Written by \`make faults\` when nothing failed; not by hand. Counted from the client's own record of answers and from the database
(\`tests/support/record.mjs\`): *accepted* was acknowledged with 200, 202 or 422, or found where a 503 said to look; *lost* was
accepted and not stored, or never decided; *doubled* was decided, or had its effects (declaration, event, delivery), twice;
*ordered pairs* are of the same person, and the first was acknowledged before the second was sent; *out of order* was decided
before the first of such a pair. *Recovery*: from the end of the fault until all was decided that had been accepted by the time
service was back. *Throughput during* and *after*: decided per second ÷ the same before, under the same load. Before, it is the
best of 10 spans of 3 s; during and after, the best of as many as it takes to be as good as what is asked for (90 % during, 98 %
after), 60 at most. What is a mean says so. Seconds are those of the processors that other jobs of the machine left.

| fault | sent | accepted | decided | lost | doubled | ordered pairs | out of order | recovery | throughput during | after | |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${rows.map(line).join('\n')}
`;
}

if (import.meta.main) {
  const rows = readFileSync(process.argv[2], 'utf8').trim().split('\n').map((text) => JSON.parse(text));
  process.stdout.write(table(rows.toSorted((a, b) => a.fault.localeCompare(b.fault)), process.argv[3]));
}
