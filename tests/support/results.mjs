// What the fault tests found, one row for each fault: at full length (`make faults`) tests/run makes tests/faults/RESULTS.md
// of them.
//   node results.mjs ROWS >RESULTS.md
import { appendFileSync, readFileSync } from 'node:fs';

export const long = process.env.ECF2_FAULTS === 'long';

/**
 * Notes what came of a fault. counts: as record.mjs gives them; recoveryMs: from the end of the fault until everything was
 * decided that had been accepted; before, after: decided per second; remark: a figure of its own.
 */
export function note(fault, { counts = {}, recoveryMs, before, after, remark = '' }) {
  const { sent, accepted, decided, lost, doubled, outOfOrder } = counts;
  const row = { fault, sent, accepted, decided, lost, doubled, outOfOrder, recoveryMs, before, after, remark };
  if (process.env.ECF2_FAULTS_RESULTS) appendFileSync(process.env.ECF2_FAULTS_RESULTS, `${JSON.stringify(row)}\n`);
  return row;
}

const number = (value) => value?.toLocaleString('en-GB') ?? '–';

function line({ fault, sent, accepted, decided, lost, doubled, outOfOrder, recoveryMs, before, after, remark }) {
  const recovery = recoveryMs === undefined ? '–' : `${(recoveryMs / 1000).toFixed(1)} s`;
  const throughput = after === undefined ? '–' : `${Math.round((100 * after) / before)} % (${Math.round(after)} ÷ ${Math.round(before)})`;
  return `| ${[fault, ...[sent, accepted, decided, lost, doubled, outOfOrder].map(number), recovery, throughput, remark].join(' | ')} |`;
}

export function table(rows) {
  return `# What the fault tests found

Written by \`make faults\`; not by hand. Counted from the client's own record of answers and from the database
(\`tests/support/record.mjs\`): *accepted* was acknowledged with 200, 202 or 422; *lost* was acknowledged and not stored, or
never decided; *doubled* was decided, or had its effects, twice; *out of order* was decided before one of the same person that
had been acknowledged before it was sent. *Recovery*: from the end of the fault until all of it was decided. *Throughput*:
decided per second after ÷ before, both the best of several equal spans under the same load.

| fault | sent | accepted | decided | lost | doubled | out of order | recovery | throughput | |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${rows.map(line).join('\n')}
`;
}

if (import.meta.main) {
  const rows = readFileSync(process.argv[2], 'utf8').trim().split('\n').map((text) => JSON.parse(text));
  process.stdout.write(table(rows.toSorted((a, b) => a.fault.localeCompare(b.fault))));
}
