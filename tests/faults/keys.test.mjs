// Idempotency keys and voids while everything dies: clients who repeat with the same key until they have an answer, some of them
// at two fronts at once, declare, void and declare again, in turn (submissions.md section 5, pipeline.md PL-10, PL-15, PL-32).
// Whatever is done twice shows: who voids twice is told that it is voided already, who declares twice that it is declared, and
// each void of a mentor's completion opens one more training period.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, brokenInvariants, eventually, inParallel } from '../support/record.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';

const declarations = '/api/v3/participant-declarations';
const persons = long ? 60 : 24;
const rounds = long ? 20 : 1; // of everything that happens
const enough = long ? 200 : 25; // answers after each happening
const patienceMs = 120_000;

const two = { intake: 2, validation: 2, eligibility: 2, payments: 2, query: 2, scheduler: 1 };
const system = await startSystem({ brokers: 2, fronts: 2, workers: two, wires: true, env: { ECF2_WAIT_LIMIT_MS: '3000', ECF2_LEASE_MS: '10000' } });
after(() => system.stop());

const { people } = await loadWorld(system, { providers: 5, people: 7 * persons, mentors: true });
const chosen = [...people.filter(({ role }) => role === 'mentor').slice(0, persons / 2), ...people.filter(({ role }) => role === 'ect').slice(0, persons / 2)];

const told = []; // one entry for each thing that a client wanted: { person, what, trace, sent, response }
const seen = new Map(); // answers on the way there, by status

/** One request with this key, again and again until it is answered for good: { status, body }. */
async function insist(person, { method, path, body, key, trace }, entry, url) {
  const until = performance.now() + patienceMs;
  for (let n = url; performance.now() < until; n++) {
    const urls = system.urls;
    entry.sent++;
    const answer = await system.request(method, path, {
      url: urls[n % urls.length] ?? system.url,
      token: person.provider.token,
      body,
      headers: { 'idempotency-key': key, 'x-request-id': trace, ...(n % 3 === 0 && { prefer: 'respond-async' }) },
    }).catch(() => ({ status: 'lost' }));
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    if (answer.status === 200 || answer.status === 422) return { status: answer.status, body: answer.body };
    if (answer.status === 202) {
      const found = await poll(person, answer.headers.get('location'), until);
      if (found) return found;
    }
    assert.ok([202, 409, 503, 'lost'].includes(answer.status), `${answer.status} ${answer.text}`);
    await pause(50 + Math.random() * 200);
  }
  throw new Error(`${trace}, sent ${entry.sent} times: no answer in ${patienceMs} ms: ${await knownOf(trace)}`);
}

/** What the database has of a submission that nobody answers for, and what all clients were told so far. */
async function knownOf(trace) {
  const { rows } = await system.db.query(
    `select s.id, s.mode, s.subject, s.accept_no, s.accepted_at, clock_timestamp() as now, o.decided_at, o.result,
            (select json_agg(e) from submission_stages as e where e.submission_id = s.id) as stages,
            (select json_agg(l) from submission_dead_letters as l where l.submission_id = s.id) as letters,
            (select json_agg(b.accept_no) from submissions as b where b.subject = s.subject and b.accept_no < s.accept_no
               and not exists (select from submission_outcomes as d where d.submission_id = b.id)) as earlier
     from submissions as s left join submission_outcomes as o on o.submission_id = s.id where s.trace_id = $1`, [trace]);
  return `${JSON.stringify(rows)} ${JSON.stringify([...seen])} ${system.ctl('status').stdout}`;
}

async function poll(person, location, until) {
  while (performance.now() < until) {
    const answer = await system.request('GET', location, { token: person.provider.token }).catch(() => undefined);
    assert.notEqual(answer?.status, 404, `${location} was accepted`);
    if (answer?.body?.data?.attributes.state === 'decided') return answer.body.data.attributes.response;
    await pause(50);
  }
  return undefined;
}

/** What somebody wants once, whatever it takes; every third time two ask for it at once, at different fronts. */
async function want(person, what, request) {
  const entry = { person, what, trace: randomUUID(), sent: 0 };
  const keyed = { ...request, key: randomUUID(), trace: entry.trace };
  told.push(entry);
  const turn = told.length, asks = turn % 3 ? [0] : [0, 1];
  const answers = await Promise.all(asks.map((i) => insist(person, keyed, entry, turn + i)));
  for (const answer of answers) assert.deepEqual(answer, answers[0], 'two answers to one key');
  assert.equal(answers[0].status, 200, `${what} ${entry.trace}, sent ${entry.sent} times: ${JSON.stringify(answers[0].body)}`);
  entry.response = answers[0].body;
  return answers[0].body.data;
}

let going = true;

async function declareAndVoid(person) {
  while (going) {
    const { id } = await want(person, 'created', { method: 'POST', path: declarations, body: declaration(person, person.role === 'mentor' ? 'completed' : 'started') });
    await want(person, 'voided', { method: 'PUT', path: `${declarations}/${id}/void` });
  }
}

const oneOf = (list) => list[Math.floor(Math.random() * list.length)];
const services = ['front', 'broker', 'intake', 'validation', 'payments', 'query'];
const kill = async (...names) => {
  await Promise.all(names.map(async (name) => {
    await system.kill(name);
    await system.start(name);
  }));
};
async function lose(side, direction) {
  for (const wire of system.wires[side]) wire.lose(direction);
  await pause(300 + Math.random() * 500);
  for (const wire of system.wires[side]) wire.mend();
}

const happenings = {
  ...Object.fromEntries(services.map((service) => [`${service} killed`, () => kill(oneOf([service, `${service}-2`]))])),
  'both intakes killed': () => kill('intake', 'intake-2'),
  'both payments killed': () => kill('payments', 'payments-2'),
  'payments stopped': async () => {
    system.pause('payments');
    await pause(4000);
    system.proceed('payments');
  },
  'intake stopped': async () => {
    system.pause('intake');
    await pause(4000);
    system.proceed('intake');
  },
  'acknowledgements and answers lost': () => lose('front', 'fromBroker'),
  'submissions lost': () => lose('front', 'toBroker'),
  'results lost': () => lose('worker', 'toBroker'),
  'sessions ended': () => system.db.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()'),
  'Redis killed': () => kill('redis'),
};

/** Three innocent deaths bury a record (PL-41). An operator sends such a one again. */
async function retryTheInnocent() {
  const { rows } = await system.db.query("select submission_id as id from submission_dead_letters where resolved_at is null and reason = 'worker died'");
  for (const { id } of rows) assert.equal(system.ctl('dead', 'retry', id).status, 0);
}

test('declared and voided in turn with a key each, while things die: each is done once', async (t) => {
  const load = inParallel(chosen, chosen.length, declareAndVoid);
  load.catch(() => (going = false));
  const answered = () => told.filter(({ response }) => response).length;
  for (let round = 0; round < rounds && going; round++) {
    for (const [name, happen] of Object.entries(happenings)) {
      if (!going) break;
      const before = answered();
      await happen();
      await eventually(async () => {
        await retryTheInnocent();
        return !going || answered() >= before + enough || `${name}: ${answered() - before} answers`;
      }, patienceMs);
    }
  }
  going = false;
  let ended = false;
  load.finally(() => (ended = true)).catch(() => {});
  await eventually(async () => (await retryTheInnocent(), ended || 'clients still ask'), patienceMs);
  await load;
  await allDecided(system, 60_000);

  const { rows } = await system.db.query('select trace_id, count(*)::integer as n from submissions group by trace_id');
  const times = new Map(rows.map(({ trace_id, n }) => [trace_id, n]));
  const doubled = told.filter(({ trace }) => times.get(trace) > 1), lost = told.filter(({ trace }) => !times.get(trace));
  assert.deepEqual([doubled.length, lost.length, rows.length], [0, 0, told.length]);
  const wanted = (person, what) => told.filter((entry) => entry.person === person && entry.what === what).length;
  for (const person of chosen) {
    const { rows: [has] } = await system.db.query(
      `select (select count(*)::integer from declarations where teacher_id = $1) as declared,
              (select count(*)::integer from declarations where teacher_id = $1 and payment_status = 'voided') as voided,
              (select count(*)::integer from events where teacher_id = $1 and event_type = 'teacher_declaration_created') as created_events,
              (select count(*)::integer from events where teacher_id = $1 and event_type = 'teacher_declaration_voided') as voided_events,
              (select count(*)::integer from events where teacher_id = $1 and event_type = 'mentor_completion_status_change') as completions,
              (select count(*)::integer from training_periods where teacher_id = $1) as periods,
              (select count(*)::integer from webhook_deliveries as w join submissions as s on s.id = w.submission_id where s.subject = $2) as deliveries`, [person.id, person.subject]);
    const [created, voided] = ['created', 'voided'].map((what) => wanted(person, what)), mentor = person.role === 'mentor';
    // At each void a mentor's training goes on the day after it ended; once that would be in the future there is nothing to do
    // (6.1). The world's mentors have 300 times until then, and some.
    const periods = mentor ? Math.min(1 + voided, Math.max(300, has.periods)) : 1;
    assert.deepEqual(has, { declared: created, voided, created_events: created, voided_events: voided, completions: mentor ? created + voided : 0, periods, deliveries: created + voided }, person.subject);
  }
  assert.deepEqual(await brokenInvariants(system.db, { except: ['a declaration that is not on its statement', 'a declaration that no success made', 'a mentor’s completion that is not noted exactly once', 'two live declarations of one person, role and type'] }), []);
  const remark = `${told.length} wants, ${told.reduce((sum, { sent }) => sum + sent, 0)} requests: ${[...seen].map(([status, n]) => `${n} × ${status}`).join(', ')}`;
  t.diagnostic(remark);
  note('declared and voided in turn with idempotency keys, while things die', { counts: { sent: told.reduce((sum, { sent }) => sum + sent, 0), accepted: told.length, decided: told.length, lost: lost.length, doubled: doubled.length }, remark });
});
