// What a declaration costs the disk: bytes of the write-ahead log and how often it is synced, beside what this disk can do.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './load.mjs';

/** Where the log is, and how often it was synced so far. Sessions tell their counts a second late at most. */
export async function logOf(world) {
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const { rows: [now] } = await world.db.query(`select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes, wal_sync::float8 as syncs from pg_stat_wal`);
  return { bytes: now.bytes, syncs: now.syncs };
}

export const logSince = (before, after, count) => ({ bytes: after.bytes - before.bytes, syncs: after.syncs - before.syncs, count });

/** Writes and syncs a file as PostgreSQL does its log, blocks of 8 KiB in place, for a second: how often a second, with so
 *  many blocks a time. */
function syncsASecond(blocks) {
  const path = join(folder(), 'sync'), file = openSync(path, 'w'), bytes = Buffer.alloc(8192 * blocks, 1), ring = 16 << 20;
  for (let at = 0; at < ring; at += 1 << 20) writeSync(file, Buffer.alloc(1 << 20), 0, 1 << 20, at);
  fdatasyncSync(file);
  const end = performance.now() + 1000;
  let count = 0;
  for (let at = 0; performance.now() < end; at = (at + bytes.length) % (ring - bytes.length), count++) {
    writeSync(file, bytes, 0, bytes.length, at);
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(path);
  return count;
}

/** sides: { name: [{ log: { bytes, syncs, count }, value: a second }, …, one a round] }. */
export function logTable(sides) {
  const lines = Object.entries(sides).map(([side, rounds]) => {
    const sum = (of) => rounds.reduce((all, round) => all + of(round), 0), count = sum(({ log }) => log.count);
    const bytes = sum(({ log }) => log.bytes) / count, syncs = sum(({ log }) => log.syncs) / count, rate = sum(({ value }) => value) / rounds.length;
    return `| ${side} | ${Math.round(bytes)} | ${syncs.toPrecision(2)} | ${((bytes * rate) / 1e6).toPrecision(2)} | ${Math.round(syncs * rate)} |`;
  });
  const one = syncsASecond(1), many = syncsASecond(64);
  return [
    '| side | bytes of log each | syncs each | MB/s | syncs/s |', '| --- | ---: | ---: | ---: | ---: |', ...lines,
    `| this disk, one block of 8 KiB a sync | | | ${((one * 8192) / 1e6).toPrecision(2)} | ${one} |`,
    `| this disk, 64 blocks a sync | | | ${((many * 8192 * 64) / 1e6).toPrecision(2)} | ${many} |`,
  ].join('\n');
}
