// What is counted while the clients of soak.mjs live: requests by operation and status, latencies, memory of every process,
// sizes of tables and indexes. Everything here stays small however long it runs.
import { readFileSync } from 'node:fs';
import { memoryMib } from '../bench/lib/measure.mjs';
import { tree } from '../support/processor.mjs';

// ---- requests

const ratio = 1.05; // of the bounds of two classes: latencies are told to five per cent

/** Latencies in classes of 5 %. */
class Latencies {
  classes = new Map();
  count = 0;

  add(ms) {
    const nth = Math.ceil(Math.log(Math.max(ms, 0.1)) / Math.log(ratio));
    this.classes.set(nth, (this.classes.get(nth) ?? 0) + 1);
    this.count++;
  }

  /** In ms, the upper bound of its class. */
  at(share) {
    let left = share * this.count;
    for (const [nth, n] of [...this.classes].sort(([a], [b]) => a - b)) if ((left -= n) <= 0) return ratio ** nth;
    return 0;
  }
}

export class Requests {
  operations = new Map(); // by operation: { latencies, statuses }
  unexpected = new Map(); // what no client can act on, by "operation status": the first text

  add({ operation, status, text, ms }) {
    if (!this.operations.has(operation)) this.operations.set(operation, { latencies: new Latencies(), statuses: new Map() });
    const { latencies, statuses } = this.operations.get(operation);
    latencies.add(ms);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const key = `${operation} ${status}`;
    if ((status >= 500 && status !== 503) || status === 400 || status === 401) this.unexpected.set(key, this.unexpected.get(key) ?? text);
  }

  get statuses() {
    const all = new Map();
    for (const { statuses } of this.operations.values()) for (const [status, n] of statuses) all.set(status, (all.get(status) ?? 0) + n);
    return all;
  }

  get count() {
    return [...this.operations.values()].reduce((sum, { latencies }) => sum + latencies.count, 0);
  }

  table() {
    const rows = [...this.operations].sort(([a], [b]) => a.localeCompare(b)).map(([operation, { latencies, statuses }]) =>
      [operation, latencies.count, shown(statuses), latencies.at(0.5).toFixed(0), latencies.at(0.99).toFixed(0)]);
    return table(['operation', 'requests', 'statuses', 'p50 ms', 'p99 ms'], rows);
  }
}

export const shown = (statuses) => [...statuses].sort(([a], [b]) => (a ?? 0) - (b ?? 0)).map(([status, n]) => `${n} × ${status ?? 'no answer'}`).join(', ');

export function table(head, rows) {
  const all = [head, ...rows.map((row) => row.map(String))], widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd()).join('\n');
}

// ---- memory

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const mayGrow = 1.1; // in the second half
const noise = 1; // MiB: less than this is what an allocator gives and takes

/** Resident memory of every process, in MiB. Of PostgreSQL's sessions what is their own (RssAnon), all together: what they share
 *  fills once. Sessions come and go, processes do not: who begins again gets another name. */
export class Memory {
  samples = []; // { at, mib: { name: MiB } }

  constructor(system) {
    this.system = system;
  }

  take() {
    const mib = {}, { processes, dir, cluster } = this.system;
    const of = (name, pid, what) => {
      try {
        mib[name] = (mib[name] ?? 0) + memoryMib(pid, what);
      } catch {
        // it has ended
      }
    };
    for (const [name, { child }] of processes) of(name, child.pid);
    of('redis', readFileSync(`${dir}/redis.pid`, 'utf8').trim());
    for (const pid of tree([Number(readFileSync(`${cluster}/pg/data/postmaster.pid`, 'utf8').split('\n')[0])])) of('postgres, own', pid, 'RssAnon');
    this.samples.push({ at: performance.now(), mib });
    return mib;
  }

  /** Of each process: [name, at the beginning, in the middle, at the end, highest, growth of the second half]. A tenth of the time each. */
  rows() {
    const first = this.samples[0].at, span = this.samples.at(-1).at - first;
    const between = (from, until, name) => {
      const within = this.samples.filter(({ at }) => at >= first + from * span && at <= first + until * span), [nearest] = this.samples.filter(({ at }) => at >= first + from * span);
      return median((within.length > 0 ? within : [nearest]).map(({ mib }) => mib[name]));
    };
    return Object.keys(this.samples.at(-1).mib).map((name) => {
      const [begin, middle, end] = [between(0, 0.1, name), between(0.5, 0.6, name), between(0.9, 1, name)];
      return { name, begin, middle, end, highest: Math.max(...this.samples.map(({ mib }) => mib[name] ?? 0)), growth: end / middle - 1, grows: end > middle * mayGrow && end - middle > noise };
    });
  }

  table() {
    const mib = (n) => n.toFixed(1);
    return table(['MiB', 'begin', 'middle', 'end', 'highest', 'second half'], this.rows().map(({ name, begin, middle, end, highest, growth, grows }) =>
      [name, mib(begin), mib(middle), mib(end), mib(highest), `${growth > 0 ? '+' : ''}${(100 * growth).toFixed(1)} %${grows ? ' !' : ''}`]));
  }
}

// ---- tables

/** By table, partitions together: { rows, table, indexes } in MB. */
export async function sizes(db) {
  const { rows } = await db.query(
    `select coalesce(parent.inhparent, c.oid)::regclass::text as name, sum(pg_table_size(c.oid))::float8 / 1e6 as table, sum(pg_indexes_size(c.oid))::float8 / 1e6 as indexes,
            sum(greatest(c.reltuples, 0))::float8 as rows
     from pg_class as c left join pg_inherits as parent on parent.inhrelid = c.oid
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace group by 1`);
  return new Map(rows.map((row) => [row.name, row]));
}

/** What has grown, the largest first, and the sum of all. */
export function sizesTable(before, now) {
  const mb = (n) => n.toFixed(1), zero = { table: 0, indexes: 0, rows: 0 };
  const pairs = [...now.values()].map((row) => [row, before.get(row.name) ?? zero]);
  const sum = (part) => pairs.reduce((all, pair) => ({ table: all.table + pair[part].table, indexes: all.indexes + pair[part].indexes, rows: all.rows + pair[part].rows }), zero);
  const grown = pairs.filter(([a, b]) => a.table + a.indexes - b.table - b.indexes > 0.1).sort(([a, x], [b, y]) => (b.table + b.indexes - y.table - y.indexes) - (a.table + a.indexes - x.table - x.indexes));
  const line = (name, a, b) => [name, mb(b.table), mb(a.table), mb(b.indexes), mb(a.indexes), Math.round(a.rows)];
  return table(['MB', 'table', 'now', 'indexes', 'now', 'rows'], [...grown.map(([a, b]) => line(a.name, a, b)), line('all', sum(0), sum(1))]);
}
