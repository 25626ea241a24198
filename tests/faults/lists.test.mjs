// Sync misses nothing, for every list with updated_since (architecture.md section 4, pipeline.md PL-23); sync.test.mjs has the
// hardest case of one of them. Eight writers change whatever moves each list: by the API, and by SQL, under the committer's
// locks and dwelling before they commit, what no API writes. Each list is read on all the while by a client that asks from the
// instant of its last request, and by one that asks from the highest value that it has seen. Each row is changed once, so that
// what is missed once is missed for good: in the end both copies must be what the list is.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { connect, root, temporaryFolder } from '../support/cluster.mjs';
import { LISTS, LeadProvider } from '../support/lead_provider.mjs';
import { long, note } from '../support/results.mjs';
import { startSystem } from '../support/system.mjs';
import { partners, personOf, providers, tokenOf, writeYear } from '../support/year_world.mjs';
import { uuidOf } from '../api/world.mjs';

const writers = 8, ms = long ? 60_000 : 6000, dwellMs = 30;
const schools = long ? 800 : 24, empty = long ? 400 : 12;
const names = providers(2), [name] = names, own = Array.from({ length: schools / 2 }, (_, i) => 2 * i); // the schools of `name`
const takeLocks = readFileSync(join(root, 'common/sql/take_locks.sql'), 'utf8');

const folder = temporaryFolder('lists');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
writeYear(folder, { providers: names.length, schools, empty });
const system = await startSystem({ world: folder, workers: { intake: 1, validation: 2, eligibility: 1, payments: 2, query: 2, scheduler: 1 } });
after(() => system.stop());

const ofCohorts = (...cohorts) => new LeadProvider({ urls: () => system.urls, token: tokenOf(name), name, cohorts, perPage: 3000 });
const client = ofCohorts(2024, 2025);
// Schools are a list for each cohort: the highest value seen in one says nothing of the other.
const lists = Object.keys(LISTS).filter((list) => LISTS[list].since).flatMap((list) => (LISTS[list].cohort ? client.cohorts.map((cohort) => ({ list, name: `${list} of ${cohort}`, by: ofCohorts(cohort) })) : { list, name: list, by: client }));
const rows = async (text, ...values) => (await system.db.query(text, values)).rows;

// ---- by SQL

/** One change in a transaction of its own: locks, the statement that writes and stamps, some time, the commit. */
async function write(session, { keys, providers: shown }, statement, values) {
  await session.query('begin');
  await session.query(takeLocks, [keys, shown.map(() => 3), shown, shown.map(() => true)]);
  await session.query(statement, values);
  await pause(Math.random() * dwellMs);
  await session.query('commit');
}

const people = `select t.id::text, 'trn:' || t.trn as key, array(select distinct lead_provider_id::integer from training_periods p where p.teacher_id = t.id and lead_provider_id is not null) as providers
  from teachers t where t.api_id = any($1::uuid[])`;
const whoAt = (...whom) => own.flatMap((school) => whom.map((who) => personOf(school, who)));

/** What is changed by SQL: { lists, rows, change }. */
async function bySql(provider) {
  // Statements of a far future, and declarations that nobody has touched since long ago, so that there are enough.
  await rows(`insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date, api_updated_at)
    select c.id, c.lead_provider_id, c.contract_period_year, 2100 + n / 12, n % 12 + 1, 'output', '2100-01-01'::date + n, '2100-02-01'::date + n, '2024-10-01'
    from contracts c, generate_series(1, $2::integer) n where c.lead_provider_id = $1 and c.contract_period_year = 2025`, provider, schools);
  await rows(`insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, declaration_date, payment_status, delivery_partner_when_created_id, api_updated_at)
    select p.id, p.teacher_id, p.role, p.lead_provider_id, p.contract_period_year, 'started', '2024-10-01', 'voided', (select min(id) from delivery_partners), '2024-10-01'
    from training_periods p, generate_series(1, 3) where p.lead_provider_id = $1`, provider);
  const names_ = (who) => rows(people, whoAt(...who));
  const rename = "update teachers set corrected_name = 'Changed ' || id, api_updated_at = clock_timestamp(), api_unfunded_mentor_updated_at = clock_timestamp() where id = $1";
  return [
    { what: 'names of participants', lists: ['participants'], rows: await names_(['mentor-2024', 'ect-2024']), change: (session, row) => write(session, { keys: [row.key], providers: row.providers }, rename, [row.id]) },
    { what: 'names of mentors', lists: ['unfunded-mentors'], rows: await names_(['mentor-unfunded']), change: (session, row) => write(session, { keys: [row.key], providers: [provider] }, rename, [row.id]) },
    { what: 'trainings that are followed by others', lists: ['transfers'],
      rows: await rows(`select p.id::text, 'trn:' || t.trn as key, array(select distinct lead_provider_id::integer from training_periods o where o.teacher_id = t.id) as providers
        from training_periods p join teachers t on t.id = p.teacher_id where p.lead_provider_id = $1 and p.finished_on is not null`, provider),
      change: (session, row) => write(session, { keys: [row.key], providers: row.providers }, 'update training_periods set api_transfer_updated_at = clock_timestamp() where id = $1', [row.id]) },
    { what: 'declarations', lists: ['declarations'], rows: await rows("select id::text from declarations where lead_provider_id = $1 and payment_status = 'voided'", provider),
      change: (session, row) => write(session, { keys: [], providers: [provider] }, 'update declarations set api_updated_at = clock_timestamp() where id = $1', [row.id]) },
    { what: 'days of payment', lists: ['statements'], rows: await rows("select id::text from statements where lead_provider_id = $1 and year >= 2100", provider),
      change: (session, row) => write(session, { keys: [], providers: [provider] }, 'update statements set payment_date = payment_date + 1, api_updated_at = clock_timestamp() where id = $1', [row.id]) },
    { what: 'induction tutors', lists: ['partnerships', 'schools'],
      rows: await rows(`select s.id::text, 'school:' || s.id as key from schools s where s.api_id = any($1::uuid[])`, own.filter((_, i) => i % 2 === 0).map((school) => uuidOf(`school ${school}`))),
      change: (session, row) => write(session, { keys: [row.key], providers: [0, provider] },
        `with tutor as (update schools set induction_tutor_name = 'Changed' where id = $1), years as (update school_year_status set api_updated_at = clock_timestamp() where school_id = $1)
         update school_partnerships set api_updated_at = clock_timestamp() where school_id = $1`, [row.id]) },
  ];
}

// ---- by the API

const accepted = async (what, answer) => {
  const { status, body } = await answer;
  assert.equal(status, 200, `${what}: ${JSON.stringify(body)}`);
};

/** What is changed by the API: as above. */
async function byApi() {
  await client.fullSync('schools');
  const partnerships = await rows(`select p.api_id, s.api_id as school from school_partnerships p join schools s on s.id = p.school_id join lead_providers lp on lp.id = p.lead_provider_id where lp.name = $1`, name);
  const odd = new Set(own.filter((_, i) => i % 2 === 1).map((school) => uuidOf(`school ${school}`)));
  const declaration = (participant_id, declaration_type, day) => ({ participant_id, declaration_type, course_identifier: 'ecf-induction', declaration_date: `${day}T09:00:00Z`, evidence_held: 'other' });
  return [
    { what: 'partnerships are made', lists: ['partnerships', 'schools'], rows: client.all('schools').filter((one) => one.cohort === '2024' && !one.in_partnership),
      change: (_, { id }) => accepted('partnership', client.confirmPartnership({ cohort: '2024', school_id: id, delivery_partner_id: uuidOf(partners[0]) })) },
    { what: 'delivery partners are corrected', lists: ['partnerships', 'participants'], rows: partnerships.filter(({ school }) => odd.has(school)),
      change: (_, { api_id }) => accepted('partner', client.changePartner(api_id, uuidOf(partners[1]))) },
    { what: 'declarations are made', lists: ['declarations'], rows: whoAt('ect-2024-waiting').map((id) => ({ id })),
      change: (_, { id }) => accepted('declaration', client.declare(declaration(id, 'retained-3', '2025-10-01'))) },
    { what: 'declarations are made, and voided', lists: ['declarations'], rows: whoAt('stayer').map((id) => ({ id })),
      change: async (_, { id }) => {
        const { status, body } = await client.declare(declaration(id, 'retained-3', '2025-10-01'), { prefer: 'respond-async' });
        assert.equal(status, 200, JSON.stringify(body));
        await accepted('void', client.void(body.data.id));
      } },
    { what: 'schedules are changed', lists: ['participants'], rows: whoAt('stayer').map((id) => ({ id })),
      change: (_, { id }) => accepted('schedule', client.changeSchedule(id, { course_identifier: 'ecf-induction', schedule_identifier: 'ecf-extended-september' })) },
    { what: 'participants are withdrawn', lists: ['participants'], rows: own.filter((_, i) => i % 2 === 0).map((school) => ({ id: personOf(school, 'ect-2024-waiting') })),
      change: (_, { id }) => accepted('withdrawal', client.withdraw(id, { course_identifier: 'ecf-induction', reason: 'other' })) },
    { what: 'participants are deferred', lists: ['participants'], rows: own.filter((_, i) => i % 2 === 1).map((school) => ({ id: personOf(school, 'ect-2024-waiting') })),
      change: (_, { id }) => accepted('deferral', client.defer(id, { course_identifier: 'ecf-induction', reason: 'career-break' })) },
  ];
}

// ---- who reads

/**
 * Reads one list on; `from`: what it asks for next, given the instant of this request and the highest value on its first page: a
 * later page is read later, and its highest may be above a change of what the first one showed.
 */
class Reader {
  asked = 0;
  copy = new Map();
  highest = '';

  constructor(list, how, from) {
    Object.assign(this, { list, how, from });
  }

  /** Everything at first, then what has moved. */
  async read() {
    const at = new Date(); // before it is sent
    const found = await this.list.by.read(this.list.list, this.since, (page, number) => {
      if (number > 1) return;
      for (const { attributes: { updated_at: value } } of page) if (value > this.highest) this.highest = value;
    });
    for (const [key, row] of found) this.copy.set(key, row);
    this.since = this.from(at, new Date(this.highest));
  }

  async readOn(over) {
    for (let last = false; !last; this.asked++) {
      last = over();
      await this.read();
    }
  }
}
const froms = { 'the instant of its last request': (at) => at, 'the highest value of its first page': (at, highest) => highest };

/** One writer: takes what has most left, evenly over the time. */
async function writeOn(kinds, progress, changed) {
  const session = await connect(system.cluster, system.database);
  try {
    for (;;) {
      const left = kinds.reduce((sum, kind) => sum + kind.rows.length, 0);
      if (left === 0 || progress.share() >= 1) return;
      if (1 - left / progress.total > progress.share()) {
        await pause(5);
        continue;
      }
      let nth = Math.floor(Math.random() * left);
      const kind = kinds.find(({ rows: { length } }) => (nth -= length) < 0), row = kind.rows.pop();
      await kind.change(session, row);
      changed.set(kind.what, (changed.get(kind.what) ?? 0) + 1);
    }
  } finally {
    await session.end();
  }
}

let kinds;
before(async () => {
  const [{ id }] = await rows('select id::integer from lead_providers where name = $1', name);
  kinds = [...(await bySql(id)), ...(await byApi())];
  system.forgetReads();
});

test(`every list read on under ${writers} writers misses nothing`, async (t) => {
  for (const { what, rows: { length } } of kinds) assert.ok(length > 0, `nothing to change: ${what}`);
  const readers = [];
  for (const list of lists) for (const [how, from] of Object.entries(froms)) readers.push(new Reader(list, how, from));
  await Promise.all(readers.map((reader) => reader.read()));
  const total = kinds.reduce((sum, kind) => sum + kind.rows.length, 0), started = performance.now(), changed = new Map();
  const progress = { total, share: () => (performance.now() - started) / ms };
  let written = false;
  const reading = Promise.all(readers.map((reader) => reader.readOn(() => written)));
  await Promise.all(Array.from({ length: writers }, () => writeOn(kinds, progress, changed))).finally(() => (written = true));
  await reading;

  const missed = [];
  for (const list of lists) {
    const now = await list.by.read(list.list), changes = kinds.filter((kind) => kind.lists.includes(list.list)).reduce((sum, { what }) => sum + (changed.get(what) ?? 0), 0);
    for (const { how, asked, copy } of readers.filter((reader) => reader.list === list)) {
      const wrong = [...new Set([...now.keys(), ...copy.keys()])].filter((key) => !isDeepStrictEqual(now.get(key), copy.get(key)));
      missed.push(...wrong.map((key) => `${list.name} ${key}, from ${how}: ${JSON.stringify(copy.get(key))}, and is ${JSON.stringify(now.get(key))}`));
      const text = `${changes} changes, ${asked} lists read, ${wrong.length} missed`;
      t.diagnostic(`${list.name}, from ${how}: ${text}`);
      note(`sync: ${list.name} under ${writers} writers, asked from ${how}`, { remark: text });
      assert.ok(asked >= 3 && changes >= 5, `${list.name}: too little to mean anything: ${text}`);
    }
  }
  t.diagnostic([...changed].map(([what, n]) => `${n} × ${what}`).join(', '));
  for (const { what } of kinds) assert.ok(changed.get(what) > 0, `not done at all: ${what}`);
  assert.equal(missed.length, 0, `${missed.length} missed, such as ${missed.slice(0, 3).join('\n')}`);
});
