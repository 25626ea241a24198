// What a client was told, and whether it is true: a client that keeps a record of every answer, loads made of it, and the
// count of what was lost, doubled or decided out of order, from that record and from the database. For tests/faults.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { declaration, types, wish } from './declarations.mjs';
import { othersSeconds } from './processor.mjs';
import { long, note } from './results.mjs';

const path = '/api/v3/participant-declarations';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A client as a careful lead provider has it. Everything that it was told stands in `told`, one entry for each request,
 * found again in the database by its X-Request-Id:
 *   { request, person, provider, body, status, answer, location, sentAt, answeredAt }     (milliseconds)
 *   status: that of the answer; 'lost' = the connection ended without one; 'absent' = 503 with Location, and 404 there;
 *     'found' = 503 with Location, and there it was: accepted, and known to the client from then on (answeredAt)
 */
export class Client {
  told = [];

  constructor(system, { giveUpMs = 120_000 } = {}) {
    this.system = system;
    this.giveUpMs = giveUpMs;
    this.turn = 0; // of the fronts
    this.wishes = 0; // of loads
    this.often = new Map(); // how many of them were of each of the people who send again and again
  }

  get answered() {
    return this.told.filter(({ status }) => status === 'found' || (typeof status === 'number' && status !== 503)).length;
  }

  /** How many answers of each kind, for a test's diagnostics. */
  get summary() {
    const kinds = Map.groupBy(this.told, ({ status, location }) => (status === 503 && location ? '503 with Location' : status === 'found' ? '503 with Location, and it was there' : status));
    return [...kinds].map(([kind, entries]) => `${entries.length} × ${kind}`).join(', ');
  }

  /** One request, whatever comes of it; `prefer`: undefined = waits. `voids`: the id of the declaration that it voids; the
   *  body is then one that nobody reads. */
  async send(person, body, { prefer, url, voids } = {}) {
    const entry = { request: randomUUID(), person, provider: person.provider, body, sentAt: performance.now() };
    this.told.push(entry);
    const urls = this.system.urls;
    try {
      const answer = await this.system.request(voids ? 'PUT' : 'POST', voids ? `${path}/${voids}/void` : path, {
        url: url ?? urls[this.turn++ % urls.length] ?? this.system.url,
        token: person.provider.token,
        body,
        headers: { 'x-request-id': entry.request, ...(prefer && { prefer }) },
      });
      Object.assign(entry, { status: answer.status, answer: answer.body, location: answer.headers.get('location') ?? undefined, retryAfterMs: 1000 * Number(answer.headers.get('retry-after')) });
    } catch (error) {
      Object.assign(entry, { status: 'lost', error: error.cause?.code ?? error.message });
    }
    entry.answeredAt = performance.now();
    return entry;
  }

  /** Sends until it is known that it was accepted; gives the entry that says so. Only what a client may do: nothing is
   *  repeated of which it may be known that it was accepted (submissions.md section 7). */
  async submit(person, body, options) {
    const until = performance.now() + this.giveUpMs;
    for (;;) {
      const entry = await this.send(person, body, options);
      if (entry.status === 503 && entry.location && (await this.isThere(entry, until))) return entry;
      if (entry.status !== 503 && entry.status !== 'lost' && entry.status !== 'absent') return entry;
      if (performance.now() > until) throw new Error(`${JSON.stringify(entry)}: no answer in ${this.giveUpMs} ms`);
      await pause(50 + Math.random() * 100);
    }
  }

  /** 503 with Location: asks there after Retry-After. Then 404 means that it was not accepted, and never will be. */
  async isThere(entry, until) {
    await pause(entry.retryAfterMs);
    for (;;) {
      const { status } = await this.system.request('GET', entry.location, { token: entry.provider.token }).catch(() => ({}));
      if (status === 200) {
        Object.assign(entry, { status: 'found', answeredAt: performance.now() });
        return true;
      }
      if (status === 404) {
        entry.status = 'absent';
        return false;
      }
      if (performance.now() > until) throw new Error(`${entry.location}: ${status}`);
      await pause(100);
    }
  }
}

/** Looks until `look` gives true; else fails with the text that it gave last. */
export async function eventually(look, ms) {
  const end = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen === true) return;
    if (performance.now() > end) throw new Error(`${seen}, after ${ms} ms`);
    await pause(20);
  }
}

/** Runs `work(item)` over all items, so many at a time. After a failure nothing new is begun; what was under way ends
 *  before this does, so that nobody works on unseen. */
export async function inParallel(items, connections, work) {
  const rest = items[Symbol.iterator]();
  let failed = false;
  const ends = await Promise.allSettled(Array.from({ length: connections }, async () => {
    for (let { value, done } = rest.next(); !done && !failed; { value, done } = rest.next()) {
      await work(value).catch((error) => {
        failed = true;
        throw error;
      });
    }
  }));
  const wrong = ends.find(({ status }) => status === 'rejected');
  if (wrong) throw wrong.reason;
}

/** How many are neither decided nor dead; of those that were accepted until then. */
export async function undecided(db, until = 'infinity') {
  const { rows } = await db.query(
    `select count(*)::integer as n from submissions as s
     where s.accepted_at <= $1
       and not exists (select from submission_outcomes as o where o.accepted_at = s.accepted_at and o.submission_id = s.id)
       and not exists (select from submission_dead_letters as d where d.submission_id = s.id and d.resolved_at is null)`,
    [until],
  );
  return rows[0].n;
}

/** Waits until everything is decided that was accepted until then; else says what is not, and where the brokers have it. */
export async function allDecided(system, ms, until) {
  const end = performance.now() + ms;
  while ((await undecided(system.db, until)) > 0) {
    if (performance.now() > end) throw new Error(`undecided after ${ms} ms: ${await whatIsUndecided(system)}`);
    await pause(50);
  }
}

async function whatIsUndecided(system) {
  const { rows } = await system.db.query(
    `select s.id, s.mode, s.accept_no, s.subject, s.accepted_at, clock_timestamp() as now,
            (select json_agg(e.detail) from submission_stages as e where e.submission_id = s.id) as errors
     from submissions as s where not exists (select from submission_outcomes as o where o.submission_id = s.id) order by s.accept_no`,
  );
  return JSON.stringify({ count: rows.length, first: rows.slice(0, 5), status: system.status() });
}

// What must hold of a database at rest, whatever was killed. Each gives the ids that break it.
const invariants = {
  'a submission is undecided': `
    select s.id from submissions as s left join submission_outcomes as o on o.submission_id = s.id where o.submission_id is null`,
  'an outcome without submission': `
    select o.submission_id as id from submission_outcomes as o left join submissions as s on s.id = o.submission_id where s.id is null`,
  'a dead letter': 'select submission_id as id from submission_dead_letters where resolved_at is null',
  'a success without its declaration': `
    select o.submission_id as id from submission_outcomes as o left join declarations as d on d.api_id = o.resource_api_id
    where o.result = 'succeeded' and d.id is null`,
  'a success whose body is not that of its declaration': `
    select submission_id as id from submission_outcomes
    where result = 'succeeded' and body -> 'data' ->> 'id' is distinct from resource_api_id::text`,
  'a declaration that no success made': `
    select d.id from declarations as d
    left join submission_outcomes as o
      on o.submission_id = d.submission_id and o.result = 'succeeded' and o.resource_api_id = d.api_id
    where o.submission_id is null`,
  'two declarations of one submission': 'select submission_id as id from declarations group by submission_id having count(*) > 1',
  'two live declarations of one person, role and type': `
    select teacher_id as id from declarations where payment_status <> 'voided' group by teacher_id, role, declaration_type having count(*) > 1`,
  'not exactly one event of a declaration': `
    select d.id from declarations as d
    left join events as e on e.declaration_id = d.id and e.event_type = 'teacher_declaration_created'
    group by d.id having count(e.id) <> 1`,
  'a mentor’s completion that is not noted exactly once': `
    select d.id from declarations as d
    left join events as e on e.declaration_id = d.id and e.event_type = 'mentor_completion_status_change'
    left join training_records as r
      on r.teacher_id = d.teacher_id and r.role = 'mentor' and r.became_ineligible_for_funding_reason = 'completed_declaration_received'
    where d.role = 'mentor' and d.declaration_type = 'completed'
    group by d.id having count(e.id) <> 1 or count(r.teacher_id) <> 1`,
  'a completion that no declaration made': `
    select e.id from events as e
    left join declarations as d on d.id = e.declaration_id and d.role = 'mentor' and d.declaration_type = 'completed'
    where e.event_type = 'mentor_completion_status_change' and d.id is null`,
  'an event that nothing decided': `
    select e.id from events as e left join submission_outcomes as o on o.submission_id = e.submission_id
    where e.event_type = 'teacher_declaration_created' and (o.result is distinct from 'succeeded')`,
  'not exactly one delivery of an outcome to an endpoint of its provider': `
    select s.id from submissions as s
    join submission_outcomes as o on o.accepted_at = s.accepted_at and o.submission_id = s.id
    join webhook_endpoints as w on w.lead_provider_id = s.caller_id
    left join webhook_deliveries as d on d.submission_id = s.id and d.webhook_endpoint_id = w.id and d.kind = 'submission.decided'
    where s.caller_type = 'lead_provider'
    group by s.id, w.id having count(d.id) <> 1`,
  'a delivery that no outcome of the provider made': `
    select d.submission_id as id from webhook_deliveries as d
    join webhook_endpoints as w on w.id = d.webhook_endpoint_id
    left join submissions as s on s.id = d.submission_id and s.caller_id = w.lead_provider_id
    left join submission_outcomes as o on o.submission_id = s.id
    where o.submission_id is null`,
  'a declaration that is not on its statement': `
    select id from declarations where payment_status <> 'eligible' or payment_statement_id is null`,
  'decided before it was accepted': `
    select s.id from submissions as s join submission_outcomes as o on o.submission_id = s.id where o.decided_no <= s.accept_no`,
};
const ofEffectsTwice = ['two declarations of one submission', 'two live declarations of one person, role and type', 'not exactly one event of a declaration', 'not exactly one delivery of an outcome to an endpoint of its provider'];

/** Which invariants are broken, and by whom: [{ name, ids }]; empty = none. */
async function broken(db, except) {
  const found = [];
  for (const [name, query] of Object.entries(invariants)) {
    if (except.includes(name)) continue;
    const { rows } = await db.query(query);
    if (rows.length > 0) found.push({ name, ids: rows.map(({ id }) => id) });
  }
  return found;
}

/** The same as sentences. */
export async function brokenInvariants(db, { except = [] } = {}) {
  return (await broken(db, except)).map(({ name, ids }) => `${name}: ${ids.length}, such as ${ids.slice(0, 3).join(', ')}`);
}

const mustBe = ({ status }) => status === 200 || status === 202 || status === 422 || status === 'found';
const mustNotBe = ({ status, location }) => status === 'absent' || (status === 503 && !location);

/** What is wrong with one entry of the record, given the rows that are stored of it: [kind, sentence] pairs. */
function* faultsOf(entry, same) {
  const [one] = same;
  if (same.length > 1) yield ['doubled', `accepted ${same.length} times`];
  if (mustBe(entry) && !one) yield ['lost', 'lost: it was answered and is not stored'];
  if (mustNotBe(entry) && one) yield ['wrong', `stored, though the client was told that it was not accepted: ${JSON.stringify(entry.answer)}`];
  if (!mustBe(entry) && !mustNotBe(entry) && entry.status !== 'lost' && entry.status !== 503) yield ['wrong', `an answer that nobody expects: ${JSON.stringify(entry.answer)}`];
  if (!one) return;
  if (!one.result) yield ['lost', 'undecided'];
  if ((entry.status === 202 || entry.status === 'found' || entry.status === 503) && !entry.location?.endsWith(`/${one.id}`)) yield ['wrong', `Location ${entry.location} is not ${one.id}`];
  if ((entry.status === 200 || entry.status === 422) && (one.http_status !== entry.status || !isDeepStrictEqual(one.body, entry.answer))) {
    yield ['wrong', `told ${JSON.stringify(entry.answer)}, stored ${one.http_status} ${JSON.stringify(one.body)}`];
  }
}

/** Of entries of one person ([{ sentAt, answeredAt, no, decidedAt, rests }], answeredAt: Infinity where nobody was told that it
 *  was accepted; no: the number of its decision; decidedAt and rests, [[from, until]]: machine time in seconds): how many pairs
 *  the client saw one after the other, and those that come later and were decided before an earlier one. While an earlier one
 *  rests or is dead it holds nobody (pipeline.md PL-5). */
export function orderOf(entries) {
  const byAnswer = entries.toSorted((a, b) => a.answeredAt - b.answeredAt);
  const answered = byAnswer.filter(({ rests }) => !rests?.length), rested = byAnswer.filter(({ rests }) => rests?.length);
  let pairs = 0, before = 0, highest = -Infinity;
  const wrong = [];
  for (const later of entries.toSorted((a, b) => a.sentAt - b.sentAt)) {
    for (; before < answered.length && answered[before].answeredAt < later.sentAt; before++) highest = Math.max(highest, answered[before].no);
    const holding = rested.filter(({ answeredAt, rests }) => answeredAt < later.sentAt && !rests.some(([from, until]) => from <= later.decidedAt && later.decidedAt <= until));
    pairs += before + holding.length;
    if (highest >= later.no || holding.some(({ no }) => no >= later.no)) wrong.push(later);
  }
  return { pairs, wrong };
}

// When a submission holds nobody: while it is a dead letter, and from an error of `records` until it errs elsewhere or is
// retried. Who looked just before it was retried is decided just after: a second is given to that.
const restsOf = `
  select coalesce(json_agg(json_build_array(extract(epoch from rest.since), coalesce(extract(epoch from rest.until) + 1, 1e12))), '[]')
  from (
    select dead_at, resolved_at from submission_dead_letters as d where d.submission_id = s.id
    union all
    select e.at, least((select min(at) from submission_stages as n where n.submission_id = s.id and n.stage <> 'records' and n.at > e.at),
                       (select min(resolved_at) from submission_dead_letters as d where d.submission_id = s.id and d.resolved_at >= e.at))
    from submission_stages as e where e.accepted_at = s.accepted_at and e.submission_id = s.id and e.stage = 'records'
  ) as rest (since, until)`;

/**
 * The record against the database, which must be at rest or have rested since the entries were answered:
 *   { sent, accepted, decided, lost, doubled, wrong, outOfOrder, pairs, found }
 * found: a sentence for whatever is wrong; lost: acknowledged and not stored, or never decided; doubled: accepted twice, or
 * with effects twice; wrong: told otherwise than it is stored; outOfOrder: decided before one of the person
 * that was acknowledged before it was sent, of `pairs` that the client saw in an order.
 * from: where in the record to begin; except: invariants that need not hold.
 */
export async function count(system, client, { from = 0, except = [] } = {}) {
  // What is still under way is not judged: rows that are read now cannot show what is told later.
  const told = client.told.slice(from).filter(({ answeredAt }) => answeredAt !== undefined);
  const { rows } = await system.db.query(
    `select s.id, s.trace_id, s.subject, o.result, o.http_status, o.body, o.decided_no::float8 as no,
            extract(epoch from o.decided_at)::float8 as "decidedAt", (${restsOf}) as rests
     from submissions as s left join submission_outcomes as o on o.accepted_at = s.accepted_at and o.submission_id = s.id`,
  );
  const stored = Map.groupBy(rows, ({ trace_id }) => trace_id);
  const counted = { sent: told.length, accepted: 0, decided: 0, lost: 0, doubled: 0, wrong: 0, outOfOrder: 0, pairs: 0, found: [] };
  const ordered = [];
  for (const entry of told) {
    const same = stored.get(entry.request) ?? [];
    if (mustBe(entry)) counted.accepted++;
    for (const [kind, text] of faultsOf(entry, same)) {
      counted[kind]++;
      counted.found.push(`${entry.request} (${entry.status}, ${entry.body.data.attributes.declaration_type}): ${text}`);
    }
    if (same[0]?.result) counted.decided++;
    // One of which nobody was told that it was accepted holds nobody, but has its own turn all the same.
    if (same[0]?.result) {
      const { subject, no, decidedAt, rests } = same[0];
      ordered.push({ sentAt: entry.sentAt, answeredAt: mustBe(entry) ? entry.answeredAt : Infinity, request: entry.request, subject, no, decidedAt, rests });
    }
  }
  const sent = new Set(client.told.map(({ request }) => request));
  for (const trace of stored.keys()) if (!sent.has(trace)) counted.found.push(`${trace}: stored, and nobody has sent it`);
  for (const [subject, ofPerson] of Map.groupBy(ordered, (entry) => entry.subject)) {
    const { pairs, wrong } = orderOf(ofPerson);
    counted.pairs += pairs;
    counted.outOfOrder += wrong.length;
    for (const { request } of wrong) counted.found.push(`${request}: decided before one of ${subject} that was acknowledged before it was sent`);
  }
  for (const { name, ids } of await broken(system.db, except)) {
    if (ofEffectsTwice.includes(name)) counted.doubled += ids.length;
    counted.found.push(`${name}: ${ids.length}, such as ${ids.slice(0, 3).join(', ')}`);
  }
  return counted;
}

/** Polls what was answered 202, or found where it was said to be, some 1 000 of it at most, and says where the resource is not the stored outcome. */
export async function pollAll(system, told, connections = 8) {
  const wrong = [], accepted = told.filter(({ status }) => status === 202 || status === 'found'), every = Math.ceil(accepted.length / 1000);
  const { rows } = await system.db.query('select submission_id, http_status, body from submission_outcomes');
  const stored = new Map(rows.map((row) => [row.submission_id, row]));
  await inParallel(accepted.filter((_, i) => i % every === 0), connections, async (entry) => {
    const { status, body } = await system.request('GET', entry.location, { token: entry.provider.token });
    const attributes = body?.data?.attributes;
    const outcome = stored.get(entry.location.split('/').at(-1));
    if (status !== 200 || attributes?.state !== 'decided' || attributes.response.status !== outcome?.http_status || !isDeepStrictEqual(attributes.response.body, outcome.body)) {
      wrong.push(`${entry.location}: ${status} ${JSON.stringify(attributes)}`);
    }
  });
  return wrong;
}

const atOnce = 50; // people who send again and again
const wishesOfEach = 60; // then it is somebody else's turn: who has sent thousands makes each look for his earlier ones long

/** Declares until it is told to end; the next load goes on where this one ended. Every second wish is somebody's who sends
 *  again and again, so that there is an order to keep; the others go through everybody, one type after the other. What has
 *  been declared already is answered with that, or refused: also work. */
export class Load {
  static all = new Set();
  ending = false;

  constructor(client, people, connections = 8) {
    this.client = client;
    this.done = inParallel(this.wishes(people), connections, async ([person, body, prefer]) => {
      await client.submit(person, body, { prefer });
    });
    this.done.catch(() => (this.ending = true));
    Load.all.add(this);
  }

  * wishes(people) {
    while (!this.ending) {
      const n = this.client.wishes++;
      yield [...(n % 2 ? this.again(people, (n - 1) / 2) : this.another(people, n / 2)), n % 4 < 2 ? 'respond-async' : undefined];
    }
  }

  another(people, n) {
    const turn = Math.floor(n / people.length), person = people[n % people.length];
    const first = person.role === 'mentor' ? types.indexOf('completed') : 0; // what has effects of its own comes soon
    return [person, declaration(person, types[(first + turn) % types.length])];
  }

  again(people, n) {
    const first = Math.floor(n / (atOnce * wishesOfEach)) * atOnce, person = people[(first + Math.floor(Math.random() * atOnce)) % people.length];
    const { often } = this.client, before = often.get(person) ?? 0;
    often.set(person, before + 1);
    return [person, wish(person, before)];
  }

  /** Until so many more were answered. */
  async more(n, ms = 30_000) {
    const before = this.client.answered;
    await eventually(() => {
      if (this.ending) return this.done.then(() => true);
      return this.client.answered >= before + n || `${this.client.answered - before} more answers`;
    }, ms);
  }

  /** Gives what tells the mean of all that was decided since then, per second of what other jobs left of the machine: of four
   *  seconds on two processors of which somebody else had one for two seconds, three are left. */
  async meanRate() {
    const { system } = this.client;
    const decided = async () => (await system.db.query('select count(*)::float8 as n from submission_outcomes')).rows[0].n;
    const from = performance.now(), before = await decided(), others = othersSeconds(system.pids());
    return async () => {
      const taken = Math.max(0, othersSeconds(system.pids()) - others) / availableParallelism(), until = performance.now();
      return ((await decided()) - before) / ((until - from) / 1000 - taken);
    };
  }

  end() {
    this.ending = true;
    Load.all.delete(this);
    return this.done;
  }
}

/**
 * A fault under load: `happens(load, over)` begins it, does what is to be done meanwhile, ends it, and calls over() at once,
 * from when recovery is reckoned; then it may wait for service. Whatever was accepted until it returns is decided
 * afterwards, all is well, and where there is a `twin` (twin.mjs) the system is as fast as it. Noted as `fault`, with what
 * remarkOf(given) says; gives the counts and what `happens` gave.
 */
export async function underLoad(system, client, people, fault, happens, { connections = long ? 32 : 8, some = long ? 100 : 25, twin, remarkOf, ...options } = {}) {
  const from = client.told.length, load = new Load(client, people, connections);
  await load.more(some);
  let ended;
  const given = await happens(load, () => (ended = performance.now()));
  assert.ok(ended, 'nobody has said when the fault was over');
  await allDecided(system, 60_000, new Date());
  const recoveryMs = performance.now() - ended;
  await load.more(some);
  await load.end();
  const after = await twin?.beside(client, people, { connections, enough: 0.98 });
  const counts = await allIsWell(system, client, { from, ...options });
  assert.ok(counts.pairs > 0, 'nobody has sent a second one after the first');
  note(fault, { counts, recoveryMs, after, remark: remarkOf?.(given) });
  if (after) assert.ok(after.ours >= 0.98 * after.twins, `${after.ours} decided per second, and ${after.twins} where nothing has happened`);
  return { counts, given };
}

/** All that was answered is decided, once, in order, as it was told, and whoever asks later is told the same; no stage has
 *  failed. Gives the counts. */
export async function allIsWell(system, client, { ms = 60_000, ...options } = {}) {
  await allDecided(system, ms);
  const counted = await count(system, client, options);
  assert.deepEqual(counted.found, []);
  assert.deepEqual(await pollAll(system, client.told.slice(options.from)), []);
  assert.deepEqual((await system.db.query('select stage, detail from submission_stages')).rows, []);
  return counted;
}
