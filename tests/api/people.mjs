// People for the tests of participants, transfers and unfunded mentors (lead-provider-api.md 4, 6, 8), written by SQL, so that
// each has what a rule needs and nothing else. Providers P, Q and R are new: nobody else's people are theirs.
import assert from 'node:assert/strict';
import { until } from '../support/system.mjs';
import { raw, titles } from './client.mjs';
import { uuidOf } from './world.mjs';

export const P = 'Provider P';
export const Q = 'Provider Q';
export const R = 'Provider R'; // trains nobody unless a test says so
export const providers = [P, Q, R];
export const schools = { S1: 100001, S2: 200002, S3: 300003 };
export const partners = { X: uuidOf('Partner X'), Z: uuidOf('Partner Z') };
export const TODAY = '2026-02-02';
const years = [2022, 2023, 2024, 2025, 2026];

export const idOf = (name) => uuidOf(`people ${name}`);
export const recordOf = (name, role = 'ect') => uuidOf(`record of people ${name} ${role}`);
export const CREATED = '2024-08-01T09:00:00Z';
export const UPDATED = '2025-09-01T10:00:00.5Z';

/** Providers, schools, partnerships: each provider with each school in each year, through Partner X, at S3 through Partner Z. */
export async function makePlaces(db) {
  await db.query(`insert into delivery_partners (name, api_id) values ('Partner Z', $1)`, [partners.Z]);
  for (const name of providers) await db.query('insert into lead_providers (name, api_id) values ($1, $2)', [name, uuidOf(name)]);
  await db.query(`insert into gias_schools (urn, name, type_name, in_england, section_41_approved, eligible, local_authority_code)
    values (200002, 'S2', 'Community school', true, false, true, 201), (300003, 'S3', 'Community school', true, false, true, 201)`);
  await db.query(`insert into schools (urn) values (200002), (300003)`);
  await db.query(`insert into school_funding_eligibilities (gias_school_urn, contract_period_year, pupil_premium_uplift, sparsity_uplift)
    values (200002, 2024, false, true), (200002, 2025, true, true), (300003, 2023, true, true)`);
  await db.query(`insert into provider_contract_periods (lead_provider_id, contract_period_year)
    select p.id, y from lead_providers p, unnest($2::integer[]) y where p.name = any ($1)`, [providers, years]);
  await db.query(`insert into delivery_partnerships (provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
    select c.id, c.lead_provider_id, c.contract_period_year, d.id from provider_contract_periods c join lead_providers p on p.id = c.lead_provider_id, delivery_partners d
    where p.name = any ($1) and d.name in ('Partner X', 'Partner Z')`, [providers]);
  await db.query(`insert into school_partnerships (school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
    select s.id, together.id, together.lead_provider_id, together.contract_period_year from schools s, delivery_partnerships together
    join lead_providers p on p.id = together.lead_provider_id join delivery_partners d on d.id = together.delivery_partner_id
    where p.name = any ($1) and s.urn = any ($2) and d.name = case s.urn when 300003 then 'Partner Z' else 'Partner X' end`, [providers, Object.values(schools)]);
}

const day = (value) => value ?? null;

/**
 * One person. places: school periods, [{ role, school, from, to, email, pattern, created, training: [{ provider, eoi, year,
 * schedule, from, to, withdrawn: [instant, reason], deferred, created, stamp, led: 'school' }], mentors: [{ by, from, to }] }];
 * what is left out is usual. `by` is somebody who was made before, with a mentor's period at that school.
 */
export async function makePerson(db, name, person) {
  const { first = 'Case', last = name, corrected = null, trn, created = CREATED, updated = UPDATED, mentorUpdated = UPDATED, records = {}, places = [], inductions = [], changes = [] } = person;
  const { rows: [{ id }] } = await db.query(
    `insert into teachers (api_id, trn, trnless, trs_first_name, trs_last_name, corrected_name, created_at, api_updated_at, api_unfunded_mentor_updated_at, trs_induction_start_date, trs_induction_completed_date)
     values ($1, $2, $2::text is null, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
    [idOf(name), trn === undefined ? String(7000000 + Number(BigInt(`0x${idOf(name).slice(0, 8)}`) % 900000n)) : trn, first, last, corrected, created, updated, mentorUpdated, day(person.trsStarted), day(person.trsCompleted)]);
  for (const role of new Set([...places.map((place) => place.role ?? 'ect'), ...Object.keys(records)])) {
    const { eligible = null, ineligible = null, reason = null, frozen = null } = records[role] ?? {};
    await db.query(`insert into training_records (api_id, teacher_id, role, first_became_eligible_for_training_at, became_ineligible_for_funding_on, became_ineligible_for_funding_reason, payments_frozen_year)
      values ($1, $2, $3, $4, $5, $6, $7)`, [recordOf(name, role), id, role, eligible, ineligible, reason, frozen]);
  }
  for (const place of places) await makePlace(db, id, place);
  for (const { from, to = null, outcome = null } of inductions) {
    await db.query(`insert into induction_periods (teacher_id, appropriate_body_id, started_on, finished_on, induction_programme, training_programme, number_of_terms, outcome)
      values ($1, $2, $3, $4, 'fip', 'provider_led', case when $4::date is not null then 3 end, $5)`, [id, await appropriateBody(db), from, to, outcome]);
  }
  for (const { from, to = idOf(name), at } of changes) {
    await db.query('insert into teacher_id_changes (teacher_id, api_from_teacher_id, api_to_teacher_id, created_at) values ($1, $2, $3, $4)', [id, from, to, at]);
  }
  return id;
}

async function appropriateBody(db) {
  await db.query(`insert into appropriate_bodies (name, body_type) values ('A body', 'national') on conflict do nothing`);
  return (await db.query(`select id from appropriate_bodies where name = 'A body'`)).rows[0].id;
}

async function makePlace(db, teacher, place) {
  const { role = 'ect', school = 'S1', from = '2024-09-01', to = null, email = null, pattern = null, created = '2024-09-18T09:42:07.9Z', training = [{}], mentors = [] } = place;
  const { rows: [{ id, school_id }] } = await db.query(
    `insert into school_periods (teacher_id, role, school_id, started_on, finished_on, email, working_pattern, created_at)
     values ($1, $2, (select id from schools where urn = $3), $4, $5, $6, $7, $8) returning id, school_id`,
    [teacher, role, schools[school], from, to, email, pattern, created]);
  for (const one of training) await makeTraining(db, { id, school_id, teacher, role, from, to }, one);
  for (const { by, from: mentored = from, to: until = to } of mentors) {
    await db.query(`insert into mentorship_periods (school_id, ect_school_period_id, ect_teacher_id, mentor_school_period_id, mentor_teacher_id, started_on, finished_on)
      select $1, $2, $3, p.id, p.teacher_id, $5, $6 from school_periods p join teachers t on t.id = p.teacher_id
      where t.api_id = $4 and p.role = 'mentor' and p.school_id = $1 order by p.started_on limit 1`, [school_id, id, teacher, idOf(by), mentored, until]);
  }
}

async function makeTraining(db, place, training) {
  const { provider = P, eoi = null, year = 2024, schedule = 'ecf-standard-september', from = place.from, to = place.to, withdrawn = [null, null], deferred = [null, null],
    created = '2024-09-20T09:00:00.9Z', stamp = '2025-01-01T00:00:00Z', led = 'provider' } = training;
  const of = led === 'school' ? { provider: null, eoi: null, year: null, schedule: null } : { provider: eoi === null ? provider : null, eoi, year, schedule };
  await db.query(
    `insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme, contract_period_year, school_partnership_id, lead_provider_id,
       expression_of_interest_id, schedule_id, withdrawn_at, withdrawal_reason, deferred_at, deferral_reason, created_at, api_transfer_updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8::integer,
       (select s.id from school_partnerships s join lead_providers p on p.id = s.lead_provider_id where s.school_id = $4 and p.name = $9 and s.contract_period_year = $8),
       (select id from lead_providers where name = $9),
       (select c.id from provider_contract_periods c join lead_providers p on p.id = c.lead_provider_id where p.name = $10 and c.contract_period_year = $8),
       (select id from schedules where identifier::text = $11 and contract_period_year = $8), $12, $13, $14, $15, $16, $17)`,
    [place.id, place.teacher, place.role, place.school_id, from, to, `${led}_led`, of.year, of.provider, of.eoi, of.schedule, ...withdrawn, ...deferred, created, stamp]);
}

/** What the writers keep beside (data-model-operations.md 9), of everybody; the instants stay those that a test gave. */
export async function fillStatus(system) {
  await system.db.query('create temporary table given as select id, api_updated_at from teachers');
  await system.refreshDerived();
  await system.db.query('update teachers as t set api_updated_at = given.api_updated_at from given where given.id = t.id');
  await system.db.query('drop table given');
}

// ---- what every list keeps (3.4 to 3.6, 3.10, 3.12)

/** Ids of a page. */
export async function idsOf(provider, path, query = '?page[per_page]=3000') {
  const answer = await provider.get(`${path}${query}`);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['data']);
  return answer.body.data.map(({ id }) => id);
}

/** `expected`: people as { id, created, updated } in the order of the default; `number` of the teacher breaks ties, ascending. */
export function sorted(expected, sort) {
  const keys = sort.split(',').map((name) => [name.replace(/^-/, ''), name.startsWith('-') ? -1 : 1]);
  const at = (one, key) => one[key === 'created_at' ? 'created' : 'updated'];
  return expected.toSorted((a, b) => {
    for (const [key, sign] of keys) if (at(a, key) !== at(b, key)) return at(a, key) < at(b, key) ? -sign : sign;
    return a.number - b.number;
  }).map(({ id }) => id);
}

/**
 * Tests that a list keeps the common rules. `context()`: { provider, path, expected }, where expected are all that the provider
 * sees, as sorted() wants them, at least four and with ties. Called inside a describe.
 */
export function keepsTheRulesOfLists(test, context) {
  const all = '&page[per_page]=3000';
  for (const [rule, sort, means] of [
    ['3.6 created_at', 'created_at', 'created_at'], ['3.6 created_at descending', '-created_at', '-created_at'], ['3.6 updated_at', 'updated_at', 'updated_at'],
    ['3.6 updated_at descending', '-updated_at', '-updated_at'], ['3.6/1 two names', '-updated_at,created_at', '-updated_at,created_at'], ['3.6/1 two names, the other way', '-created_at,-updated_at', '-created_at,-updated_at'],
    ['3.6/1 an encoded plus', '%2Bupdated_at', 'updated_at'], ['3.6/2 unknown names are dropped', 'full_name,-created_at,x', '-created_at'], ['3.6/2 nothing remains', '-full_name', 'created_at'],
    ['3.6/3 an unencoded plus is an unknown name', '+created_at', 'created_at'], ['3.6/3 and so is one before updated_at', '+updated_at', 'created_at'],
  ]) {
    test(`${rule}: sort=${sort}`, async () => {
      const { provider, path, expected } = context();
      assert.deepEqual(await idsOf(provider, path, `?sort=${sort}${all}`), sorted(expected, means));
    });
  }

  test('3.5/5 pages of two, read until one is empty, in each order: everything once, whatever has the same time', async () => {
    const { provider, path, expected } = context();
    for (const sort of ['created_at', '-created_at', 'updated_at', '-updated_at']) {
      const read = [];
      for (let page = 1; ; page++) {
        const some = await idsOf(provider, path, `?sort=${sort}&page[page]=${page}&page[per_page]=2`);
        if (some.length === 0) break;
        read.push(...some);
      }
      assert.deepEqual(read, sorted(expected, sort), sort);
    }
  });
  test('3.5/3 a page past the end is empty', async () => {
    const { provider, path } = context();
    assert.equal((await provider.get(`${path}?page[page]=9999999999`)).text, '{"data":[]}');
  });
  for (const [rule, query, title] of [
    ['3.4/1 filter as a value', 'filter=x', 'Bad parameter'], ['3.4/1 filter as an array', 'filter[]=x', 'Bad parameter'], ['3.4/8 no date', 'filter[updated_since]=x', 'Bad request'],
    ['3.5/2 page as a value', 'page=2', 'Bad request'], ['3.5/2 no page above 0', 'page[page]=0', 'Bad request'],
  ]) {
    test(`${rule}: 400`, async () => {
      const { provider, path } = context();
      const answer = await provider.get(`${path}?${query}`);
      assert.deepEqual([answer.status, titles(answer)], [400, [title]], answer.text);
    });
  }
  test('3.4/2, 3.4/3 unknown filters and blank ones are none', async () => {
    const { provider, path, expected } = context();
    assert.deepEqual(await idsOf(provider, path, `?filter[nonsense]=1&filter[updated_since]=%20&filter[urn]=1${all}`), sorted(expected, 'created_at'));
  });
  test('3.1/2 without a token: 401, as an unknown one', async () => {
    const { provider, path } = context();
    for (const token of [undefined, 'x']) {
      const answer = await provider.system.request('GET', path, { token });
      assert.deepEqual([answer.status, answer.text], [401, '{"error": "HTTP Token: Access denied"}']);
    }
  });
  test('2 HEAD answers what GET does, without a body; 3.10/1 an entity tag that is had gives 304', async () => {
    const { provider, path, expected } = context();
    for (const at of [path, context().shown(expected[0].id)]) {
      const full = await provider.get(at), etag = full.headers.get('etag');
      assert.match(etag, /^W\/"[0-9a-f]+"$/);
      const head = await raw(provider.system.url, `HEAD ${at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${provider.token}\r\nConnection: close\r\n\r\n`);
      assert.deepEqual([head.status, head.body, head.headers.etag, head.headers['content-length']], [200, '', etag, full.headers.get('content-length')]);
      const same = await provider.get(at, { headers: { 'if-none-match': etag } });
      assert.deepEqual([same.status, same.text], [304, '']);
    }
  });
  test('2 only GET and HEAD: 404 for other methods, with or without a token', async () => {
    const { provider, path, expected } = context();
    for (const [method, at] of [['POST', path], ['DELETE', path], ['PUT', context().shown(expected[0].id)], ['DELETE', context().shown(expected[0].id)]]) {
      for (const token of [provider.token, undefined]) assert.equal((await provider.system.request(method, at, { token })).status, 404, `${method} ${at}`);
    }
  });
  test('2 show: what the list shows, byte for byte, by an id in either case, whatever filters say', async () => {
    const { provider, path } = context();
    const { body } = await provider.get(`${path}?page[per_page]=3000`);
    for (const one of body.data) {
      const shown = await provider.get(context().shown(one.id));
      assert.deepEqual([shown.status, shown.text], [200, JSON.stringify({ data: one })]);
    }
    const [{ id }] = body.data;
    for (const query of ['?filter[updated_since]=x&page=0&sort=x', '?filter[cohort]=1&filter[training_status]=x']) assert.equal((await provider.get(`${context().shown(id.toUpperCase())}${query}`)).status, 200);
    assert.equal((await provider.get(`${context().shown(id)}?filter=x`)).status, 400);
  });
}

/** 3.12, 3.8: each of these ids answers byte for byte what an id answers that there is not. */
export async function areNotFound(provider, shown, ids) {
  const nobody = await provider.get(shown(uuidOf('nobody at all')));
  assert.deepEqual([nobody.status, titles(nobody)], [404, ['Resource not found']]);
  for (const id of [...ids, 'x', `${ids[0]}0`]) {
    const answer = await provider.get(shown(id));
    assert.deepEqual([answer.status, answer.text], [404, nobody.text], id);
  }
}

/** From now on PostgreSQL tells every statement of this system's query workers. */
export async function tellStatements(system) {
  await system.db.query(`do $$ begin execute format('alter role ecf2_query in database %I set log_min_duration_statement = 0', current_database()); end $$`);
  for (const [name] of system.named('query')) {
    await system.kill(name, 'SIGTERM');
    await system.start(name);
  }
  await system.ready();
}

/** The names of the statements that they run for `ask`, in order, but those that look a token up, or at the health. */
export async function statementsOf(system, ask) {
  const rows = await until('no query worker has a session', async () => {
    const { rows: sessions } = await system.db.query(`select pid from pg_stat_activity where usename = 'ecf2_query' and datname = current_database()`);
    return sessions.length > 0 && sessions;
  });
  system.forgetReads();
  const from = system.logs('postgres').length;
  await ask();
  const pids = rows.map(({ pid }) => `[${pid}]`);
  return system.logs('postgres').slice(from).split('\n').filter((line) => pids.some((pid) => line.includes(pid)))
    .map((line) => /duration: .* execute (\w+):/.exec(line)?.[1]).filter((name) => name !== undefined && !['find_tokens', 'show_health'].includes(name));
}
