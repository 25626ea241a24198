// Rounds, medians, memory; processor time is told by support/processor.mjs.
import { readFileSync } from 'node:fs';

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

let late = () => false;
/** Says by when rounds above two are left out: isLate is asked before each. */
export const onTime = (isLate) => (late = isLate);

/**
 * Runs every contender once a round, in turn, so that what else the machine does hits all alike; two rounds at least, and
 * as many as wanted while there is time. contenders: { name: async () => number or { value, … } }. Gives { name: { value:
 * the median, all: [what each round gave] } }.
 */
export async function inRounds(rounds, contenders, log) {
  const seen = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    if (round > 2 && late()) {
      log('  no time for another round');
      break;
    }
    for (const [name, measure] of Object.entries(contenders)) {
      const result = await measure(round);
      seen[name].push(typeof result === 'number' ? { value: result } : result);
      log(`  round ${round}: ${name} ${figure(seen[name].at(-1).value)}`);
    }
  }
  return Object.fromEntries(Object.entries(seen).map(([name, all]) => [name, { value: median(all.map(({ value }) => value)), all }]));
}

export const figure = (n) => (Math.abs(n) >= 100 ? Math.round(n).toString() : n.toPrecision(3));

/** Resident memory of a process in MiB. */
export function memoryMib(pid, what = 'VmRSS') {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${what}:\\s*(\\d+) kB`, 'm'));
  return Number(line[1]) / 1024;
}

/** Processor time in microseconds of one item, by process. sides: { name: [{ cpu, count }, …, one a round] }. */
export function cpuTable(sides) {
  const lines = Object.entries(sides).map(([side, rounds]) => {
    const count = rounds.reduce((sum, round) => sum + round.count, 0);
    const of = (name) => (rounds.reduce((sum, round) => sum + (round.cpu[name] ?? 0), 0) / count) * 1e6;
    const parts = [...new Set(rounds.flatMap(({ cpu }) => Object.keys(cpu)))].map((name) => [name, of(name)]).sort((a, b) => b[1] - a[1]);
    const all = parts.reduce((sum, [, us]) => sum + us, 0);
    return `| ${side} | ${all.toFixed(0)} | ${parts.map(([name, us]) => `${name} ${us.toFixed(us < 10 ? 1 : 0)}`).join(', ')} |`;
  });
  return ['| side | µs in all | of these |', '| --- | ---: | --- |', ...lines].join('\n');
}
