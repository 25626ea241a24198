// One submission that cannot be decided, in a batch of many: its neighbours are decided at once, it is sent again with
// growing waits and becomes a dead letter (architecture.md section 4, "a failure is contained"; pipeline.md PL-22, PL-40 to
// PL-43). The poison is a trigger of the database: it raises for some people only.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { declaration, loadWorld } from '../support/declarations.mjs';
import { allDecided, Client, count, eventually, inParallel, pollAll } from '../support/record.mjs';
import { connect, root } from '../support/cluster.mjs';
import { note } from '../support/results.mjs';
import { startSystem, until } from '../support/system.mjs';

const neighbours = 196; // with four others a whole batch
const insertOutcomes = readFileSync(`${root}common/sql/insert_outcomes.sql`, 'utf8');
const patienceMs = 90_000; // of a busy machine: what is awaited comes in seconds, and what it must not wait for is compared

const system = await startSystem();
after(() => system.stop());

const client = new Client(system);
let world;
let next = 0;
const somebody = () => world.people[next++]; // each test takes people that no other has used

/** What happens when a row is written for this person: at `place` 'declarations' (payments commits) or 'outcomes'
 *  (validation commits a rejection). */
async function poison(person, place, how) {
  await system.db.query('insert into poison (person, place, how) values ($1, $2, $3)', [person.apiId, place, how]);
}

const cure = (person) => system.db.query('delete from poison where person = $1', [person.apiId]);

before(async () => {
  world = await loadWorld(system, { providers: 5, people: 1000 });
  await system.db.query(`
    create table poison (person uuid, place text, how text, primary key (person, place));
    create sequence poison_twice;
    create function work_poison(place_now text, person_now uuid, submission_now uuid) returns void language plpgsql security definer set search_path = public as $$
    declare how_now text := (select how from poison where person = person_now and place = place_now);
    begin
      case coalesce(how_now, '')
        when '' then null;
        when 'raise' then raise exception 'poisoned';
        when 'raise, two errors' then
          if (select count(*) from submission_stages where submission_id = submission_now) < 2 then raise exception 'poisoned'; end if;
        when 'constraint' then raise exception 'poisoned' using errcode = '23514', constraint = 'poison';
        when 'serialization failure, twice' then
          if nextval('poison_twice') <= 2 then raise exception 'poisoned' using errcode = '40001'; end if;
        when 'end the session' then perform pg_terminate_backend(pg_backend_pid());
        when 'sleep' then perform pg_sleep(60);
      end case;
    end $$;
    create function poison_declaration() returns trigger language plpgsql security definer set search_path = public as $$
    begin
      perform work_poison('declarations', (select api_id from teachers where id = new.teacher_id), new.submission_id);
      return new;
    end $$;
    create function poison_outcome() returns trigger language plpgsql security definer set search_path = public as $$
    begin
      if new.result = 'rejected' then
        perform work_poison('outcomes', (select (payload -> 'fields' ->> 'participant_id')::uuid from submissions
                                         where accepted_at = new.accepted_at and id = new.submission_id), new.submission_id);
      end if;
      return new;
    end $$;
    create trigger poison before insert on declarations for each row execute function poison_declaration();
    create trigger poison before insert on submission_outcomes for each row execute function poison_outcome();`);
});

const good = (person) => declaration(person, 'started');
const bad = (person) => declaration(person, 'started', { declaration_date: '2999-01-01T00:00:00Z' });
const idOf = (entry) => entry.location.split('/').at(-1);
const outcome = async (id) => (await system.db.query('select result, http_status, decided_at from submission_outcomes where submission_id = $1', [id])).rows[0];
const errorsOf = async (id) => (await system.db.query('select stage, attempt, at, detail, worker from submission_stages where submission_id = $1 order by at', [id])).rows;
const decidedOf = async (entries) => (await system.db.query('select count(*)::integer as n from submission_outcomes where submission_id = any ($1)', [entries.map(idOf)])).rows[0].n;

/** Accepts all of it while `worker` is not there, so that it gets them as one batch; gives the client's entries. `reach`: how
 *  many of them come to the worker. */
async function together(worker, wishes, reach = wishes.length) {
  const waits = async () => {
    const metrics = await system.metrics('broker');
    return metrics.get(`ecf2_queue_depth{service="${worker}",class="async"}`) ?? 0;
  };
  const entries = [];
  await system.kill(worker, 'SIGTERM');
  await inParallel(wishes, 30, async ([person, body]) => entries.push(await client.submit(person, body, { prefer: 'respond-async' })));
  await until('they do not gather', async () => (await waits()) >= reach, patienceMs);
  await system.start(worker);
  return entries;
}

/** How many were counted as decided, failed. */
const failed = async () => (await system.metrics('scheduler')).get('ecf2_submissions_total{kind="declaration.create",outcome="failed"}');

/** Each of these has an outcome. */
const allAreDecided = (entries) => eventually(async () => {
  const n = await decidedOf(entries);
  return n === entries.length || `only ${n} of ${entries.length} are decided`;
}, patienceMs);

const besides = (entries, people) => entries.filter(({ person }) => !people.includes(person));

/** None of these has waited until what failed beside it was tried for the second time: they were decided with the batch
 *  in which it failed first. */
async function wereDecidedBeforeItsSecondTime(entries, failed) {
  const { rows: [{ last }] } = await system.db.query('select max(decided_at) as last from submission_outcomes where submission_id = any ($1)', [entries.map(idOf)]);
  const [, { at }] = await until('it is not tried again', async () => { const errors = await errorsOf(idOf(failed)); return errors.length > 1 && errors; }, patienceMs);
  assert.ok(last < at, `the last neighbour was decided at ${last.toISOString()}, and it had failed again at ${at.toISOString()}`);
}

test('a worker dies of one record: after the third death it is a dead letter, whatever was beside it is decided', async () => {
  const victim = somebody();
  await poison(victim, 'outcomes', 'sleep');
  const entries = await together('validation', [[victim, bad(victim)], ...Array.from({ length: 20 }, somebody).map((person, i) => [person, i % 2 ? good(person) : bad(person)])]);
  const entry = entries.find(({ person }) => person === victim);
  const asleep = async () => {
    const { rows } = await system.db.query(
      `select application_name as name from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep' and application_name like 'validation-%'`);
    return rows.some(({ name }) => name === `validation-${system.processes.get('validation').child.pid}`);
  };
  for (let death = 1; death <= 3; death++) {
    await until(`nobody works on it for the ${death}. time`, asleep, patienceMs);
    await system.kill('validation');
    await system.start('validation');
  }
  const letter = await until('it is no dead letter', async () => (await system.db.query('select * from submission_dead_letters where submission_id = $1', [idOf(entry)])).rows[0], patienceMs);
  assert.equal(letter.reason, 'worker died');
  assert.equal(letter.stage, 'validation');
  assert.equal(letter.attempts, 3);
  assert.deepEqual(await errorsOf(idOf(entry)), [], 'a death is no error of the stage');
  await allAreDecided(besides(entries, [victim]));

  const listed = system.ctl('dead', 'list');
  assert.equal(listed.status, 0, listed.stderr);
  assert.match(listed.stdout, new RegExp(`${idOf(entry)}.*worker died`));
  await cure(victim);
  const retried = system.ctl('dead', 'retry', idOf(entry));
  assert.equal(retried.status, 0, retried.stderr);
  assert.deepEqual((await system.decided(entry.location, victim.provider.token, patienceMs)).response.status, 422);
});

test('one that fails while the database says no: five errors with growing waits, then a dead letter', async (t) => {
  const raises = somebody(), constraint = somebody(), rejected = somebody(), twice = somebody(), errsTwice = somebody();
  await poison(raises, 'declarations', 'raise');
  await poison(constraint, 'declarations', 'constraint');
  await poison(twice, 'declarations', 'serialization failure, twice');
  await poison(errsTwice, 'declarations', 'raise, two errors');
  await poison(rejected, 'outcomes', 'raise');
  const dead = [raises, constraint, rejected];
  const wishes = [...dead, twice, errsTwice, ...Array.from({ length: neighbours }, somebody)].map((person) => [person, person === rejected ? bad(person) : good(person)]);
  const entries = await together('payments', wishes, wishes.length - 1);
  const behind = await client.submit(errsTwice, bad(errsTwice), { prefer: 'respond-async' });
  const others = besides(entries, [...dead, errsTwice]);
  await allAreDecided(others);
  assert.match(system.logs('payments'), /"event":"batch_failed","items":200,/, 'they were not one batch');

  // Whoever ends the session costs a connection each time that it is tried: seconds, until it stands alone.
  const ends = somebody();
  await poison(ends, 'declarations', 'end the session');
  const beside = await together('payments', [ends, ...Array.from({ length: neighbours }, somebody)].map((person) => [person, good(person)]));
  await allAreDecided(besides(beside, [ends]));
  dead.push(ends);
  entries.push(...beside);
  const of = (person) => entries.find((entry) => entry.person === person);

  await t.test('its neighbours were decided with the batch in which it failed first', async () => {
    for (const person of [raises, constraint, errsTwice]) await wereDecidedBeforeItsSecondTime(others, of(person));
    await wereDecidedBeforeItsSecondTime(besides(beside, [ends]), of(ends));
  });

  await t.test('a conflict that passes is nobody else’s business, nor an error', async () => {
    assert.deepEqual(await errorsOf(idOf(of(twice))), []);
    assert.equal((await outcome(idOf(of(twice)))).http_status, 200);
  });

  await t.test('one that errs twice is decided the third time', async () => {
    await until('it is not decided', () => outcome(idOf(of(errsTwice))), patienceMs);
    assert.equal((await outcome(idOf(of(errsTwice)))).http_status, 200);
    assert.deepEqual((await errorsOf(idOf(of(errsTwice)))).map(({ attempt }) => attempt), [1, 2]);
  });

  await t.test('an error holds the person: who comes behind it is decided after it', async () => {
    await system.decided(behind.location, errsTwice.provider.token, patienceMs);
    const { rows } = await system.db.query('select submission_id as id from submission_outcomes where submission_id = any ($1) order by decided_no', [[behind, of(errsTwice)].map(idOf)]);
    assert.deepEqual(rows.map(({ id }) => id), [of(errsTwice), behind].map(idOf));
  });

  await t.test('in batches of its neighbours it stood alone in the end', async () => {
    for (const person of dead) {
      const errors = await until('it has no error', async () => { const errors = await errorsOf(idOf(of(person))); return errors.length > 0 && errors; }, patienceMs);
      assert.equal(errors[0].attempt, 1);
      assert.equal(errors[0].stage, person === rejected ? 'validation' : 'payments');
      assert.ok(!(await outcome(idOf(of(person)))));
    }
    const [{ detail }] = await errorsOf(idOf(of(constraint)));
    assert.equal(detail.sqlstate, '23514');
  });

  await t.test('it waits 2, 4, 8 and 16 seconds, and is dead after the fifth', async () => {
    await until('they are no dead letters', async () => (await system.db.query('select from submission_dead_letters where resolved_at is null')).rowCount === dead.length, 2 * patienceMs);
    for (const person of dead) {
      const errors = await errorsOf(idOf(of(person)));
      assert.deepEqual(errors.map(({ attempt }) => attempt), [1, 2, 3, 4, 5]);
      const waits = errors.slice(1).map(({ at }, i) => (at - errors[i].at) / 1000);
      for (const [i, wait] of waits.entries()) {
        const least = 2 ** (i + 1);
        assert.ok(wait >= least && wait < least + 30, `waited ${waits} s`);
      }
    }
  });

  await t.test('ecf2ctl dead list, show', async () => {
    const listed = system.ctl('dead', 'list');
    assert.equal(listed.status, 0, listed.stderr);
    for (const person of dead) assert.match(listed.stdout, new RegExp(idOf(of(person))));
    const shown = JSON.parse(system.ctl('dead', 'show', idOf(of(raises))).stdout);
    assert.equal(shown.submission_id, idOf(of(raises)));
    assert.equal(shown.errors.length, 5);
    assert.match(shown.dead_letters[0].reason, /poisoned/);
    assert.equal(shown.submission.payload.fields.participant_id, raises.apiId);
    const state = await system.request('GET', of(raises).location, { token: raises.provider.token });
    assert.equal(state.body.data.attributes.state, 'dead');
  });

  await t.test('what is dead does not hold its person', async () => {
    const later = await client.submit(rejected, good(rejected), {});
    assert.equal(later.status, 200, JSON.stringify(later.answer));
  });

  await t.test('ecf2ctl dead retry: it takes its place again and is decided', async () => {
    for (const person of [raises, ends, rejected]) {
      await cure(person);
      const { status, stderr } = system.ctl('dead', 'retry', idOf(of(person)));
      assert.equal(status, 0, stderr);
    }
    for (const person of [raises, ends, rejected]) {
      const attributes = await system.decided(of(person).location, person.provider.token, patienceMs);
      assert.equal(attributes.response.status, person === rejected ? 422 : 200);
    }
    assert.equal(system.ctl('dead', 'retry', idOf(of(raises))).status === 0, false, 'retried twice');
  });

  await t.test('ecf2ctl dead drop: it is decided, failed', async () => {
    const { status, stderr } = system.ctl('dead', 'drop', idOf(of(constraint)));
    assert.equal(status, 0, stderr);
    const attributes = await system.decided(of(constraint).location, constraint.provider.token, patienceMs);
    assert.equal(attributes.result, 'failed');
    assert.equal(attributes.response.status, 500);
    await until('it is not counted', async () => (await failed()) === 1, patienceMs);
    await cure(constraint);
    assert.equal((await client.submit(constraint, good(constraint))).status, 200, 'and may be sent again');
  });
});

test('one whose person is locked by somebody else: its neighbours do not wait, and it is no error', async () => {
  const locked = somebody();
  const other = await connect(system.cluster, system.database);
  try {
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock(1, hashtext($1))', [locked.subject]);
    const entries = await together('payments', [locked, ...Array.from({ length: neighbours }, somebody)].map((person) => [person, good(person)]));
    const entry = entries.find(({ person }) => person === locked);
    await allAreDecided(entries.filter((one) => one !== entry)); // and the lock is still held
    assert.ok(!(await outcome(idOf(entry))));
    await other.query('rollback');
    await system.decided(entry.location, locked.provider.token, patienceMs);
    assert.deepEqual(await errorsOf(idOf(entry)), []);
  } finally {
    await other.end();
  }
});

test('one that is decided while its burial waits for its subject is not buried', async () => {
  const victim = somebody();
  await poison(victim, 'declarations', 'raise');
  const entry = await client.submit(victim, good(victim), { prefer: 'respond-async' });
  const id = idOf(entry);
  await until('it has no error', async () => (await errorsOf(id)).length > 0, patienceMs);
  const session = await connect(system.cluster, system.database);
  try {
    await session.query('begin');
    await session.query('select pg_advisory_xact_lock(1, hashtext($1))', [victim.subject]);
    const { rows: [{ at, trace }] } = await session.query('select accepted_at::text as at, trace_id as trace from submissions where id = $1', [id]);
    await session.query(insertOutcomes, [[id], [at], ['rejected'], [422], ['{"errors":[]}'], [null], [null], [''], ['{}'], [null], [victim.provider.id], [trace], [null], [false]]);
    // One error more than it may have.
    await system.db.query(
      `insert into submission_stages (submission_id, accepted_at, stage, attempt, worker, at, duration_us, detail)
       select submission_id, accepted_at, stage, attempt + n, worker, at + n * interval '1 microsecond', duration_us, detail
         from (select * from submission_stages where submission_id = $1 order by at limit 1) as first, generate_series(10, 14) as n`, [id]);
    await until('nobody buries it', async () => (await system.db.query(
      `select from pg_locks join pg_stat_activity as a using (pid)
        where not granted and locktype = 'advisory' and a.datname = current_database() and a.application_name like 'scheduler-%'
       union all
       select from submission_dead_letters where submission_id = $1`, [id])).rowCount > 0, patienceMs);
    await session.query('commit');
  } finally {
    await session.end();
  }
  await until('its burial still waits', async () => (await system.db.query(
    `select from pg_locks join pg_stat_activity as a using (pid)
      where not granted and locktype = 'advisory' and a.datname = current_database() and a.application_name like 'scheduler-%'`)).rowCount === 0, patienceMs);
  assert.equal((await system.decided(entry.location, victim.provider.token, patienceMs)).response.status, 422);
  const looks = async () => (await system.metrics('scheduler')).get('ecf2_look_seconds_count');
  const before = await looks();
  await until('the leader looks no more', async () => (await looks()) > before + 1, patienceMs);
  assert.deepEqual((await system.db.query('select stage, reason from submission_dead_letters where submission_id = $1', [id])).rows, [], 'a dead letter beside its outcome');
  await cure(victim);
});

test('in the end everything is decided, once, and as it was told', async () => {
  await allDecided(system, patienceMs);
  assert.equal(await failed(), 1, 'dropped once, long ago');
  const counts = await count(system, client);
  assert.deepEqual(counts.found, []);
  note('in batches of 200: one that kills its worker, that always errs (four ways), that errs twice and has another one behind it, whose person is locked', { counts, remark: 'dead letters: 5, retried or dropped by an operator' });
  assert.deepEqual(await pollAll(system, client.told), []);
});
