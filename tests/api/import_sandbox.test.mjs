// `ecf2ctl sandbox`: a world goes into a database once, and what it was loaded from does not stay behind.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bin, root, temporaryFolder } from '../support/cluster.mjs';
import { until } from '../support/system.mjs';
import { Target, counts } from './import_world.mjs';

const target = await Target.make();
after(() => target.stop());
const folder = temporaryFolder('sandbox');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
Object.assign(target.env, { TMPDIR: folder, ECF2_RUNTIME_DIR: '' });

const args = ({ participants = 40, seed = 1, today = '2026-03-15' } = {}) =>
  ['sandbox', '--participants', String(participants), '--seed', String(seed), '--today', today, '--reference', join(root, 'schema/reference')];
const sandbox = (options) => spawnSync(join(bin, 'ecf2ctl'), args(options), { encoding: 'utf8', env: target.env });
const inserted = ({ stdout }) => counts({ stdout: stdout.match(/^loaded[^]*?\d s$/m)[0] }).teachers.inserted;

test('interrupted, it leaves nothing behind', async () => {
  const before = await target.contents();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    await target.db.query('begin');
    await target.db.query('select pg_advisory_xact_lock_shared(0, 0)'); // as any writer holds it
    const child = spawn(join(bin, 'ecf2ctl'), args(), { env: target.env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('close', (status, by) => resolve(by)));
    try {
      await until('it does not wait for the writer', async () =>
        (await target.one(`select count(*)::integer as n from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`)).n === 1, 60_000);
      assert.equal(readdirSync(folder).length, 1);
      child.kill(signal);
      assert.equal(await ended, signal);
    } finally {
      child.kill('SIGKILL');
      await target.db.query('rollback');
    }
    assert.deepEqual(readdirSync(folder), []);
    await until('its session does not end', async () =>
      (await target.one(`select count(*)::integer as n from pg_stat_activity where datname = current_database() and application_name = 'ecf2ctl import'`)).n === 0);
  }
  assert.deepEqual(await target.contents(), before);
});

test('the same one again changes nothing; another one is refused in a sentence', async () => {
  const first = sandbox();
  assert.deepEqual([first.status, first.stderr, inserted(first)], [0, '', 40]);
  const before = await target.contents();
  const again = sandbox();
  assert.deepEqual([again.status, again.stderr, inserted(again)], [0, '', 0]);
  for (const other of [{ seed: 2 }, { participants: 41 }, { today: '2026-03-16' }]) {
    const { status, stderr } = sandbox(other);
    assert.equal(stderr, 'ecf2ctl: the database holds schools or people that are not of this sandbox; it goes into an empty one, or again, with the same numbers and day, into its own\n');
    assert.equal(status, 2);
  }
  assert.deepEqual(await target.contents(), before);
  assert.deepEqual(readdirSync(folder), []);
});

test('lead-provider-api.md 3.1/9 each lead provider has the token that its name says', async () => {
  const { rows } = await target.db.query('select lp.name, t.token_digest from lead_providers lp left join api_tokens t on t.lead_provider_id = lp.id and t.revoked_at is null');
  assert.ok(rows.length > 0);
  for (const { name, token_digest: digest } of rows) {
    const token = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    assert.deepEqual(digest, createHmac('sha256', target.env.ECF2_TOKEN_KEY).update(token).digest(), token);
  }
});
