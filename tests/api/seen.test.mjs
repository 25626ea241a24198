// What an operator sees while 100 clients post is what the database and the clients themselves know: ecf2ctl status and
// /metrics, with the deciders away, under load, and at rest.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { after, test } from 'node:test';
import { declaration, loadWorld, types } from '../support/declarations.mjs';
import { allDecided, Client, count, inParallel, undecided } from '../support/record.mjs';
import { connect, root } from '../support/cluster.mjs';
import { startSystem, until } from '../support/system.mjs';

const clients = 100;
const system = await startSystem({ ownCluster: true });
after(() => system.stop());
const { people } = await loadWorld(system, { people: 200 });
const client = new Client(system);

const countersOf = async (service, pattern) => {
  const counted = new Map();
  for (const [name, value] of await system.metrics(service)) {
    const found = pattern.exec(name);
    if (found) counted.set(found[1], (counted.get(found[1]) ?? 0) + value);
  }
  return counted;
};
const outcomes = async () =>
  new Map((await system.db.query('select result, count(*)::integer as n from submission_outcomes group by 1')).rows.map(({ result, n }) => [result, n]));

test('what 100 clients post, seen from everywhere', async (t) => {
  await system.kill('validation', 'SIGTERM');
  const wishes = people.flatMap((person) => [0, 1, 0, 3].map((type) => [person, declaration(person, types[type])]));
  const load = inParallel(wishes, clients, ([person, body]) => client.submit(person, body));

  await t.test('nobody decides: the same hundred in the brokers, in the database and in both reports', async () => {
    const since = performance.now();
    await until('not all are stored', async () => (await undecided(system.db)) === clients);
    await until('they do not wait for validation', () => system.status().brokers[0].status.services.validation.wait.waiting === clients);
    await until('the broker still shows the worker that left', () => system.status().brokers[0].status.services.validation.workers.length === 0);
    const { database } = system.status();
    assert.deepEqual([database.undecided.wait.count, database.undecided.async.count, database.dead.count], [clients, 0, 0]);
    assert.ok(database.undecided.wait.oldest_seconds <= (performance.now() - since) / 1000 + 1, `${database.undecided.wait.oldest_seconds} s`);
    assert.match(system.ctl('status').stdout, /^ {2}undecided wait +100 +oldest \d/m);
    // The broker sets its gauges once a second.
    await until('the broker does not count them', async () =>
      (await system.metrics('broker')).get('ecf2_queue_depth{service="validation",class="wait"}') === clients);
    await until('the leader does not count them', async () =>
      (await system.metrics('scheduler')).get('ecf2_undecided_stored_submissions{class="wait"}') === clients);
  });

  await t.test('under load: no report is ahead of the database, or behind it', async () => {
    await system.start('validation');
    let samples = 0;
    const seen = load.then(() => true, () => true);
    do {
      const before = await outcomes();
      const decided = await countersOf('payments', /^ecf2_submissions_total\{.*outcome="(\w+)"/);
      const waiting = system.status().database.undecided.wait.count;
      const later = await outcomes();
      // A worker counts after its commit: a batch may be committed and not yet counted, and never the other way round.
      assert.ok((decided.get('succeeded') ?? 0) <= (later.get('succeeded') ?? 0), 'counted before it was committed');
      assert.ok((decided.get('succeeded') ?? 0) >= (before.get('succeeded') ?? 0) - clients, 'committed long before it was counted');
      assert.ok(waiting <= clients, `${clients} clients have ${waiting} undecided submissions`);
      samples++;
    } while (!(await Promise.race([seen, new Promise((resolve) => setTimeout(() => resolve(false), 100))])));
    await load;
    t.diagnostic(`${samples} samples; ${client.summary}`);
  });

  await t.test('at rest: answers, outcomes and counters are the same numbers', async () => {
    await allDecided(system, 30_000);
    assert.deepEqual((await count(system, client)).found, []);
    const answers = new Map([...Map.groupBy(client.told, ({ status }) => String(status))].map(([status, entries]) => [status, entries.length]));
    assert.deepEqual(await countersOf('front', /^ecf2_http_requests_total\{route="\/api\/v3\/participant-declarations",method="POST",status="(\d+)"\}/), answers);
    const counted = new Map(await countersOf('payments', /^ecf2_submissions_total\{.*outcome="(\w+)"/));
    for (const [outcome, n] of await countersOf('validation', /^ecf2_submissions_total\{.*outcome="(\w+)"/)) counted.set(outcome, (counted.get(outcome) ?? 0) + n);
    assert.deepEqual(counted, await outcomes());
    const { brokers, database } = system.status();
    assert.deepEqual(database.undecided.wait, { count: 0, oldest_seconds: null });
    assert.equal(brokers[0].status.records, 0);
    for (const [name, service] of Object.entries(brokers[0].status.services)) {
      for (const lane of ['wait', 'async', 'bulk']) assert.deepEqual(service[lane], { waiting: 0, delayed: 0, handed_out: 0, oldest_ms: 0 }, `${name}, ${lane}`);
    }
  });
});

test('rubbish on the broker’s socket is counted and logged, and nobody else notices', async () => {
  const bad = async () => new Map([...(await system.metrics('broker'))].flatMap(([name, n]) => [[/^ecf2_broker_bad_messages_total\{reason="(\w+)"\}$/.exec(name)?.[1], n]]));
  const rubbish = ['', 'GET / HTTP/1.1\r\nHost: broker\r\n\r\n', Buffer.alloc(100), Buffer.alloc(100, 0xff), Buffer.from('ff00000000000000017f0300504c41494e', 'hex'), randomBytes(4000)];
  const say = (bytes) => new Promise((resolve, reject) => {
    const socket = createConnection(`${system.dir}/broker1.sock`, () => socket.end(bytes));
    socket.on('error', (error) => (/EPIPE|ECONNRESET/.test(error.code) ? resolve() : reject(error))).on('close', resolve).resume();
  });
  const before = await bad();
  for (let i = 0; i < 120; i++) await say(rubbish[i % rubbish.length]);
  await until('they are not counted', async () => (await bad()).get('handshake') >= before.get('handshake') + 120);
  const lines = () => system.logs('broker').split('\n').filter((line) => line.includes('"event":"bad_messages"')).map((line) => JSON.parse(line));
  await until('they are not logged', async () => {
    const logged = lines().flatMap(({ reasons }) => reasons.split(', ')).filter((text) => text.startsWith('handshake '));
    return logged.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0) === (await bad()).get('handshake');
  });
  assert.ok(lines().length <= 60, `${lines().length} lines`); // one a second at most
  assert.ok(lines().every(({ level }) => level === 'warning'));
  const after = await client.submit(people[8], declaration(people[8], types[4]));
  assert.equal(after.status, 200, JSON.stringify(after.answer));
});

test('every metric of every process stands in ops/METRICS.md, with its labels, and no other', async () => {
  const page = readFileSync(`${root}ops/METRICS.md`, 'utf8');
  const told = new Map([...page.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*?) ?\|.*$/gm)].map(([row, name, type, labels]) => [name, { type, row, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).toSorted() }]));
  for (const process of system.processes.keys()) {
    if (system.named(process.split('-')[0]).every(([name]) => name !== process)) continue; // has ended
    for (const sample of (await system.metrics(process)).keys()) {
      const [, shown, text = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(sample);
      const name = told.has(shown) ? shown : shown.replace(/_(bucket|sum|count)$/, '');
      const row = told.get(name);
      assert.ok(row, `${process}: ${sample}`);
      assert.equal(shown !== name, row.type === 'histogram', `${process}: ${sample} is a ${row.type}`);
      const labels = [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]).filter(([label]) => label !== 'le');
      assert.deepEqual(labels.map(([label]) => label).toSorted(), row.labels, `${process}: ${sample}`);
      for (const [label, value] of labels) if (['reason', 'event'].includes(label)) assert.ok(row.row.includes(`\`${value}\``), `${process}: ${sample}`);
    }
  }
  const sources = ['common', 'front', 'workers'].flatMap((folder) => readdirSync(root + folder, { recursive: true }).filter((file) => file.endsWith('.c')).map((file) => readFileSync(`${root}${folder}/${file}`, 'utf8'))).join('');
  for (const name of told.keys()) assert.ok(sources.includes(`"${name}`), `${name}: nobody has it`);
  for (const [, name] of sources.matchAll(/metric_(?:counter|gauge|histogram)\(\s*"(\w+)"/g)) assert.ok(told.has(name), name);
});

test('no log of any process holds a token, a TRN or a name, not even of a statement that was slow or failed (lead-provider-api.md 3.14/4)', async () => {
  const person = people[7];
  const holder = await connect(system.cluster, system.database);
  await holder.query('select pg_advisory_lock(1, hashtext($1))', [person.subject]);
  const sent = client.submit(person, declaration(person, types[4]));
  await new Promise((resolve) => setTimeout(resolve, 1300)); // log_min_duration_statement is 1 s
  await holder.end();
  assert.equal((await sent).status, 200);
  await assert.rejects(system.db.query('insert into teachers (trn, trs_first_name) values ($1, $2)', [person.subject.slice(4), 'Given7']), /duplicate key/);
  const logs = [...system.processes.keys(), 'postgres', 'redis'].map((name) => [name, system.logs(name)]);
  const slow = logs.find(([name]) => name === 'postgres')[1];
  assert.match(slow, /duration: .*take_locks/);
  assert.match(slow, /duplicate key/);
  for (const [name, text] of logs) {
    for (const secret of [...new Set(people.map(({ provider }) => provider.token)), 'trn:', person.subject.slice(4), 'Given7', 'Family7']) {
      assert.ok(!text.includes(secret), `${name}: ${secret}`);
    }
  }
});

test('one trace id is found in every process that had the request in hand, and names the submission', async () => {
  const trace = randomUUID();
  await system.start('validation-2', { ECF2_LOG_LEVEL: 'debug' });
  await system.kill('validation', 'SIGTERM');
  await system.kill('eligibility', 'SIGTERM');
  await system.start('eligibility-2', { ECF2_LOG_LEVEL: 'debug' });
  const { status } = await system.request('POST', '/api/v3/participant-declarations',
    { token: people[0].provider.token, body: declaration(people[0], types[5]), headers: { 'x-request-id': trace } });
  assert.equal(status, 200);
  const { rows: [{ id }] } = await system.db.query('select id from submissions where trace_id = $1', [trace]);
  for (const [name, event] of [['front', 'request'], ['intake', 'submission_accepted'], ['validation-2', 'handed_on'], ['eligibility-2', 'handed_on'], ['payments', 'submission_decided']]) {
    const lines = await until(`${name} says nothing of it`, () => {
      const found = system.logs(name).split('\n').filter((line) => line.includes(trace));
      return found.length > 0 && found;
    });
    assert.ok(lines.some((line) => JSON.parse(line).event === event && (name === 'front' || JSON.parse(line).submission === id)), `${name}: ${lines}`);
  }
});
