// Facts that change between validation and commit, at each step of the commit (pipeline.md section 4): whoever changes them
// takes the locks of section 3. At the locks the change comes first, and the submission is decided on what it left; from
// then on the change waits until the submission is committed, and then finds it. Where the product does not change such a
// fact yet, the test does so by SQL. The commit is stopped by locks that the step needs, held by the test. A change that is
// itself a submission of the person waits for its turn, or the other one does: they are decided as they were accepted.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { root } from '../support/cluster.mjs';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { inTransactions, stopCommits, waits as waitsIn } from '../support/moments.mjs';
import { allIsWell, Client } from '../support/record.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const sql = (file) => readFileSync(`${root}${file}`, 'utf8');
const takeLocks = sql('common/sql/take_locks.sql');
const monthEnd = { locks: sql('common/sql/find_statement_locks.sql'), mark: sql('workers/scheduler/sql/mark_statement_payable.sql') };
const body = 'The Appropriate Body', finance = 'finance@education.gov.uk';

const system = await startSystem();
after(() => system.stop());

const client = new Client(system);
const cases = [];
let world, otherSchedule;

// ---- what changes. command: by which ecf2ctl makes it, under locks that it takes itself; send: a request that makes it; else run, under locks: [class, number, shared] beside the person's key, or 'gate', or those that month-end finds.
// first: what is expected where the change came first, later: where the submission did.

const one = async (query, ...values) => (await system.db.query(query, values)).rows[0];
const personAndList = { keys: ({ person }) => [person.subject], locks: ({ person }) => [[3, person.provider.id, true]] };
const gate = { gate: true };
const rejected = (rule) => (c) => assert.deepEqual([c.outcome.http_status, c.outcome.fired], [422, [`declarations.md 3.3/${rule}`]]);
const isOn = (statement, payment) => (c) => assert.deepEqual(
  [c.outcome.http_status, c.declaration?.payment_status, c.declaration?.payment_statement_id], [200, payment, statement(c)]);
const the = (c) => c.statement.id;

const isTakenBackBy = (statement) => async (c) => assert.deepEqual(
  [c.outcome.http_status, ...Object.values(await one('select clawback_status, clawback_statement_id::text from declarations where api_id = $1', c.voids))],
  [200, 'awaiting_clawback', statement(c)]);

const voided = async ({ voids }) => Object.values(await one(
  'select payment_status, clawback_status, s.status from declarations d join statements s on s.id = d.payment_statement_id where d.api_id = $1', voids));
const payable = (session, { statement }) => session.query(monthEnd.mark, [statement.id, statement.next_day, statement.next_day, '0']);

const changes = {
  'month-end': { overdue: true, run: payable, first: rejected(16), later: isOn(the, 'payable') },
  'authorising': {
    // What is payable when it is voided may be paid by then.
    set: async (c) => {
      const { answer } = await client.submit(c.person, declaration(c.person, 'started'));
      c.voids = answer.data.id;
      await payable(system.db, c);
    },
    command: ({ statement }) => [['statement', 'authorise', statement.api_id, '--by', finance, '--assured'], { ECF2_CLOCK: `${statement.next_day}T12:00:00Z` }],
    first: async (c) => {
      assert.deepEqual([c.said.status, c.outcome.http_status, c.outcome.body.data.attributes.state], [0, 200, 'awaiting-clawback']);
      assert.deepEqual(await voided(c), ['paid', 'awaiting_clawback', 'paid']);
    },
    later: async (c) => {
      assert.deepEqual([c.said.status, c.outcome.http_status, c.outcome.body.data.attributes.state], [1, 200, 'voided']);
      assert.match(c.said.stderr, /neither a payable declaration/);
      assert.deepEqual(await voided(c), ['voided', 'no_clawback', 'payable']);
    },
  },
  'a void': {
    committer: 'validation', // which rejects it as declared already
    set: async (c) => {
      c.made = (await client.submit(c.person, declaration(c.person, 'started'))).answer.data.id;
    },
    body: (person) => declaration(person, 'started', { declaration_date: '2024-10-02T00:00:00Z' }),
    send: ({ person, made }) => client.submit(person, undefined, { prefer: 'respond-async', voids: made }),
    first: (c) => {
      assert.deepEqual([c.sent.http_status, c.sent.body.data.attributes.state], [200, 'voided']);
      isOn(the, 'eligible')(c);
    },
    later: (c) => {
      rejected(8)(c);
      assert.deepEqual([c.sent.http_status, c.sent.body.data.attributes.state], [200, 'voided']);
    },
  },
  'a deadline of the statement that takes back': {
    keys: () => [],
    locks: ({ back }) => [[2, back.id, false]],
    // What is paid, and voided then, is taken back by the statement whose deadline comes next: not by the one that paid it.
    set: async (c) => {
      const authorising = changes.authorising;
      await authorising.set(c);
      const { status, stderr } = await system.ctlBeside(...authorising.command(c));
      assert.equal(status, 0, stderr);
      c.back = await one(
        `insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
         select contract_id, lead_provider_id, contract_period_year, extract(year from earlier), extract(month from earlier), 'output', earlier, payment_date
         from statements, lateral (select (deadline_date - interval '1 month')::date as earlier) as date where id = $1 returning id::text, api_id`, c.statement.id);
    },
    run: (session, { back }) => session.query("update statements set deadline_date = current_date - 2 where id = $1", [back.id]),
    first: isTakenBackBy(the),
    later: isTakenBackBy(({ back }) => back.id),
  },
  'a withdrawal': {
    ...personAndList,
    run: (session, { person }) => session.query(
      "update training_periods set withdrawn_at = '2024-09-10', withdrawal_reason = 'other', finished_on = '2024-09-10' where teacher_id = $1", [person.id]),
    first: rejected(14),
    later: isOn(the, 'eligible'),
  },
  'another schedule': {
    ...personAndList,
    run: (session, { person }) => session.query('update training_periods set schedule_id = $2 where teacher_id = $1', [person.id, otherSchedule]),
    first: rejected(17),
    later: isOn(the, 'eligible'),
  },
  'an induction recorded': {
    // The marker is set once, and the world has set it.
    set: ({ person }) => system.db.query(`begin; set local session_replication_role = replica;
      update training_records set first_became_eligible_for_training_at = null where teacher_id = ${person.id}; commit`),
    command: ({ person }) => [['induction', 'record', person.apiId, '--appropriate-body', body, '--from', '2024-09-02'], {}],
    first: (c) => {
      assert.equal(c.outcome.body.data.attributes.state, 'eligible');
      isOn(the, 'eligible')(c);
      assert.match(c.said.stdout, /eligible from now on; 0 declarations/);
    },
    // declarations.md section 5: what was submitted before becomes eligible
    later: (c) => {
      assert.match(c.said.stdout, /eligible from now on; 1 declarations/);
      isOn(the, 'eligible')(c);
      assert.equal(c.outcome.body.data.attributes.state, 'submitted');
    },
  },
  'a contract period frozen': {
    ...gate,
    run: (session) => session.query("update contract_periods set payments_frozen_at = '2025-01-01'"),
    unset: () => one('update contract_periods set payments_frozen_at = null'),
    first: rejected(15),
    later: isOn(the, 'eligible'),
  },
  'a new statement with an earlier deadline': {
    ...gate,
    run: async (session, c) => {
      const { rows } = await session.query(
        `insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
         select contract_id, lead_provider_id, contract_period_year, extract(year from earlier), extract(month from earlier), 'output', earlier, payment_date
         from statements, lateral (select (deadline_date - interval '1 month')::date as earlier) as date where id = $1 returning id::text`, [c.statement.id]);
      c.earlier = rows[0].id;
    },
    first: isOn((c) => c.earlier, 'eligible'),
    later: isOn(the, 'eligible'),
  },
};

// ---- where the commit is stopped, from the look on: by a statement that conflicts with what the step does. `at` is the kind
// of lock that the committer then waits for.

const steps = {
  'at the look': { stop: 'lock table submission_dead_letters in access exclusive mode', at: 'relation' },
  'at the facts': { stop: 'lock table mentorship_periods in access exclusive mode', at: 'relation' },
  'at the write': { stop: 'lock table submission_outcomes in share mode', at: 'relation' },
  'before the commit': { stop: 'select pg_advisory_xact_lock(99, 0)', at: 'advisory' },
};

before(async () => {
  const all = Object.keys(changes).length * (1 + Object.keys(steps).length);
  world = await loadWorld(system, { providers: all, people: all }); // each has a provider of his own, and a statement
  await system.db.query("insert into appropriate_bodies (name, body_type) values ($1, 'national')", [body]);
  await system.db.query("insert into users (email, name, role) values ($1, 'Finance', 'finance')", [finance]);
  otherSchedule = (await one("insert into schedules (contract_period_year, identifier) values (2024, 'ecf-standard-april') returning id::text")).id;
  await system.db.query(`
    create function stop_before_write() returns trigger language plpgsql security definer as $$
    begin
      perform pg_advisory_xact_lock_shared(99, 1);
      return null;
    end $$;
    create trigger stop before insert on induction_periods execute function stop_before_write();
    create trigger stop before update on statements execute function stop_before_write()`);
  await stopCommits(system, ['validation', 'payments']); // they are to stand where they are stopped
});

async function takeLocksOf(change, session, c) {
  if (change.gate) return session.query('select pg_advisory_xact_lock(0, 0)');
  if (change.overdue) {
    const { rows: [{ keys, classes, numbers, shared }] } = await session.query(monthEnd.locks, [[c.statement.id]]);
    return session.query(takeLocks, [keys, classes, numbers, shared]);
  }
  const locks = change.locks(c);
  return session.query(takeLocks, [change.keys(c), ...[0, 1, 2].map((i) => locks.map((lock) => lock[i]))]);
}

const waits = (name, kind) => waitsIn(system, name, kind);

/** Until it waits for the locks that the change holds; a committer that takes none is found by what it decides. */
const waitsOrHasDecided = (name, c) => until(`${name} neither waits for its locks nor decides`, async () => (await system.db.query(
  `select from pg_locks join pg_stat_activity as a using (pid)
   where not granted and locktype = 'advisory' and a.datname = current_database() and a.application_name like $1 || '-%'
   union all
   select from submission_outcomes where submission_id = $2`, [name, c.entry.location.split('/').at(-1)])).rowCount > 0);

async function begin(change) {
  const person = world.people[cases.length];
  const c = { person, change };
  cases.push(c);
  c.statement = await one(`select id::text, api_id, (deadline_date + 1)::text as next_day from statements where lead_provider_id = $1`, person.provider.id);
  await change.set?.(c);
  return c;
}

const submit = async (change, c) => {
  c.entry = await client.submit(c.person, (change.body ?? ((person) => declaration(person, 'started')))(c.person), { prefer: 'respond-async', voids: c.voids });
};

const outcomeOf = ({ location }) => until(`${location} is not decided`, () => one('select http_status, fired, body from submission_outcomes where submission_id = $1', location.split('/').at(-1)));

async function end(change, c, when) {
  c.outcome = await outcomeOf(c.entry);
  c.declaration = await one(
    `select d.payment_status, d.payment_statement_id::text from declarations as d where d.teacher_id = $1 and d.submission_id = $2`, c.person.id, c.entry.location.split('/').at(-1));
  await change.unset?.();
  await change[when](c);
}

/** Sends the change that is a request, which is accepted then, and gives what waits until it is decided. */
async function send(change, c) {
  c.sending = await change.send(c);
  return async () => {
    c.sent = await outcomeOf(c.sending);
  };
}

/** Begins a change by the operator's command, and gives what waits until it has ended. */
function command(change, c) {
  const ended = system.ctlBeside(...change.command(c)).then((said) => (c.said = said));
  ended.catch(() => {}); // told where it is waited for
  return () => ended;
}

for (const [name, change] of Object.entries(changes)) {
  const committer = change.committer ?? 'payments';

  test(`${name}, at the locks: it was first, and the submission is decided on what it left`, () => inTransactions(system, ['changer'], async ({ changer }) => {
    const c = await begin(change);
    let ended;
    if (change.command) {
      await changer.query('select pg_advisory_xact_lock(99, 1)'); // its first write waits for it
      ended = command(change, c);
      await waits('ecf2ctl', 'advisory'); // it has its own
    } else if (change.send) {
      await changer.query('select pg_advisory_xact_lock(1, hashtext($1))', [c.person.subject]); // its committer waits for it
      ended = await send(change, c);
      await waitsOrHasDecided('payments', { entry: c.sending });
    } else {
      await takeLocksOf(change, changer, c);
    }
    await submit(change, c);
    if (!change.send) await waitsOrHasDecided(committer, c); // it was judged on the old facts; who does not wait decides on them
    await change.run?.(changer, c);
    await changer.query('commit');
    await ended?.();
    await end(change, c, 'first');
  }));

  for (const [step, { stop, at }] of Object.entries(steps)) {
    test(`${name}, ${step}: it waits until the submission is committed, and finds it`, () => inTransactions(system, ['keeper', 'stopper', 'changer'], async ({ keeper, stopper, changer }) => {
      const c = await begin(change);
      await keeper.query('select pg_advisory_xact_lock(1, hashtext($1))', [c.person.subject]);
      await submit(change, c);
      await waits(committer, 'advisory'); // what comes before, validation too, is behind it
      await stopper.query(stop);
      await keeper.query('commit');
      await waits(committer, at);
      let changed;
      if (change.command) {
        changed = command(change, c);
        await waits('ecf2ctl', 'advisory');
      } else if (change.send) {
        changed = await send(change, c);
      } else {
        const { rows: [{ pid }] } = await changer.query('select pg_backend_pid()::text as pid');
        const locked = takeLocksOf(change, changer, c);
        changed = () => locked;
        await waits(pid, 'advisory');
      }
      await stopper.query('commit');
      await changed();
      await change.run?.(changer, c);
      await changer.query('commit');
      await end(change, c, 'later');
    }));
  }
}

test('all of them are decided once, and as they were told', async () => {
  const counts = await allIsWell(system, client, {
    // voided, paid and payable ones are among them; and a void makes a second declaration of the type
    except: ['a declaration that is not on its statement'],
  });
  note(`facts changed at each of ${1 + Object.keys(steps).length} steps of the commit: ${Object.keys(changes).join(', ')}`, { counts, remark: `${cases.length} cases` });
});
