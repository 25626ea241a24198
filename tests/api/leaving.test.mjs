// Clients that go away before they have their answer: in the middle of a request, and while it is being decided. They are
// noticed at once, counted and logged, and hold nothing (architecture.md section 6).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, postText, raw, startFront, statuses } from './client.mjs';
import { A, participant, world } from './world.mjs';

const NOWHERE = `${DECLARATIONS}/00000000-0000-4000-8000-000000000000`;
let system, front, url, token;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  token = new Provider(system, A).token;
  // Time limits that no test here has the patience for.
  front = await startFront(system, { ECF2_HEAD_TIMEOUT_MS: '60000', ECF2_BODY_TIMEOUT_MS: '60000', ECF2_IDLE_TIMEOUT_MS: '60000', ECF2_WAIT_LIMIT_MS: '60000' });
  url = front.url;
});
after(() => system?.stop());

const lines = (...all) => [...all, '', ''].join('\r\n');
const wrong = JSON.stringify(body({ participant_id: participant('errors'), course_identifier: 'ecf-induction', declaration_type: 'nonsense', declaration_date: '2024-10-07T09:00:00Z' })); // 422
const get = (...fields) => lines(`GET ${NOWHERE} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`, ...fields);
const post = (...headers) => postText(token, wrong, { headers });
const chunked = (...chunks) => lines(`POST ${DECLARATIONS} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Transfer-Encoding: chunked') + chunks.join('');
const metric = async (name) => (await system.metrics(front.name)).get(name) ?? 0;
const waiting = () => metric('ecf2_http_waiting_requests');
const counted = async (status) => [...await system.metrics(front.name)].filter(([name]) => name.startsWith('ecf2_http_requests_total{') && name.includes(`status="${status}"`)).reduce((sum, [, n]) => sum + n, 0);
const logged = (status) => system.logs(front.name).split('\n').filter((line) => line.includes('"event":"request"') && line.includes(`"status":${status},`)).length;

/** Counted and logged `n` times more while `work` ran. */
async function isCounted(status, n, work) {
  const before = [await counted(status), logged(status)];
  const result = await work();
  await until(() => `${status} is not counted`, async () => await counted(status) === before[0] + n);
  assert.equal(logged(status), before[1] + n, 'and logged');
  return result;
}

describe('in the middle of a request: 400 at once', () => {
  const halves = {
    'a head': [() => 'GET', () => get().slice(0, -2), () => get().slice(0, -1), () => `GET ${NOWHERE} HTTP/1.1\r\nHost: x\r\nX: `],
    'a body': [() => post().slice(0, -1), () => post().slice(0, -wrong.length)],
    'a body in chunks': [() => chunked(), () => chunked('5\r\nabc'), () => chunked('5\r\nabcde\r\n'), () => chunked('5\r\nabcde\r\n0\r\n'), () => chunked('5\r\nabcde\r\n0\r\nX: y\r\n')],
  };
  for (const [name, makes] of Object.entries(halves)) {
    for (const [way, ahead] of [['first', []], ['later', [404]]]) {
      for (const apart of [false, true]) {
        test(`${name}, ${way}, its end ${apart ? 'behind it' : 'with it'}`, async () => {
          const answers = await isCounted(400, makes.length, () => Promise.all(makes.map((make) => raw(url, (socket) => {
            const bytes = ahead.map(() => get()).join('') + make();
            if (!apart) socket.end(bytes);
            else socket.write(bytes, () => setTimeout(() => socket.end(), 200));
          }, { ms: 8000 }))));
          for (const answer of answers) {
            assert.deepEqual(statuses(answer.text), [...ahead, 400], answer.text);
            const last = answer.text.slice(answer.text.lastIndexOf('HTTP/1.1 400'));
            assert.equal(JSON.parse(last.slice(last.indexOf('\r\n\r\n') + 4)).errors[0].title, 'Bad request');
            assert.equal(answer.open, false);
          }
        });
      }
    }
  }

  test('gone altogether: nobody is answered, and it is counted', () => isCounted(499, 2, () => Promise.all([post().slice(0, -1), chunked('5\r\nabc')].map((bytes) => raw(url, (socket) => {
    socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 200));
  })))));
  test('an end between requests is none in the middle', async () => {
    for (const bytes of ['', get(), get() + get(), '\r\n']) {
      const answer = await raw(url, bytes, { end: true, ms: 8000 });
      assert.deepEqual([statuses(answer.text).filter((status) => status !== 404), answer.open], [[], false], answer.text);
    }
  });
});

describe('while the request is in hand', () => {
  /** Runs `work` while this worker stands still. */
  async function while_(service, work) {
    system.pause(service);
    try {
      return await work();
    } finally {
      system.proceed(service);
    }
  }
  /** Sends, waits until it is in hand, and then does `leave` to the socket. */
  const leaveWith = (leave) => (bytes) => raw(url, async (socket) => {
    const before = await waiting();
    socket.write(bytes);
    await until('it is in hand', async () => await waiting() > before);
    leave(socket);
  }, { ms: 20_000 });
  const reset = leaveWith((socket) => socket.resetAndDestroy());
  const close = leaveWith((socket) => socket.destroy());
  const end = leaveWith((socket) => socket.end());

  for (const [name, service, make, status] of [
    ['a write that waits', 'validation', () => post(), 202],
    ['a write that is not accepted yet', 'intake', () => post(), 503],
    ['a read', 'query', () => get(), 503],
    ['a look-up of a token', 'query', () => get().replace(token, system.token(A)), 503],
  ]) {
    test(`${name}: reset`, () => while_(service, () => isCounted(499, 1, async () => {
      const bytes = make(), connections = await metric('ecf2_http_connections');
      const began = performance.now();
      await reset(bytes);
      await until('it is let go', async () => await waiting() === 0);
      await until('so is its connection', async () => await metric('ecf2_http_connections') <= connections);
      assert.ok(performance.now() - began < 5000, 'at once');
    })));
    test(`${name}: closed`, () => while_(service, () => isCounted(status, 1, async () => {
      const bytes = make(), connections = await metric('ecf2_http_connections');
      const began = performance.now();
      await close(bytes);
      await until('it is let go', async () => await waiting() === 0);
      await until('so is its connection', async () => await metric('ecf2_http_connections') <= connections);
      assert.ok(performance.now() - began < 8000, 'within seconds');
    })));
    test(`${name}: half closed, and its client gets the answer that there is`, () => while_(service, () => isCounted(status, 1, async () => {
      const answer = await end(make());
      assert.deepEqual([answer.status, answer.open], [status, false], answer.text);
      assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
      assert.equal(answer.headers.location !== undefined, service !== 'query', 'what may have been accepted can be asked for');
    })));
  }

  // 404 means "never" only when intake takes it no longer, and 7 s more (pipeline.md PL-11): who gives up before says so.
  for (const [name, bytes, acceptMs] of [
    ['a write', () => post(), 8000],
    ['a bulk request', () => postText(token, '{', { headers: ['Connection: close'] }).replace(' HTTP', '/bulk HTTP').replace('application/json', 'application/x-ndjson'), 4 * 8000],
  ]) {
    test(`${name} that may still be accepted: its client is told to ask when it may not`, async () => {
      const patient = await startFront(system, { ECF2_ACCEPT_LIMIT_MS: '8000' });
      let location;
      await while_('intake', async () => {
        const began = performance.now(), answer = await raw(patient.url, bytes(), { end: true, ms: 20_000 });
        assert.deepEqual([answer.status, answer.open], [503, false], answer.text);
        location = answer.headers.location;
        const asksMs = performance.now() - began + 1000 * Number(answer.headers['retry-after']);
        assert.ok(asksMs >= acceptMs + 7000 && asksMs < acceptMs + 9000, `${asksMs} ms`);
        assert.equal((await system.request('GET', location, { token })).status, 404);
      });
      await until('it is not accepted', async () => (await system.request('GET', location, { token })).status === 200);
      await system.kill(patient.name, 'SIGTERM');
    });
  }

  test('half closed, and decided soon: the decision', async () => {
    const { status, open } = await raw(url, post(), { end: true, ms: 10_000 });
    assert.deepEqual([status, open], [422, false]);
  });
  test('what was accepted is decided all the same', async () => {
    const undecided = () => system.db.query('select s.id from submissions s where not exists (select from submission_outcomes o where o.submission_id = s.id)');
    await while_('validation', async () => {
      await reset(post());
      await until('it is accepted', async () => (await undecided()).rowCount > 0);
    });
    await until('it is decided', async () => (await undecided()).rowCount === 0);
  });
});
