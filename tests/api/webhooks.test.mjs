// Webhooks (notifications.md 6.8): what a lead provider is told, signed as the Standard Webhooks specification has it, until
// it takes it. The receivers are real servers; signatures are checked by the library that receivers use.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bin } from '../support/cluster.mjs';
import { Receiver, addEndpoint, certificate } from '../support/receiver.mjs';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london } from './client.mjs';
import { A, B, C, D, participant, world } from './world.mjs';

const waitMs = 50; // after the first failure
let system, a, b, tls;
const receivers = [];
before(async () => {
  tls = certificate();
  system = await startSystem({
    world: world(),
    env: { ECF2_CLOCK: london('2024-10-20 10:00'), ECF2_WEBHOOK_WAIT_MS: `${waitMs}`, ECF2_WEBHOOK_TIMEOUT_MS: '1500', ECF2_WEBHOOK_CA: tls.file },
  });
  [a, b] = [A, B].map((name) => new Provider(system, name));
});
after(async () => {
  await system?.stop();
  for (const receiver of receivers) await receiver.end();
  tls?.end();
});

async function receive(answer, options) {
  const receiver = await new Receiver(answer, options).begin();
  receivers.push(receiver);
  return receiver;
}
const ect = (name, more = {}) => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...more,
});
const impossible = () => ect('untouched', { declaration_date: '2999-01-01T00:00:00Z' });
/** Sends something and gives the location of its submission. */
async function submit(provider, attributes) {
  const { status, headers } = await system.request('POST', DECLARATIONS, { token: provider.token, body: body(attributes), headers: { prefer: 'respond-async' } });
  assert.equal(status, 202);
  return headers.get('location');
}
const idOf = (location) => location.split('/').at(-1);
const told = (receiver, path, location) => receiver.of(path).filter(({ body }) => body.data.id === idOf(location));
const attempts = async (location) => (await system.db.query(
  `select a.n, a.phase, a.outcome, a.final, a.code, a.error from webhook_attempts a join webhook_deliveries d on d.id = a.delivery_id
   where d.submission_id = $1 order by a.n, a.phase desc`, [idOf(location)])).rows;
const ctl = (...args) => {
  const { status, stdout, stderr } = system.ctl('webhook', ...args);
  return { status, said: stdout + stderr };
};
/** Not waited for in place: the receiver it asks is in this process. */
async function tried(id) {
  const child = spawn(join(bin, 'ecf2ctl'), ['webhook', 'test', id], { env: system.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const [status, out, err] = await Promise.all([new Promise((resolve) => child.once('exit', resolve)), child.stdout.toArray(), child.stderr.toArray()]);
  return { status, said: Buffer.concat([...out, ...err]).toString() };
}
const line = (id) => ctl('list').said.split('\n').find((text, i, all) => all[i - 1]?.startsWith(`${id} `));

describe('told', () => {
  let receiver, first;
  test('a batch, when its last line is decided: what a GET shows', async () => {
    const batches = await receive(204);
    addEndpoint(system, batches, A, '/batches', '--kind', 'batch.finished');
    const { status, headers } = await system.request('POST', `${DECLARATIONS}/bulk`, {
      token: a.token, headers: { 'content-type': 'application/x-ndjson' }, body: [JSON.stringify(body(impossible())), '{', JSON.stringify(body(impossible()))].join('\n'),
    });
    assert.equal(status, 202);
    const location = headers.get('location');
    const [message] = await until('it is not told', () => told(batches, '/batches', location).length > 0 && told(batches, '/batches', location));
    const shown = await system.request('GET', location, { token: a.token });
    assert.deepEqual(message.body, { type: 'batch.finished', timestamp: message.body.timestamp, data: shown.body.data });
    assert.deepEqual(message.body.data.attributes.counts, { undecided: 0, succeeded: 0, rejected: 3, failed: 0, dead: 0 });
  });

  before(async () => {
    receiver = await receive(204, { tls });
    first = addEndpoint(system, receiver, A, '/a');
  });

  test('a decision is told once, by HTTPS, signed, two seconds after it at the earliest: what a GET shows', async () => {
    for (const [attributes, result] of [[ect('delivered'), 'succeeded'], [impossible(), 'rejected']]) {
      const location = await submit(a, attributes);
      await system.decided(location, a.token);
      const [message] = await until('it is not told', () => told(receiver, '/a', location).length > 0 && told(receiver, '/a', location));
      const shown = await system.request('GET', location, { token: a.token });
      assert.deepEqual(message.body, { type: 'submission.decided', timestamp: message.body.timestamp, data: shown.body.data });
      assert.equal(message.body.data.attributes.result, result);
      assert.ok(message.text.endsWith(shown.text.slice(1)), 'byte for byte');
      assert.equal(message.method, 'POST');
      assert.match(message.headers['content-type'], /^application\/json$/);
      assert.deepEqual(message.valid, [first.secret]);
      const { rows: [delivery] } = await system.db.query('select id, created_at from webhook_deliveries where submission_id = $1', [idOf(location)]);
      assert.equal(message.id, delivery.id);
      assert.equal(message.body.timestamp, delivery.created_at.toISOString().replace(/\.\d+/, ''));
      assert.ok(message.at - delivery.created_at >= 2000, `after ${message.at - delivery.created_at} ms (PL-52)`);
      await until('it is not written', async () => (await attempts(location)).length === 2);
      assert.deepEqual(await attempts(location), [
        { n: 1, phase: 'started', outcome: null, final: false, code: null, error: null },
        { n: 1, phase: 'finished', outcome: 'accepted', final: true, code: 204, error: null },
      ]);
      assert.equal(told(receiver, '/a', location).length, 1);
    }
    assert.match(line(first.id), /told of submission.decided; 0 under way, 0 dead; last accepted at \S+: 204$/);
  });

  test('nobody is told of what is not his own', async () => {
    addEndpoint(system, receiver, B, '/b');
    const [ofA, ofB] = [await submit(a, impossible()), await submit(b, impossible())];
    await until('they are not told', () => told(receiver, '/a', ofA).length + told(receiver, '/b', ofB).length === 2);
    assert.deepEqual([told(receiver, '/b', ofA), told(receiver, '/a', ofB)], [[], []]);
    // Not even where a row says so.
    const { rows: [row] } = await system.db.query(
      `insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id)
       select id, uuid_v7_time(id), $1, 'submission.decided', $2 from (select uuid_v7() as id offset 0) as made returning id`, [first.id, idOf(ofB)]);
    await until('it is not suppressed', async () =>
      (await system.db.query(`select from webhook_attempts where delivery_id = $1 and outcome = 'suppressed' and final`, [row.id])).rowCount === 1);
    assert.deepEqual(told(receiver, '/a', ofB), []);
  });

  test('while a secret changes both sign; then the new one alone', async () => {
    const changed = ctl('secret', first.id);
    assert.equal(changed.status, 0, changed.said);
    const second = /^whsec_\S+$/m.exec(changed.said)[0];
    receiver.secrets.set('/a', [first.secret, second]);
    const signedBy = async () => {
      const location = await submit(a, impossible());
      const [message] = await until('it is not told', () => told(receiver, '/a', location).length > 0 && told(receiver, '/a', location));
      return message;
    };
    const message = await signedBy();
    assert.deepEqual(message.valid, [first.secret, second]);
    assert.equal(message.headers['webhook-signature'].split(' ').length, 2);
    assert.match(line(first.id), /two secrets until/);
    const third = /^whsec_\S+$/m.exec(ctl('secret', first.id, '--keep', '0').said)[0];
    receiver.secrets.set('/a', [first.secret, second, third]);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // endpoints are listed once a second
    assert.deepEqual((await signedBy()).valid, [third]);
  });

  test('one that is away: tried again, under the same id; redirects are not followed; then it is taken', async () => {
    const answers = [500, 301, 'reset', 'none', 200];
    const stubborn = await receive((message, response) => {
      const answer = answers[told(stubborn, '/stubborn', location).length - 1];
      if (answer === 301) return void response.writeHead(301, { location: receiver.url('/redirected'), connection: 'close' }).end();
      if (answer === 'reset') return void response.destroy();
      return answer === 'none' ? undefined : answer;
    });
    const endpoint = addEndpoint(system, stubborn, A, '/stubborn');
    const location = await submit(a, impossible());
    await until('it is not taken', async () => (await attempts(location)).some(({ outcome, code }) => outcome === 'accepted' && code === 200));
    const messages = told(stubborn, '/stubborn', location);
    assert.equal(messages.length, answers.length);
    assert.equal(new Set(messages.map(({ id }) => id)).size, 1);
    assert.ok(messages.every(({ valid }) => valid.length === 1));
    const ended = (await attempts(location)).filter(({ phase, n, code }) => phase === 'finished' && !(n === 1 && code === 204));
    assert.deepEqual(ended.map(({ outcome, code }) => [outcome, code]),
      [['transient', 500], ['transient', 301], ['ambiguous', null], ['ambiguous', null], ['accepted', 200]]);
    assert.deepEqual(receiver.of('/redirected'), []);
    assert.equal(ctl('remove', endpoint.id).status, 0);
  });

  test('one that asks to be left alone is, for an hour at most, whatever number it gives', async () => {
    const later = ['2', '9223372036854775806', '-9223372036854775807', '99999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT', 'soon'];
    const busy = await receive(({ path }, response) => void response.writeHead(503, { 'retry-after': later[path.split('/').at(-1)] }).end());
    const endpoints = later.map((_, i) => addEndpoint(system, busy, B, `/later/${i}`));
    await submit(b, impossible());
    const { rows } = await until('they are not asked', async () => {
      const found = await system.db.query(
        `select distinct on (d.webhook_endpoint_id) extract(epoch from a.next_at - a.finished_at)::float as wait from webhook_attempts a join webhook_deliveries d on d.id = a.delivery_id
         where d.webhook_endpoint_id = any($1) and a.phase = 'finished' order by d.webhook_endpoint_id, a.n`, [endpoints.map(({ id }) => id)]);
      return found.rowCount === later.length && found;
    });
    const [two, most, negative, , date, nonsense] = rows.map(({ wait }) => wait);
    assert.ok(two >= 2 && two < 2.1 && negative < 1 && nonsense < 1, JSON.stringify(rows));
    assert.deepEqual([most, date].map(Math.round), [3600, 3600], JSON.stringify(rows));
    for (const { id } of endpoints) ctl('remove', id);
  });

  test('what an endpoint answers may be long, or never end: its status is what it says', async () => {
    const chatty = await receive((message, response) => {
      response.writeHead(200);
      if (message.path === '/long') response.end('x'.repeat(10_000_000));
      else response.write('begun');
    });
    const endpoints = ['/long', '/endless'].map((path) => addEndpoint(system, chatty, A, path));
    const location = await submit(a, impossible());
    await until('they are not taken', async () => (await attempts(location)).filter(({ outcome }) => outcome === 'accepted').length >= 3);
    assert.deepEqual(['/long', '/endless'].map((path) => told(chatty, path, location).length), [1, 1]);
    for (const { id } of endpoints) ctl('remove', id);
  });

  test('one that never answers delays nobody else', async () => {
    const slow = await receive(() => undefined);
    const endpoint = addEndpoint(system, slow, A, '/slow');
    const before = receiver.of('/a').length;
    const locations = [];
    for (let i = 0; i < 40; i++) locations.push(await submit(a, impossible()));
    await until('the fast one is not told', () => receiver.of('/a').length === before + 40, 20_000);
    const { rows } = await system.db.query('select id, created_at from webhook_deliveries where submission_id = any($1)', [locations.map(idOf)]);
    const delays = receiver.of('/a').slice(before).map(({ id, at }) => at - rows.find((row) => row.id === id).created_at);
    assert.ok(Math.max(...delays) < 6000, `${Math.max(...delays)} ms`);
    assert.ok(slow.of('/slow').length >= 1 && slow.of('/slow').length <= 40);
    await until('it does not fail', () => /FAILING since/.test(line(endpoint.id)));
    ctl('remove', endpoint.id);
  });
});

test('a test of an endpoint says what it answers', async () => {
  const receiver = await receive(({ path }) => (path === '/good' ? 200 : 403));
  const [good, bad] = ['/good', '/bad'].map((path) => addEndpoint(system, receiver, C, path));
  assert.match((await tried(good.id)).said, /^webhook-id \S+\nit was taken: status 200, after \d+ ms$/m);
  const refused = await tried(bad.id);
  assert.equal(refused.status, 1);
  assert.match(refused.said, /it was NOT taken: the endpoint answered 403/);
  const [message] = receiver.of('/good');
  assert.deepEqual([message.body.type, message.body.data.type, message.valid.length], ['webhook.test', 'webhook-test', 1]);
  for (const { id } of [good, bad]) ctl('remove', id);
});

describe('given up', () => {
  let worker, receiver, status;
  before(async () => {
    receiver = await receive(() => status);
    status = 500;
    await system.kill('notifications', 'SIGTERM');
    worker = { ECF2_WEBHOOK_GIVE_UP_MS: '1000' };
    await system.start('notifications', worker);
  });

  test('after its time it is a dead letter; sent on its way again, it has the same id', async () => {
    const endpoint = addEndpoint(system, receiver, C, '/dead');
    const c = new Provider(system, C);
    const location = await submit(c, impossible());
    await until('it is not dead', async () => (await attempts(location)).some(({ final }) => final));
    const ended = (await attempts(location)).filter(({ phase }) => phase === 'finished');
    assert.ok(ended.length >= 3, `${ended.length} attempts in a second, from ${waitMs} ms on`);
    assert.deepEqual(ended.map(({ final }) => final), ended.map((_, i) => i === ended.length - 1));
    const count = told(receiver, '/dead', location).length;
    assert.equal(count, ended.length);
    const [{ id }] = told(receiver, '/dead', location);
    assert.match(ctl('dead').said, new RegExp(`^${id} .* endpoint ${endpoint.id}, submission.decided ${idOf(location)}, after ${count} attempts: the endpoint answered 500$`, 'm'));
    assert.match(ctl('dead', '--endpoint', '999').said, /no dead deliveries/);
    assert.match(line(endpoint.id), /0 under way, 1 dead; last transient at \S+: the endpoint answered 500; FAILING since/);
    status = 200;
    assert.equal(ctl('requeue', '01936f2e-0000-7000-8000-000000000001').status, 1);
    assert.match(ctl('requeue', id).said, /^1 on their way again$/m);
    await until('it is not taken', () => told(receiver, '/dead', location).length === count + 1, 10_000);
    assert.deepEqual(new Set(told(receiver, '/dead', location).map((message) => message.id)), new Set([id]));
    await until('it is not written', async () => (await attempts(location)).at(-1).outcome === 'accepted');
    assert.match(ctl('dead').said, /no dead deliveries/);
    assert.doesNotMatch(line(endpoint.id), /FAILING/);
    ctl('remove', endpoint.id);
  });

  test('an endpoint that fails for long is disabled, and its owner told; enabled, it gets what waited', async () => {
    status = 500;
    await system.kill('notifications', 'SIGTERM');
    await system.start('notifications', { ECF2_WEBHOOK_DISABLE_MS: '1000' });
    const d = new Provider(system, D);
    const endpoint = addEndpoint(system, receiver, D, '/disabled');
    const location = await submit(d, impossible());
    await until('it is not disabled', () => /DISABLED since/.test(line(endpoint.id)));
    const { rows } = await system.db.query(
      `select e.event_type, e.author_type, p.name, e.metadata->>'webhook_endpoint_id' as endpoint from events e join lead_providers p on p.id = e.lead_provider_id
       where event_type = 'webhook_endpoint_disabled'`);
    assert.deepEqual(rows, [{ event_type: 'webhook_endpoint_disabled', author_type: 'system', name: D, endpoint: endpoint.id }]);
    assert.match(system.logs('notifications'), new RegExp(`"event":"webhook_endpoint_disabled".*"endpoint":${endpoint.id}`));
    const count = receiver.of('/disabled').length;
    const unseen = await submit(d, impossible());
    await system.decided(unseen, d.token);
    assert.equal((await system.db.query('select from webhook_deliveries where submission_id = $1', [idOf(unseen)])).rowCount, 0);
    assert.equal(receiver.of('/disabled').length, count);
    status = 200;
    assert.match(ctl('enable', endpoint.id).said, /is enabled/);
    assert.match(ctl('enable', endpoint.id).said, /was already enabled/);
    await until('what waited is not told', () => told(receiver, '/disabled', location).length === count + 1, 15_000);
    ctl('remove', endpoint.id);
  });
});

describe('ecf2ctl webhook', () => {
  test('refuses what cannot work, and says why', () => {
    const add = (...more) => ctl('add', ...more);
    for (const [args, status, text] of [
      [['--lead-provider', A], 2, /is not how/],
      [['--url', 'https://x.example/'], 2, /is not how/],
      [['--lead-provider', A, '--url', 'nonsense'], 2, /no URL such as/],
      [['--lead-provider', A, '--url', 'ftp://x.example/'], 2, /by https, not by ftp/],
      [['--lead-provider', A, '--url', 'https://user:word@x.example/'], 2, /a user or a password/],
      [['--lead-provider', A, '--url', 'https://x.example/#a'], 2, /a fragment/],
      [['--lead-provider', A, '--url', `https://x.example/${'x'.repeat(2000)}`], 2, /longer than 2000/],
      [['--lead-provider', A, '--url', 'https://x.example/', '--kind', 'everything'], 2, /there is no kind everything/],
      [['--lead-provider', 'Nobody', '--url', 'https://x.example/'], 1, /no lead provider .* Nobody; nothing was created/],
      [['--user', 'nobody@education.gov.uk', '--url', 'https://x.example/', '--kind', 'payment_run.finished'], 1, /no member of finance staff .* nobody@/],
      [['--user', 'nobody@education.gov.uk', '--url', 'https://x.example/', '--kind', 'submission.decided'], 2, /payment_run.finished only/],
    ]) {
      const refused = add(...args);
      assert.equal(refused.status, status, refused.said);
      assert.match(refused.said, text);
    }
    for (const verb of ['test', 'secret', 'disable', 'enable', 'remove']) assert.equal(ctl(verb, '999').status, 1, verb);
    for (const args of [[], ['other'], ['remove'], ['remove', 'x'], ['secret', '1', '--keep', '-1'], ['requeue'], ['requeue', 'x'], ['list', 'x']]) assert.equal(ctl(...args).status, 2, `${args}`);
  });

  test('in production only HTTPS to public addresses', () => {
    const add = (url) => system.ctl.call({ environment: () => ({ ...system.environment(), ECF2_ENVIRONMENT: 'production' }) }, 'webhook', 'add', '--lead-provider', A, '--url', url);
    for (const url of ['http://x.example/', 'https://127.0.0.1/', 'https://0x7f.1/', 'https://2130706433/', 'https://10.1.2.3/', 'https://169.254.169.254/latest', 'https://[::1]/', 'https://[::ffff:10.0.0.1]/', 'https://[fe80::1]/', 'https://[fd00::1]/']) {
      const { status, stderr } = add(url);
      assert.equal(status, 2, `${url}: ${stderr}`);
      assert.match(stderr, /https here|not a public one/);
    }
  });

  test('no secret is stored or logged in clear, and a removed endpoint keeps none', async () => {
    const receiver = await receive(200);
    const { id, secret } = addEndpoint(system, receiver, B, '/secret', '--kind', 'batch.finished', '--kind', 'submission.decided');
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.match(line(id), /told of batch.finished,submission.decided; 0 under way, 0 dead; never tried$/);
    const { rows: [row] } = await system.db.query('select e::text as text, secret_encrypted from webhook_endpoints e where id = $1', [id]);
    assert.ok(!row.text.includes(secret.slice(6)) && !row.secret_encrypted.includes(Buffer.from(secret.slice(6), 'base64')));
    assert.equal((await tried(id)).status, 0);
    for (const name of [...system.processes.keys(), 'postgres']) assert.ok(!system.logs(name).includes(secret.slice(6, 30)), name);
    assert.match(ctl('remove', id).said, /is removed/);
    assert.equal(ctl('remove', id).status, 1);
    assert.equal(line(id), undefined);
    const { rows: [left] } = await system.db.query('select length(secret_encrypted) as n, disabled_at is not null as off from webhook_endpoints where id = $1', [id]);
    assert.deepEqual(left, { n: 0, off: true });
    const { rows } = await system.db.query(`select event_type from events where metadata->>'webhook_endpoint_id' = $1 order by id`, [id]);
    assert.deepEqual(rows.map(({ event_type }) => event_type), ['webhook_endpoint_created', 'webhook_endpoint_removed']);
  });
});
