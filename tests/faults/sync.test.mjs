// Sync misses nothing (architecture.md section 4, pipeline.md PL-23): who reads a list with updated_since again and again, each
// time from the instant of the request before, sees every change, although it is stamped some time before it can be seen.
//
// Eight writers stamp rows of one provider under the locks that the committer takes, with its own statement, and dwell before
// they commit, so that others who stamped later commit earlier. A reader asks all the while. Each row is changed once: missed
// once it is missed for good. At length also with eight payments workers and real declarations, who dwell as little as they can.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, root } from '../support/cluster.mjs';
import { loadWorld } from '../support/declarations.mjs';
import { Client, Load } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';

const writers = 8, runs = long ? 3 : 1, ms = long ? 60_000 : 4000, dwellMs = 30;
const takeLocks = readFileSync(join(root, 'common/sql/take_locks.sql'), 'utf8');

const system = await startSystem({ workers: { intake: 1, validation: long ? 2 : 1, eligibility: 1, payments: long ? writers : 1, query: 2, scheduler: 1 } });
after(() => system.stop());

let world, provider;
before(async () => {
  world = await loadWorld(system, { providers: 4, people: long ? 20_000 : 40 });
  [provider] = world.providers;
});

/** Reads until `ending()`, and once more; gives the ids that came, and how often it asked. */
async function readOn(ending) {
  const seen = new Set();
  let since = new Date(), asked = 0;
  for (let last = false; !last; asked++) {
    last = ending();
    const now = new Date(); // before it is sent
    for (let page = 1; ; page++) {
      const { status, body, text } = await system.request('GET',
        `/api/v3/participant-declarations?filter[updated_since]=${since.toISOString()}&page[per_page]=3000&page[page]=${page}`, { token: provider.token });
      assert.equal(status, 200, text);
      for (const { id } of body.data) seen.add(id);
      if (body.data.length < 3000) break;
    }
    since = now;
  }
  return { seen, asked };
}

/** Declarations of the provider that nobody has touched since long ago. */
async function makeRows(n) {
  const { rows } = await system.db.query(
    `insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, declaration_date, payment_status,
       delivery_partner_when_created_id, api_updated_at)
     select p.id, p.teacher_id, p.role, p.lead_provider_id, p.contract_period_year, 'started', '2024-10-01', 'voided', (select min(id) from delivery_partners), '2024-10-01'
     from (select * from training_periods where lead_provider_id = $1 order by id limit 1) as p, generate_series(1, $2) returning id::text, api_id`, [provider.id, n]);
  return rows;
}

/** One writer: takes rows off the list, stamps them as the committer does, and dwells. */
async function write(rows, ending, changed) {
  const session = await connect(system.cluster, system.database);
  try {
    while (!ending()) {
      const row = rows.pop();
      if (!row) throw new Error('there were too few rows');
      await session.query('begin');
      await session.query(takeLocks, [[], [3], [provider.id], [true]]);
      await session.query('update declarations set api_updated_at = clock_timestamp() where id = $1', [row.id]);
      await pause(Math.random() * dwellMs);
      await session.query('commit');
      changed.push(row.api_id);
    }
  } finally {
    await session.end();
  }
}

for (let run = 1; run <= runs; run++) {
  test(`a list read on under ${writers} writers misses nothing (run ${run})`, async (t) => {
    const rows = await makeRows(Math.ceil(ms * writers * 0.5)), changed = [];
    const end = performance.now() + ms;
    const ended = () => performance.now() > end;
    let written = false;
    const reading = readOn(() => written);
    await Promise.all(Array.from({ length: writers }, () => write(rows, ended, changed)));
    written = true;
    const { seen, asked } = await reading;
    const missed = changed.filter((id) => !seen.has(id));
    t.diagnostic(`${changed.length} changes, ${asked} lists, ${missed.length} missed`);
    note(`sync: a list with updated_since under ${writers} writers, run ${run}`, { remark: `${changed.length} changes, ${asked} lists read, ${missed.length} missed` });
    assert.equal(missed.length, 0, `${missed.length} of ${changed.length} changes were missed`);
    assert.ok(changed.length > 50 && asked >= 5, `${changed.length} changes, ${asked} lists: too few to mean anything`);
  });
}

test(`and under ${writers} payments workers`, { skip: long ? false : 'at length only' }, async (t) => {
  const load = new Load(new Client(system), world.people, 64);
  const from = (await system.db.query('select clock_timestamp() as now')).rows[0].now;
  let written = false;
  const reading = readOn(() => written);
  await pause(ms);
  await load.end();
  written = true;
  const { seen, asked } = await reading;
  const { rows } = await system.db.query('select api_id from declarations where lead_provider_id = $1 and created_at >= $2', [provider.id, from]);
  const missed = rows.filter(({ api_id }) => !seen.has(api_id));
  t.diagnostic(`${rows.length} declarations, ${asked} lists, ${missed.length} missed`);
  note('sync: a list with updated_since under payments workers', { remark: `${rows.length} declarations, ${asked} lists read, ${missed.length} missed` });
  assert.equal(missed.length, 0, `${missed.length} of ${rows.length} declarations were missed`);
  assert.ok(rows.length > 500 && asked > 50, `${rows.length} declarations, ${asked} lists: too few to mean anything`);
});
