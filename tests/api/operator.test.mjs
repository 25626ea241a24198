// What an operator asks and does: ecf2ctl status, scale, drain, token, dead, on a system that runs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { startSystem, until } from '../support/system.mjs';

const system = await startSystem({ workers: { intake: 1, validation: 2, query: 1 } });
after(() => system.stop());
await system.db.query(`insert into lead_providers (name) values ('Provider A'), ('Provider "B", {C}')`);

const lines = ({ stdout }) => stdout.trim().split('\n');

describe('status', () => {
  test('shows processes, queues and the database', () => {
    const status = system.status();
    assert.equal(status.healthy, true);
    assert.deepEqual(status.processes.map(({ service }) => service), ['broker', 'front', 'intake', 'query', 'validation', 'validation']);
    assert.equal(status.brokers[0].status.services.validation.workers.length, 2);
    assert.deepEqual(status.database.undecided.wait, { count: 0, oldest_seconds: null });
    assert.match(system.ctl('status').stdout, /^ {2}validation +2 +0/m);
  });

  test('says within a second or so which broker does not answer, and fails', async () => {
    await system.kill('broker');
    const { status, stdout } = system.ctl('status');
    assert.equal(status, 1);
    assert.match(stdout, /BROKER ipc:\S+ DOES NOT ANSWER/);
    assert.match(stdout, /^DATABASE$/m);
    await system.start('broker');
    await system.ready();
  });
});

describe('scale', () => {
  const workers = () => system.status().brokers[0].status.services.validation.workers.length;
  const processes = () => system.status().processes.filter(({ service }) => service === 'validation').length;

  // What a killed process says of itself stays, and its pid may be somebody else's by now.
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  after(() => stranger.kill());
  writeFileSync(`${system.dir}/run/validation-${stranger.pid}.json`,
    JSON.stringify({ service: 'validation', pid: stranger.pid, start_ticks: 1, metrics: '127.0.0.1:1', started_at: '2999-01-01T00:00:00Z' }));

  test('starts one more, and ends it; whoever has the pid of one that was killed is not taken for it', async () => {
    assert.equal(processes(), 2);
    assert.deepEqual(lines(system.ctl('scale', 'validation', '3')), ['validation: 3 run']);
    assert.equal(processes(), 3);
    await until('the broker has not met it', () => workers() === 3);
    assert.deepEqual(lines(system.ctl('scale', 'validation', '2')), ['validation: 2 run']);
    assert.equal(processes(), 2);
    await until('the broker has not lost it', () => workers() === 2);
    assert.deepEqual([stranger.exitCode, stranger.signalCode], [null, null]);
  });

  test('says what it does not start', () => {
    for (const [args, status, text] of [
      [['nothing', '1'], 1, /there is no service of that name/], [['validation', '-1'], 2, /usage/i], [['validation', 'two'], 2, /usage/i], [['broker', '2'], 1, /./],
    ]) {
      const said = system.ctl('scale', ...args);
      assert.equal(said.status, status, said.stderr);
      assert.match(said.stderr, text);
    }
    assert.equal(processes(), 2);
  });
});

test('drain: new work is refused, then taken again', async () => {
  assert.equal(system.ctl('drain', 'on').status, 0);
  assert.equal(system.status().brokers[0].status.draining, true);
  const token = system.token('Provider A');
  const body = { data: { type: 'participant-declaration', attributes: { participant_id: uuidV7(), declaration_type: 'started' } } };
  const submit = () => system.request('POST', '/api/v3/participant-declarations', { token, body, headers: { prefer: 'respond-async' } });
  const refused = await until('nothing is refused', async () => {
    const answer = await submit();
    return answer.status === 503 && answer;
  });
  assert.match(refused.headers.get('retry-after'), /^\d+$/);
  assert.equal(refused.headers.get('location'), null); // nothing was accepted (PL-11)
  assert.equal(system.ctl('drain', 'off').status, 0);
  await until('nothing is taken again', async () => (await submit()).status === 202);
  assert.equal(system.ctl('drain', 'perhaps').status, 2);
});

describe('token', () => {
  const ask = async (token) => (await system.request('GET', `/api/v3/submissions/${uuidV7()}`, { token })).status;

  test('a revoked token is refused on the next request; both are recorded (lead-provider-api.md 3.1/6, 3.1/7)', async () => {
    const token = system.token('Provider A');
    assert.match(token, /^[1-9A-HJ-NP-Za-km-z]{32}$/);
    assert.equal(await ask(token), 404);
    const { rows: [{ id, description }] } = await system.db.query('select id, description from api_tokens order by id desc limit 1');
    assert.equal(description, 'API token of Provider A');
    assert.match(system.ctl('token', 'revoke', id).stdout, /no request with it is answered/);
    assert.equal(await ask(token), 401);
    assert.match(system.ctl('token', 'revoke', id).stdout, /was already revoked/);
    const { rows } = await system.db.query(`select event_type, author_type, metadata from events where event_type like '%api_token%' order by id desc limit 2`);
    assert.deepEqual(rows.reverse(), ['created', 'revoked'].map((what) => ({
      event_type: `lead_provider_api_token_${what}`, author_type: 'system', metadata: { description },
    })));
  });

  test('its last use is noted, whatever came of it (lead-provider-api.md 3.1/5)', async () => {
    const token = system.token('Provider A'), { rows: [{ id }] } = await system.db.query('select max(id) as id from api_tokens');
    const used = async () => (await system.db.query('select last_used_at from api_tokens where id = $1', [id])).rows[0].last_used_at;
    assert.equal(await used(), null);
    assert.equal(await ask(token), 404);
    await until('its use is not noted', async () => (await used()) !== null);
  });

  test('for all, with any text; nothing of it is in the database (lead-provider-api.md 3.1/4, 3.1/8)', async () => {
    const made = system.ctl('token', 'create', '--all', '--description', 'of "all", {them}\\');
    assert.deepEqual(lines(made).map((line) => line.replace(/^\S+ +id \d+ +/, '')), ['Provider "B", {C}', 'Provider A'].sort());
    assert.equal(await ask(made.stdout.slice(0, 32)), 404);
    const { rows } = await system.db.query(`select t::text as row from api_tokens as t where description = 'of "all", {them}\\'`);
    assert.equal(rows.length, 2);
    assert.ok(rows.every(({ row }) => !lines(made).some((line) => row.includes(line.slice(0, 32)))));
  });

  test('of nobody: nothing is made (lead-provider-api.md 3.1/8)', async () => {
    const before = await system.db.query('select from api_tokens');
    const { status, stderr } = system.ctl('token', 'create', '--lead-provider', 'Provider');
    assert.equal(status, 1);
    assert.match(stderr, /no lead provider .* Provider; nothing was created/);
    assert.equal((await system.db.query('select from api_tokens')).rowCount, before.rowCount);
    assert.equal(system.ctl('token', 'revoke', '999999').status, 1);
  });
});

function uuidV7(daysAgo = 0) {
  const time = (Date.now() - daysAgo * 86_400_000).toString(16).padStart(12, '0');
  const random = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}

describe('dead letters', () => {
  async function deadLetter(daysAgo) {
    const id = uuidV7(daysAgo);
    await system.db.query(`select ensure_partitions(uuid_v7_time($1::uuid), now())`, [id]);
    await system.db.query(
      `insert into submissions (id, accepted_at, kind, caller_type, caller_id, mode, subject, as_of, trace_id, request_digest, payload)
       values ($1, uuid_v7_time($1), 'declaration.create', 'lead_provider', 1, 'async', 'teacher:1', now(), $1::text, sha256('x'), '{}')`, [id]);
    await system.db.query(`insert into submission_dead_letters (submission_id, stage, attempts, reason) values ($1, 'payments', 5, 'worker died')`, [id]);
    await system.db.query(`insert into submission_private values ($1, '{}')`, [id]);
    return id;
  }
  const dead = (...args) => {
    const { status, stdout, stderr } = system.ctl('dead', ...args);
    return { status, said: (stdout + stderr).trim() };
  };
  const kept = async (table, id) => (await system.db.query(`select from ${table} where submission_id = $1`, [id])).rowCount;

  test('a young one takes its old place, once', async () => {
    const id = await deadLetter(1);
    assert.match(dead('list').said, new RegExp(`^${id} .*payments after 5 attempts: worker died \\(retry or drop\\)$`, 'm'));
    assert.equal(JSON.parse(dead('show', id).said).dead_letters.length, 1);
    assert.match(dead('retry', id).said, /takes its old place/);
    assert.deepEqual({ ...dead('retry', id), said: '' }, { status: 0, said: '' });
    assert.match(dead('drop', id).said, /was retried and is on its way/);
    assert.equal(await kept('submission_outcomes', id), 0);
  });

  test('one of more than 7 days can only be dropped: it has failed, and nothing private is kept', async () => {
    const id = await deadLetter(9);
    assert.deepEqual(dead('retry', id), { status: 1, said: `ecf2ctl: ${id} was accepted more than 7 days ago: it can only be dropped` });
    assert.equal(dead('drop', id).status, 0);
    assert.match(dead('drop', id).said, /was dropped at/);
    assert.match(dead('retry', id).said, /is decided already/);
    const { rows } = await system.db.query('select result, http_status, body from submission_outcomes where submission_id = $1', [id]);
    assert.deepEqual(rows.map(({ result, http_status }) => [result, http_status]), [['failed', 500]]);
    assert.match(JSON.stringify(rows[0].body), /send it again/);
    assert.equal(await kept('submission_private', id), 0);
  });

  test('what a worker decided meanwhile is left alone', async () => {
    const id = await deadLetter(1);
    await system.db.query(`insert into submission_outcomes (accepted_at, submission_id, result, http_status) values (uuid_v7_time($1), $1, 'rejected', 422)`, [id]);
    assert.match(dead('retry', id).said, /is decided already; there is nothing to retry/);
    assert.match(dead('drop', id).said, /is decided already; there is nothing to drop/);
    assert.equal(dead('retry', uuidV7()).status, 1);
    assert.equal(dead('show', 'something').status, 2);
  });
});
