// How the pages of lists are found among 100 000 people, with what is read for it: kept in plans/, one file for each list.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain, lists } from './lib/plans.mjs';
import { worldOf } from './lib/world.mjs';

export const name = 'plans';

const people = 100_000;

export async function run({ log }) {
  const { db } = await worldOf(people, log);
  const texts = new Map();
  await db.query('begin');
  await db.query('set local role ecf2_query');
  for (const list of lists()) {
    await explain(db, list, { measured: true }); // pages are in memory then
    texts.set(list.name, `${texts.get(list.name) ?? ''}-- ${list.asked}\n${await explain(db, list, { measured: true })}\n\n`);
  }
  await db.query('rollback');
  const folder = join(import.meta.dirname, 'plans');
  mkdirSync(folder, { recursive: true });
  for (const [list, text] of texts) writeFileSync(join(folder, `${list}.txt`), text.trimEnd() + '\n');
  return [];
}
