// `ecf2ctl import` beside a running system: providers declare while rows are loaded. Nothing is lost, all is decided, and
// what was imported is there for the next request.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, Client, count, Load, pollAll } from '../support/record.mjs';
import { startSystem, until } from '../support/system.mjs';
import { Import, counts } from './import_world.mjs';

const system = await startSystem({ workers: { intake: 1, validation: 2, eligibility: 1, payments: 2, query: 1, scheduler: 1 } });
after(() => system.stop());
// A test that failed must not leave its load to the next one.
afterEach(() => Promise.allSettled([...Load.all].map((load) => load.end())));
const world = await loadWorld(system, { providers: 5, people: 150 });
const client = new Client(system);
const importing = new Import(system.environment());

const token = `token-of-a-new-provider-${randomUUID()}`;
const month = new Date(Date.now() + 60 * 86_400_000);
const day = (more) => new Date(month.getTime() + more * 86_400_000).toISOString().slice(0, 10);

/** Files that bring a provider of their own with its statement and token, and people: in turn its own and another's. */
function newcomers(name, first, n) {
  const people = Array.from({ length: n }, (_, i) => ({ teacher: String(first + i), participant_id: randomUUID(), lead_provider: i % 2 ? world.providers[0].name : name }));
  const provider = { lead_provider: name, contract_period_year: 2024 };
  const place = ({ teacher }) => ({ teacher, role: 'ect', school_urn: 100001, started_on: '2024-09-01' });
  return {
    people: people.map(({ participant_id, lead_provider }) => ({ apiId: participant_id, provider: lead_provider === name ? { token } : world.providers[0] })),
    files: {
      lead_providers: [{ name }],
      lead_provider_contract_periods: [provider],
      delivery_partnerships: [{ ...provider, delivery_partner: 'The Delivery Partner' }],
      contracts: [{ ...provider, version: '1', contract_type: 'ecf', recruitment_target: 1000, uplift_fee_per_declaration: 100, setup_fee: 0 }],
      statements: [{ ...provider, contract_version: '1', year: month.getUTCFullYear(), month: month.getUTCMonth() + 1, fee_type: 'output', deadline_date: day(0), payment_date: day(20) }],
      school_partnerships: [{ ...provider, school_urn: 100001, delivery_partner: 'The Delivery Partner' }],
      teachers: people.map(({ teacher, participant_id }) => ({ participant_id, trn: teacher, first_name: 'New', last_name: 'Comer' })),
      training_records: people.map(({ teacher }) => ({ teacher, role: 'ect', first_became_eligible_for_training_at: '2024-09-01T00:00:00Z' })),
      school_periods: people.map(place),
      training_periods: people.map((person) => ({ ...place(person), training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', lead_provider: person.lead_provider, delivery_partner: 'The Delivery Partner' })),
      api_tokens: [{ token, lead_provider: name, description: 'imported' }],
    },
  };
}

async function allIsWell() {
  await allDecided(system, 120_000);
  assert.deepEqual((await count(system, client)).found, []);
  assert.deepEqual(await pollAll(system, client.told), []);
}

test('imports that come in, that change nothing and that are refused, under a load of declarations', async () => {
  const load = new Load(client, world.people);
  await load.more(20);
  const { people, files } = newcomers('Provider New', 2_000_000, 400);
  const first = await importing.begin(files).ended;
  assert.deepEqual([first.status, first.stderr], [0, '']);
  assert.equal(counts(first).training_periods.inserted, 400);
  await load.more(20);
  // What was imported is there: the token, the provider's statement, the people.
  for (const person of people.slice(0, 20)) {
    const { status, answer, location } = await client.submit(person, declaration(person, 'started'));
    assert.ok(status === 200 || status === 202, JSON.stringify({ status, answer, location }));
  }
  const second = await importing.begin(files).ended;
  assert.deepEqual([second.status, second.stderr], [0, '']);
  assert.deepEqual(Object.values(counts(second)).map(({ rows, unchanged }) => rows - unchanged), Array(11).fill(0));
  const refused = await importing.begin({ ...files, teachers: [...files.teachers, { participant_id: randomUUID(), trn: '1000000' }] }).ended;
  assert.equal(refused.stderr.split('\n')[0], 'teachers.csv:402: trn "1000000": another row of the database has it');
  await load.more(20);
  await load.end();
  await allIsWell();
  assert.equal((await system.db.query(`select from declarations d join teachers t on t.id = d.teacher_id where trn >= '2000000'`)).rowCount, 20);
});

test('while it writes, submissions are accepted and decided afterwards', async () => {
  const { files, people: [, newcomer] } = newcomers('Provider Later', 2_100_000, 2);
  files.api_tokens[0].token = `another-${token}`;
  files.induction_periods = [{ teacher: '2100000', appropriate_body: 'Body', started_on: '2024-09-01', induction_programme: 'unknown' }];
  files.appropriate_bodies = [{ name: 'Body', body_type: 'national' }];
  // The test stands in its way, at a table that no declaration writes.
  const holder = await connect(system.cluster, system.database);
  await holder.query('begin');
  await holder.query('lock table induction_periods in share mode');
  const { ended } = importing.begin(files);
  await until('it does not write', async () =>
    (await system.db.query(`select from pg_stat_activity where datname = current_database() and application_name = 'ecf2ctl import' and wait_event_type = 'Lock'`)).rowCount === 1);
  const accepted = await Promise.all(world.people.slice(0, 30).map((person) => client.send(person, declaration(person, 'extended-3'), { prefer: 'respond-async' })));
  assert.deepEqual([...new Set(accepted.map(({ status }) => status))], [202]);
  await until('no decision waits for it', async () =>
    (await system.db.query(`select from pg_locks where locktype = 'advisory' and classid = 0 and mode = 'ShareLock' and not granted and database = (select oid from pg_database where datname = current_database())`)).rowCount > 0);
  await holder.query('rollback');
  await holder.end();
  const { status, stderr } = await ended;
  assert.deepEqual([status, stderr], [0, '']);
  const { status: declared } = await client.submit(newcomer, declaration(newcomer, 'started'));
  assert.ok(declared === 200 || declared === 202);
  await allIsWell();
});
