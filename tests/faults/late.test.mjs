// What comes to intake in time and would be committed too late (pipeline.md PL-11): its client was told 503 with Location, has
// asked there after Retry-After, and was told by 404 that it was not accepted. So it never is; what came with it is. Who is told
// 503 while it may still be accepted, because he has ended his side, is told to ask so much later.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { postText, raw } from '../api/client.mjs';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, brokenInvariants, Client, count } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const patienceMs = 60_000;
const limits = { soon: 4000, late: 30_000, held: 7500, bulk: 1000 }; // of accepting, a front each; four times as long for bulk requests
const toldMs = 2000 + 5000; // from then until a client asks
const moreMs = 2000; // until what is slow ends
const path = '/api/v3/participant-declarations';

const system = await startSystem({ env: { ECF2_ACCEPT_LIMIT_MS: `${limits.bulk}` } });
after(() => system.stop());

const client = new Client(system);
let world;

before(async () => {
  world = await loadWorld(system, { providers: 2, people: 10 });
  for (const [i, limit] of [limits.soon, limits.late, limits.held].entries()) await system.start(`front-${i + 2}`, { ECF2_ACCEPT_LIMIT_MS: `${limit}` });
  await system.ready();
  // The first insert of such a submission takes long: a slow disk.
  await system.db.query(`
    create table slow (person text primary key, seconds real);
    create sequence slow_turns;
    create function be_slow() returns trigger language plpgsql security definer set search_path = public as $$
    declare seconds_now real := (select seconds from slow where person = new.payload -> 'fields' ->> 'participant_id');
    begin
      if seconds_now is not null and nextval('slow_turns') = 1 then perform pg_sleep(seconds_now); end if;
      return null;
    end $$;
    create trigger slow after insert on submissions for each row execute function be_slow()`);
  for (const name of ['lock_timeout', 'statement_timeout']) await system.db.query(`alter role ecf2_intake in database ${system.database} set ${name} = '60s'`);
  await system.db.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ecf2_intake' and datname = current_database()");
});

/** The next insert for this person takes so long that its client has asked, and was told 404, before it ends. */
async function slow(person, acceptMs) {
  await system.db.query('alter sequence slow_turns restart');
  await system.db.query('insert into slow values ($1, $2)', [person.apiId, (acceptMs + toldMs + moreMs) / 1000]);
}

const failed = () => system.logs('intake').split('would be committed too late').length - 1;
const stored = async (id) => (await system.db.query('select from submissions where id = $1 or batch_id = $1', [id])).rowCount;
const idOf = (location) => location.split('/').at(-1);

test('a submission: it is not accepted after its client was told so; who came with it is, once', async () => {
  const [late, other, first] = world.people, [, soon, later] = system.urls;
  const send = (person, url) => client.send(person, declaration(person, 'started'), { prefer: 'respond-async', url });
  const held = async () => (await system.metrics('broker')).get('ecf2_undecided_submissions{class="async"}');
  await slow(late, limits.soon);
  const keeper = await connect(system.cluster, system.database);
  await keeper.query('begin; lock table submissions in share mode');
  const before = send(first, later); // it is in hand while two others come behind it
  await until('nobody has it in hand', async () => (await keeper.query("select from pg_locks where not granted and relation = 'submissions'::regclass")).rowCount > 0, patienceMs);
  const sent = [send(late, soon), send(other, later)];
  await until('they do not gather', async () => (await held()) === 3, patienceMs);
  await keeper.query('commit');
  await keeper.end();
  assert.equal((await before).status, 202);
  const entry = await sent[0];
  assert.equal(entry.status, 503);
  assert.ok(entry.location, 'nobody knows yet whether it was accepted');
  assert.equal(await client.isThere(entry, performance.now() + patienceMs), false, 'it was not accepted, it was told');
  assert.equal(failed(), 0, 'it was told before the insert had ended');
  const neighbour = await sent[1];
  assert.equal(neighbour.status, 202, JSON.stringify(neighbour.answer));
  await system.decided(neighbour.location, other.provider.token, patienceMs);
  assert.ok(neighbour.answeredAt - neighbour.sentAt > limits.soon + toldMs, 'they were not one group');
  assert.equal(await stored(idOf(entry.location)), 0, 'accepted after it was told that it was not');
  assert.equal(failed(), 1);
  assert.match(system.logs('intake'), new RegExp(`accepted_too_late.*${idOf(entry.location)}`));
  assert.equal((await client.submit(late, declaration(late, 'started'))).status, 200, 'it may be sent again');
});

test('a bulk request: none of its lines is accepted after that', async () => {
  const [, , , late, , other] = world.people; // of one provider
  const before = failed();
  await slow(late, 4 * limits.bulk);
  const send = (key) => system.request('POST', `${path}/bulk`, {
    token: world.providers[1].token, body: [late, other].map((person) => JSON.stringify(declaration(person, 'started'))).join('\n'),
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key },
  });
  const key = randomUUID();
  const answer = await send(key), location = answer.headers.get('location');
  assert.equal(answer.status, 503);
  assert.ok(location);
  await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get('retry-after'))));
  const asked = () => system.request('GET', location, { token: world.providers[1].token });
  assert.equal((await asked()).status, 404);
  assert.equal(failed(), before, 'it was told before the insert had ended');
  await until('it does not end', async () => (await system.db.query("select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'")).rowCount === 0, patienceMs);
  assert.equal((await asked()).status, 404, 'accepted after it was told that it was not');
  assert.equal(await stored(idOf(location)), 0, 'accepted after it was told that it was not'); // the insert may end between the two
  assert.equal(failed(), before + 1);
  assert.equal((await send(key)).status, 202, 'its key is free: it may be sent again');
});

for (const [what, front, acceptMs, send] of [
  ['a submission', 2, limits.late, (person) => postText(person.provider.token, JSON.stringify(declaration(person, 'started')), { headers: ['Prefer: respond-async'] })],
  ['a bulk request', 3, 4 * limits.held, (person) => {
    const line = JSON.stringify(declaration(person, 'started'));
    return `POST ${path}/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${person.provider.token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${line.length}\r\n\r\n${line}`;
  }],
]) {
  test(`${what} of somebody who has ended his side: he is not told to ask while it may still be accepted`, async () => {
    const person = world.people[front + 4], sentAt = performance.now();
    system.pause('intake');
    try {
      const { status, headers, text } = await raw(system.urls[front], send(person), { end: true, ms: patienceMs });
      const toldAt = performance.now(), askAt = toldAt + 1000 * Number(headers['retry-after']);
      assert.equal(status, 503, text);
      assert.ok(headers.location, 'nobody knows yet whether it is accepted');
      assert.ok(toldAt < sentAt + acceptMs, 'he was told when its time was over: too late to mean anything');
      system.proceed('intake');
      await until('it is not accepted', async () => (await stored(idOf(headers.location))) > 0, patienceMs);
      assert.ok(askAt >= sentAt + acceptMs + toldMs - 500, `it may be accepted until ${acceptMs} ms, 404 is the last word ${toldMs} ms later, and he was told to ask after ${Math.round(askAt - sentAt)} ms`);
    } finally {
      system.proceed('intake');
    }
  });
}

test('all of it was accepted once and decided once', async () => {
  await allDecided(system, patienceMs);
  assert.deepEqual(await brokenInvariants(system.db), []);
  assert.deepEqual((await system.db.query('select stage, detail from submission_stages')).rows, []);
  assert.equal((await system.db.query('select from declarations')).rowCount, 7);
  assert.equal((await system.db.query('select from submissions')).rowCount, 7);
  const counts = await count(system, client);
  // Bulk requests, and who ended his side, are not in the client's record; what must hold of them is above.
  assert.deepEqual(counts.found.filter((text) => !text.endsWith('stored, and nobody has sent it')), []);
  note('a commit that would come after the client was told that it was not accepted', { counts });
});
