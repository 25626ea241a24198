// Processor time: of processes and all that they started, and of everybody else on the machine.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** Processes and all that they started, now. */
export function tree(pids) {
  const children = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = stat(pid)?.parent;
    if (parent) children.set(parent, [...(children.get(parent) ?? []), Number(pid)]);
  }
  const all = [];
  for (const rest = [...pids]; rest.length > 0;) {
    const pid = rest.pop();
    all.push(pid);
    rest.push(...(children.get(pid) ?? []));
  }
  return all;
}

/** How a process calls itself; empty when it has ended. */
export function title(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

function stat(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    const [own, ended] = [Number(fields[11]) + Number(fields[12]), Number(fields[13]) + Number(fields[14])];
    return { parent: Number(fields[1]), own: own / ticks, ended: ended / ticks };
  } catch {
    return undefined; // it has ended
  }
}

/** Seconds of processor time that the processes of each group have had so far, their children's too, also those that
 *  have ended. groups: { name: [pid, …] }. */
export function cpuSeconds(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, pids]) => [
    name, tree(pids).map(stat).reduce((sum, s) => sum + (s ? s.own + s.ended : 0), 0),
  ]));
}

/** Processor time of children of this process that have ended. */
export const endedSeconds = () => stat('self').ended;

export const since = (before, after) => Object.fromEntries(Object.entries(after).map(([name, s]) => [name, s - (before[name] ?? 0)]));

/** Seconds that all processors were busy so far, also with other machines' work where this one is virtual ("steal"). */
function busySeconds() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / ticks;
}

/** Seconds of processor time that everybody but these processes, and all that they started, has had so far. */
export const othersSeconds = (pids) => busySeconds() - cpuSeconds({ ours: pids }).ours;
