// A world in which declarations can be made, a client that makes them and keeps a record of every answer, and what must
// be true of the two afterwards. Loaded by SQL, so that it needs no importer; for tests/faults.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

export const types = ['started', 'retained-1', 'retained-2', 'retained-3', 'retained-4', 'completed', 'extended-1', 'extended-2', 'extended-3'];

const path = '/api/v3/participant-declarations';
const day = 24 * 3600 * 1000;
const year = 2024;

/**
 * `providers` lead providers, each with a token and an open statement; `people` ECTs in turn over them, eligible for
 * funding, so that everything they declare lands on a statement. Gives { providers: [{ id, name, token }], people:
 * [{ id, apiId, subject, provider }] }.
 */
export async function loadWorld(system, { providers = 10, people = 300 } = {}) {
  const tokens = Array.from({ length: providers }, (_, i) => `token-of-provider-${i}-${randomUUID()}`);
  const digests = tokens.map((token) => createHmac('sha256', system.env.ECF2_TOKEN_KEY).update(token).digest());
  const { rows: made } = await system.db.query(
    `with years as (
       insert into contract_periods (year, started_on, finished_on, enabled) values ($1, make_date($1, 6, 1), make_date($1 + 1, 5, 31), true)
     ), schedule as (
       insert into schedules (contract_period_year, identifier) values ($1, 'ecf-standard-september') returning id
     ), dates as (
       insert into milestones (schedule_id, declaration_type, start_date)
       select schedule.id, type::declaration_type, make_date($1, 6, 1) from schedule, unnest($2::text[]) as type
     ), places as (
       insert into gias_schools (urn, name, type_name, in_england, section_41_approved, eligible, local_authority_code)
       values (100001, 'The School', 'Academy converter', true, false, true, 202) returning urn
     ), school as (
       insert into schools (urn) select urn from places returning id
     ), partner as (
       insert into delivery_partners (name) values ('The Delivery Partner') returning id
     ), provider as (
       insert into lead_providers (name) select 'Provider ' || to_char(n, 'FM000') from generate_series(1, $3::integer) as n returning id, name
     ), token as (
       insert into api_tokens (kind, lead_provider_id, token_digest, token_hint, description)
       select 'lead_provider', id, ($4::bytea[])[row_number() over (order by name)], 'test', 'tests' from provider
     ), period as (
       insert into provider_contract_periods (lead_provider_id, contract_period_year) select id, $1 from provider returning id, lead_provider_id
     ), contract as (
       insert into contracts (provider_contract_period_id, lead_provider_id, contract_period_year, contract_type, recruitment_target,
                              uplift_fee_per_declaration, setup_fee)
       select id, lead_provider_id, $1, 'ecf', 1000, 100, 0 from period returning id, lead_provider_id
     ), statement as (
       insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
       select id, lead_provider_id, $1, extract(year from now() + interval '2 months')::integer, extract(month from now() + interval '2 months')::integer,
              'output', (now() + interval '2 months')::date, (now() + interval '3 months')::date
       from contract
     ), delivery as (
       insert into delivery_partnerships (provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
       select period.id, period.lead_provider_id, $1, partner.id from period, partner returning id, lead_provider_id
     ), partnership as (
       insert into school_partnerships (school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
       select school.id, delivery.id, delivery.lead_provider_id, $1 from school, delivery returning id, lead_provider_id
     )
     select provider.id::text, provider.name, partnership.id::text as partnership, (select id::text from school) as school, (select id::text from schedule) as schedule
     from provider join partnership on partnership.lead_provider_id = provider.id
     order by provider.name`,
    [year, types, providers, digests],
  );
  const list = made.map(({ id, name }, i) => ({ id, name, token: tokens[i] }));
  const { rows } = await system.db.query(
    `with person as (
       insert into teachers (trn, trs_first_name, trs_last_name)
       select to_char(1000000 + n, 'FM0000000'), 'Given' || n, 'Family' || n from generate_series(0, $1::integer - 1) as n
       returning id, api_id, trn
     ), record as (
       insert into training_records (teacher_id, role, first_became_eligible_for_training_at)
       select id, 'ect', make_date($2, 9, 1) from person
     ), stay as (
       insert into school_periods (teacher_id, role, school_id, started_on) select id, 'ect', $3, make_date($2, 9, 1) from person returning id, teacher_id
     ), training as (
       insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year,
                                     school_partnership_id, lead_provider_id, schedule_id)
       select stay.id, stay.teacher_id, 'ect', $3, make_date($2, 9, 1), 'provider_led', $2, ($4::bigint[])[chosen.n], ($5::bigint[])[chosen.n], $6
       from stay join person on person.id = stay.teacher_id
       cross join lateral (select (person.trn::integer - 1000000) % $7::integer + 1 as n) as chosen
     )
     select id::text, api_id as "apiId", 'trn:' || trn as subject from person order by trn`,
    [people, year, made[0].school, made.map((p) => p.partnership), made.map((p) => p.id), made[0].schedule, providers],
  );
  return { providers: list, people: rows.map((person, i) => ({ ...person, provider: list[i % providers] })) };
}

/** The body of a declaration of this type; `more` are other attributes. */
export function declaration(person, type, more = {}) {
  return {
    data: {
      type: 'participant-declaration',
      attributes: {
        participant_id: person.apiId,
        declaration_type: type,
        declaration_date: new Date(Date.UTC(year, 9, 1) + types.indexOf(type) * 7 * day).toISOString(),
        course_identifier: 'ecf-induction',
        evidence_held: 'training-event-attended',
        ...more,
      },
    },
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A client as a careful lead provider has it. Everything that it was told stands in `told`, one entry for each request,
 * found again in the database by its X-Request-Id:
 *   { request, person, provider, body, status, answer, location, sentAt, answeredAt }     (milliseconds)
 *   status: that of the answer; 'lost' = the connection ended without one; 'absent' = 503 with Location, and 404 there
 */
export class Client {
  told = [];

  constructor(system, { giveUpMs = 120_000 } = {}) {
    this.system = system;
    this.giveUpMs = giveUpMs;
    this.turn = 0;
  }

  get answered() {
    return this.told.filter(({ status }) => typeof status === 'number' && status !== 503).length;
  }

  /** How many answers of each kind, for a test's diagnostics. */
  get summary() {
    const kinds = Map.groupBy(this.told, ({ status, location }) => (status === 503 && location ? '503 with Location' : status));
    return [...kinds].map(([kind, entries]) => `${entries.length} × ${kind}`).join(', ');
  }

  /** One request, whatever comes of it; `prefer`: undefined = waits. */
  async send(person, body, { prefer, url } = {}) {
    const entry = { request: randomUUID(), person, provider: person.provider, body, sentAt: performance.now() };
    this.told.push(entry);
    const urls = this.system.urls;
    try {
      const answer = await this.system.request('POST', path, {
        url: url ?? urls[this.turn++ % urls.length] ?? this.system.url,
        token: person.provider.token,
        body,
        headers: { 'x-request-id': entry.request, ...(prefer && { prefer }) },
      });
      Object.assign(entry, { status: answer.status, answer: answer.body, location: answer.headers.get('location') ?? undefined });
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

  /** 503 with Location: asks there after 5 s, as it says. Then 404 means that it was not accepted, and never will be. */
  async isThere(entry, until) {
    await pause(5000);
    for (;;) {
      const { status } = await this.system.request('GET', entry.location, { token: entry.provider.token }).catch(() => ({}));
      if (status === 200) return true;
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

/** Runs `work(item)` over all items, so many at a time. */
export async function inParallel(items, connections, work) {
  const rest = items[Symbol.iterator]();
  await Promise.all(Array.from({ length: connections }, async () => {
    for (const item of rest) await work(item);
  }));
}

export async function undecided(db) {
  const { rows } = await db.query(
    `select count(*)::integer as n from submissions as s
     where not exists (select from submission_outcomes as o where o.accepted_at = s.accepted_at and o.submission_id = s.id)
       and not exists (select from submission_dead_letters as d where d.submission_id = s.id and d.resolved_at is null)`,
  );
  return rows[0].n;
}

/** Waits until everything is decided; else says what is not, and where the brokers have it. */
export async function allDecided(system, ms) {
  const end = performance.now() + ms;
  while ((await undecided(system.db)) > 0) {
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
  'an event that nothing decided': `
    select e.id from events as e left join submission_outcomes as o on o.submission_id = e.submission_id
    where e.event_type = 'teacher_declaration_created' and (o.result is distinct from 'succeeded')`,
  'a declaration that is not on its statement': `
    select id from declarations where payment_status <> 'eligible' or payment_statement_id is null`,
  'decided before it was accepted': `
    select s.id from submissions as s join submission_outcomes as o on o.submission_id = s.id where o.decided_no <= s.accept_no`,
};

/** Which invariants are broken, and by whom; empty = none. */
export async function brokenInvariants(db, { except = [] } = {}) {
  const broken = [];
  for (const [name, query] of Object.entries(invariants)) {
    if (except.includes(name)) continue;
    const { rows } = await db.query(query);
    if (rows.length > 0) broken.push(`${name}: ${rows.length}, such as ${rows.slice(0, 3).map(({ id }) => id).join(', ')}`);
  }
  return broken;
}

/** What the client was told against what is stored: a list of sentences; empty = they agree. */
export async function discrepancies(db, told) {
  const { rows } = await db.query(
    `select s.id, s.trace_id, o.result, o.http_status, o.body from submissions as s
     left join submission_outcomes as o on o.accepted_at = s.accepted_at and o.submission_id = s.id`,
  );
  const stored = Map.groupBy(rows, ({ trace_id }) => trace_id);
  const found = [];
  for (const entry of told) {
    const same = stored.get(entry.request) ?? [];
    const say = (text) => found.push(`${entry.request} (${entry.status}, ${entry.body.data.attributes.declaration_type}): ${text}`);
    stored.delete(entry.request);
    if (same.length > 1) say(`accepted ${same.length} times`);
    const [one] = same;
    const mustBe = entry.status === 200 || entry.status === 202 || entry.status === 422;
    const mustNotBe = entry.status === 'absent' || (entry.status === 503 && !entry.location);
    if (mustBe && !one) say('lost: it was answered and is not stored');
    if (mustNotBe && one) say('stored, though the client was told that it was not accepted');
    if (!mustBe && !mustNotBe && entry.status !== 'lost' && entry.status !== 503) say(`an answer that nobody expects: ${JSON.stringify(entry.answer)}`);
    if (!one) continue;
    if (!one.result) say('undecided');
    if ((entry.status === 202 || entry.status === 503) && !entry.location?.endsWith(`/${one.id}`)) say(`Location ${entry.location} is not ${one.id}`);
    if ((entry.status === 200 || entry.status === 422) && (one.http_status !== entry.status || !isDeepStrictEqual(one.body, entry.answer))) {
      say(`told ${JSON.stringify(entry.answer)}, stored ${one.http_status} ${JSON.stringify(one.body)}`);
    }
  }
  for (const trace of stored.keys()) found.push(`${trace}: stored, and nobody has sent it`);
  return found;
}

/** Polls what was answered 202, and says where the resource is not the stored outcome. */
export async function pollAll(system, told, connections = 8) {
  const wrong = [];
  const { rows } = await system.db.query('select submission_id, http_status, body from submission_outcomes');
  const stored = new Map(rows.map((row) => [row.submission_id, row]));
  await inParallel(told.filter(({ status }) => status === 202), connections, async (entry) => {
    const { status, body } = await system.request('GET', entry.location, { token: entry.provider.token });
    const attributes = body?.data?.attributes;
    const outcome = stored.get(entry.location.split('/').at(-1));
    if (status !== 200 || attributes?.state !== 'decided' || attributes.response.status !== outcome?.http_status || !isDeepStrictEqual(attributes.response.body, outcome.body)) {
      wrong.push(`${entry.location}: ${status} ${JSON.stringify(attributes)}`);
    }
  });
  return wrong;
}

/** Declares for everybody, over and over, until it is told to end. What has been declared already is refused: also work. */
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
    for (let turn = 0; !this.ending; turn++) {
      for (const [i, person] of people.entries()) {
        if (this.ending) return;
        yield [person, declaration(person, types[turn % types.length]), (turn + i) % 2 ? 'respond-async' : undefined];
      }
    }
  }

  /** Until so many more were answered. */
  async more(n, ms = 30_000) {
    const before = this.client.answered;
    await eventually(() => {
      if (this.ending) return this.done.then(() => true);
      return this.client.answered >= before + n || `${this.client.answered - before} more answers`;
    }, ms);
  }

  end() {
    this.ending = true;
    Load.all.delete(this);
    return this.done;
  }
}

/** All that was answered is decided, once, as it was told; no stage has failed. */
export async function allIsWell(system, client) {
  await allDecided(system, 60_000);
  assert.deepEqual(await discrepancies(system.db, client.told), []);
  assert.deepEqual(await brokenInvariants(system.db), []);
  assert.deepEqual(await pollAll(system, client.told), []);
  assert.deepEqual((await system.db.query('select stage, detail from submission_stages')).rows, []);
}
