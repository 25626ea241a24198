// Webhooks when things break (notifications.md 6.7, 6.8): whatever is killed, and whenever, each delivery arrives at least once;
// where nothing is, exactly once, whatever the number of workers.
import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as database } from '../support/cluster.mjs';
import { Receiver, addEndpoint, certificate } from '../support/receiver.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const settings = { ECF2_WEBHOOK_TIMEOUT_MS: '1000', ECF2_WEBHOOK_WAIT_MS: '50' };
let system, tls, owner, count = 0;
const ends = [];
before(async () => {
  tls = certificate();
  system = await startSystem({ workers: { notifications: 1 }, fronts: 0, env: { ...settings, ECF2_WEBHOOK_CA: tls.file } });
  await system.db.query(`insert into lead_providers (name) values ('Provider A')`);
  owner = 'Provider A';
});
after(async () => {
  await system?.stop();
  for (const end of ends) await end();
  tls?.end();
});

async function receive(answer, options) {
  const receiver = await new Receiver(answer, options).begin();
  ends.push(() => receiver.end());
  return receiver;
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const endpoint = (receiver, path = `/${++count}`) => ({ path, ...addEndpoint(system, receiver, owner, path) });
/** So many deliveries of an endpoint, which tell of nothing: their ids. */
async function deliver(id, n = 1, db = system.db) {
  const { rows } = await db.query(
    `insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind)
     select id, uuid_v7_time(id), $1, 'webhook.test' from (select uuid_v7() as id from generate_series(1, $2) offset 0) as made returning id`, [id, n]);
  return rows.map((row) => row.id);
}
const final = async (ids) => (await system.db.query(
  `select count(*)::integer as n from webhook_attempts where delivery_id = any($1) and final and outcome = 'accepted'`, [ids])).rows[0].n;
const allTaken = (ids, ms = 30_000) => until(`not all of ${ids.length} are taken`, async () => (await final(ids)) === ids.length, ms);
const times = (messages, ids) => {
  const seen = Map.groupBy(messages, ({ id }) => id);
  return ids.map((id) => seen.get(id)?.length ?? 0);
};
/** Deliveries are promised at least once: lost are those that never came. */
function noteDeliveries(fault, receiver, ids) {
  const often = times(receiver.got, ids), again = often.reduce((sum, n) => sum + Math.max(0, n - 1), 0);
  note(fault, { counts: { sent: receiver.got.length, accepted: ids.length, decided: often.filter((n) => n > 0).length, lost: often.filter((n) => n === 0).length }, remark: `deliveries; ${again} came again, as they may` });
}

test('killed between begun and sent, during a request, and between answer and record: each is sent again', async () => {
  const receiver = await receive(async ({ path }, response) => {
    if (path === interrupted.path && receiver.of(path).length === 1) return undefined; // never answered
    if (path === unrecorded.path && receiver.of(path).length === 1) await locked;
    return response.writableEnded ? undefined : 204;
  }, { tls });
  // A connection that is taken and not spoken to: the attempt is begun, and nothing of it has left.
  let held = true, waits = 0;
  const open = new Set();
  const gate = createServer((near) => {
    open.add(near);
    if (held) return void near.on('error', () => {}).on('data', () => waits++);
    const far = connect(receiver.server.address().port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => (near.destroy(), far.destroy()));
  });
  await new Promise((resolve) => gate.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of open) socket.destroy();
    gate.close();
  });
  let release;
  const locked = new Promise((resolve) => (release = resolve));
  const unsent = { path: '/unsent' };
  Object.assign(unsent, addEndpoint(system, { url: (path) => `https://127.0.0.1:${gate.address().port}${path}`, secrets: receiver.secrets }, owner, unsent.path));
  const [interrupted, unrecorded] = [endpoint(receiver, '/interrupted'), endpoint(receiver, '/unrecorded')];
  // Their own, so that none of them waits for another one's time-out.
  await system.kill('notifications', 'SIGTERM');
  const ids = [];
  for (const { id } of [unsent, interrupted, unrecorded]) ids.push(...(await deliver(id)));
  await system.start('notifications', { ECF2_WEBHOOK_TIMEOUT_MS: '10000' });
  await until('they are not begun', () => waits === 1 && receiver.of('/interrupted').length === 1 && receiver.of('/unrecorded').length === 1);
  await system.db.query('begin');
  await system.db.query('lock table webhook_attempts in share mode');
  release();
  const waiting = `select from pg_stat_activity where application_name like 'notifications-%' and wait_event_type = 'Lock'`;
  await until('nobody waits to write', async () => (await system.db.query(waiting)).rowCount === 1, 5000);
  await system.kill('notifications');
  // What PostgreSQL was sent it would still do; it gives up when it notices that nobody is there.
  await until('its session does not end', async () => (await system.db.query(waiting)).rowCount === 0, 5000);
  await system.db.query('rollback');
  held = false;
  assert.equal(await final(ids), 0);
  assert.deepEqual(times(receiver.got, ids), [0, 1, 1]);
  // As if its time were over: 15 s, in life.
  await system.db.query('begin');
  await system.db.query('set local session_replication_role = replica');
  await system.db.query(`update webhook_attempts set next_at = clock_timestamp() + interval '1 second' where delivery_id = any($1)`, [ids]);
  await system.db.query('commit');
  await system.start('notifications');
  await allTaken(ids);
  assert.deepEqual(times(receiver.got, ids), [1, 2, 2]);
  const { rows } = await system.db.query(`select n, phase from webhook_attempts where delivery_id = $1 order by n, phase desc`, [ids[0]]);
  assert.deepEqual(rows.map(({ n, phase }) => `${n} ${phase}`), ['1 started', '2 started', '2 finished']);
  noteDeliveries('a notifications worker killed between begun and sent, during a request, and between answer and record', receiver, ids);
});

test('two workers, thousands of deliveries: each exactly once, and both have sent', async (t) => {
  const each = long ? 10_000 : 750;
  const receiver = await receive(204);
  const endpoints = Array.from({ length: 4 }, () => endpoint(receiver));
  // A receiver that is only slow is no fault here.
  await system.kill('notifications', 'SIGTERM');
  for (const name of ['notifications', 'notifications-2']) await system.start(name, { ECF2_WEBHOOK_TIMEOUT_MS: '15000' });
  try {
    const begun = performance.now();
    const ids = [];
    for (const { id } of endpoints) ids.push(...(await deliver(id, each)));
    await allTaken(ids, 600_000); // the receiver, which checks each signature, is the slowest of them
    t.diagnostic(`${Math.round((ids.length / (performance.now() - begun - 2000)) * 1000)} deliveries/s`);
    assert.deepEqual(new Set(times(receiver.got, ids)), new Set([1]));
    assert.equal(receiver.got.length, ids.length);
    assert.ok(receiver.got.every(({ valid }) => valid.length === 1));
    const { rows } = await system.db.query(`select worker, count(*)::integer as n, bool_and(n = 1 and outcome = 'accepted') as at_once from webhook_attempts where delivery_id = any($1) and phase = 'finished' group by 1`, [ids]);
    assert.deepEqual(rows.map(({ at_once }) => at_once), [true, true], JSON.stringify(rows));
    // What is locked is unlocked behind the commit by which it was seen to be taken.
    await until('a lock is left', async () => (await system.db.query(`select from pg_locks where locktype = 'advisory' and classid = 5`)).rowCount === 0);
    noteDeliveries('two notifications workers beside each other', receiver, ids);
  } finally {
    for (const name of ['notifications', 'notifications-2']) await system.kill(name, 'SIGTERM');
    await system.start('notifications');
  }
});

test('killed while it sends, again and again at full length: at least once each', async () => {
  const receiver = await receive(204);
  const { id } = endpoint(receiver);
  const rounds = long ? 10 : 1;
  const ids = await deliver(id, 300 * rounds);
  for (let round = 0; round < rounds; round++) {
    const before = receiver.got.length;
    await until('nothing is sent', () => receiver.got.length > before + 20);
    await system.kill('notifications');
    await system.start('notifications');
  }
  await allTaken(ids);
  const often = times(receiver.got, ids);
  assert.ok(often.every((n) => n >= 1));
  assert.ok(often.reduce((sum, n) => sum + n - 1, 0) <= rounds * 8, 'no more than was in flight is sent twice');
  noteDeliveries(`a notifications worker killed while it sends, ${rounds} times`, receiver, ids);
});

test('asked to end, it waits for what is under way and sends nothing new', async () => {
  const receiver = await receive(async () => (await pause(700), 204));
  const { id } = endpoint(receiver);
  const ids = await deliver(id, 20);
  await until('nothing is sent', () => receiver.got.length > 0);
  await system.kill('notifications', 'SIGTERM');
  const sent = receiver.got.length;
  assert.ok(sent < 20, `${sent}`);
  assert.equal(await final(ids), sent, 'all that was sent is recorded');
  await system.start('notifications');
  await allTaken(ids);
  assert.deepEqual(new Set(times(receiver.got, ids)), new Set([1]));
});

test('its session lost during a request: what is answered is recorded, and not sent again', async () => {
  const receiver = await receive(async () => (await pause(500), 204));
  const { id } = endpoint(receiver);
  const ids = await deliver(id, 3);
  await until('nothing is sent', () => receiver.got.length === 3);
  await system.db.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'notifications-%' and datname = current_database()`);
  await allTaken(ids);
  assert.deepEqual(times(receiver.got, ids), [1, 1, 1]);
});

test('one that stands still for good: what it has in hand is sent by another one', { skip: long ? false : 'at full length only: its session has 30 s' }, async () => {
  const receiver = await receive(({ path }) => {
    if (receiver.of(path).length === 1) system.pause('notifications');
    return 204;
  });
  const { id } = endpoint(receiver);
  try {
    const ids = await deliver(id);
    await until('it is not sent', () => receiver.got.length === 1);
    await system.start('notifications-2');
    // The session that holds it ends after 30 s; the other one looks for what is unfinished once a minute.
    await until('nobody else sends it', () => receiver.got.length === 2, 120_000);
    await allTaken(ids);
    system.proceed('notifications');
    await pause(2000);
    assert.deepEqual(times(receiver.got, ids), [2], 'once by each');
  } finally {
    system.proceed('notifications');
    await system.kill('notifications-2', 'SIGTERM');
  }
});

test('without a broker nobody wakes it: what is committed is sent all the same, late commits too; what is rolled back never', async () => {
  const receiver = await receive(204);
  const { id, path } = endpoint(receiver);
  await system.kill('broker');
  try {
    const late = await database(system.cluster, system.database);
    await late.query('begin');
    const [lateId] = await deliver(id, 1, late);
    const undone = await database(system.cluster, system.database);
    await undone.query('begin');
    await deliver(id, 1, undone);
    const begun = Date.now();
    const [early] = await deliver(id);
    await until('the committed one is not sent', () => receiver.of(path).length === 1, 10_000);
    assert.ok(Date.now() - begun < 5000, `after ${Date.now() - begun} ms`);
    assert.deepEqual(receiver.of(path).map((message) => message.id), [early]);
    await undone.query('rollback');
    await late.query('commit');
    const committed = Date.now();
    await until('the late one is not sent', () => receiver.of(path).length === 2, 10_000);
    assert.deepEqual(receiver.of(path)[1].id, lateId);
    assert.ok(receiver.of(path)[1].at - committed >= 1900, 'two seconds after it was seen, not after it was written');
    await Promise.all([late.end(), undone.end()]);
  } finally {
    await system.start('broker');
    await system.ready();
  }
});

test('in production nothing goes to an address that is not public, whatever its name', async () => {
  const receiver = await receive(204, { tls });
  const path = '/inside';
  const { id } = addEndpoint(system, { url: (at) => receiver.url(at, 'localhost'), secrets: receiver.secrets }, owner, path);
  const [outside] = await deliver(id);
  await until('outside production it is not sent', () => receiver.of(path).length === 1);
  await system.kill('notifications', 'SIGTERM');
  await system.start('notifications', { ECF2_ENVIRONMENT: 'production' });
  const [inside] = await deliver(id);
  const { rows: [seen] } = await until('it is not tried', async () => {
    const found = await system.db.query(`select outcome, code, error from webhook_attempts where delivery_id = $1 and phase = 'finished' limit 1`, [inside]);
    return found.rowCount > 0 && found;
  });
  assert.deepEqual(seen, { outcome: 'transient', code: null, error: 'its address is not a public one' });
  assert.deepEqual(receiver.of(path).map((message) => message.id), [outside]);
});

test('without its key it says so, sends nothing and loses nothing', async () => {
  const receiver = await receive(204);
  const { id } = endpoint(receiver);
  await system.kill('notifications', 'SIGTERM');
  await system.start('notifications', { ECF2_WEBHOOK_KEY: '' });
  const ids = await deliver(id);
  await until('it does not say so', () => /webhook_key_missing/.test(system.logs('notifications')) && /webhook_endpoint_unusable/.test(system.logs('notifications')));
  await pause(2500);
  assert.equal(receiver.got.length, 0);
  await system.kill('notifications', 'SIGTERM');
  await system.start('notifications');
  await allTaken(ids);
});
