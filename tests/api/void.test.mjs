// declarations.md 6, 6.1 and 7.1 over HTTP: the worked cases W29, W31 and W32, each row of the table, what a void writes, and the
// order in which voids and declarations of one person are decided.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect } from '../support/cluster.mjs';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, frontAt, london, titles } from './client.mjs';
import { A, B, C, D, participant, statement, world } from './world.mjs';

const autumn24 = '2024-10-20 10:00';

let system, a, b, c, d;
before(async () => {
  system = await startSystem({ world: world(), fronts: 2, env: { ECF2_CLOCK: london(autumn24) } });
  [a, b, c, d] = [A, B, C, D].map((name) => new Provider(system, name));
});
after(() => system?.stop());

const ect = (name, declaration_type = 'started', declaration_date = '2024-10-07T09:00:00Z', evidence_held = 'other') => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type, declaration_date, evidence_held,
});
const completed = (name) => ({ ...ect(name, 'completed', '2026-04-20T09:00:00Z', '75-percent-engagement-met'), course_identifier: 'ecf-mentor' });

const one = async (text, values) => (await system.db.query(text, values)).rows[0];
const row = (id) => one('select * from declarations where api_id = $1', [id]);
const teacher = (name) => one('select * from teachers where api_id = $1', [participant(name)]);
const statementId = async (api_id) => (await one('select id from statements where api_id = $1', [api_id])).id;
const shows = (made, expected) => assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, made[key]])), expected);

/** Events of the voids of a declaration, oldest first. */
const events = async (id) => (await system.db.query(
  `select e.* from events e join submission_outcomes o on o.submission_id = e.submission_id join submissions s on s.id = e.submission_id
    where o.resource_api_id = $1 and s.kind = 'declaration.void' order by e.id`, [id])).rows;

/** What month-end and the finance console do, which are not what is tested here: past the triggers that they obey. */
async function set(table, api_id, values) {
  const columns = Object.keys(values).map((column, i) => `${column} = $${i + 2}`).join(', ');
  await system.db.query('set session_replication_role = replica');
  try {
    await system.db.query(`update ${table} set ${columns} where api_id = $1`, [api_id, ...Object.values(values)]);
  } finally {
    await system.db.query('reset session_replication_role');
  }
}

describe('an unpaid declaration', () => {
  test('W29 is voided, hides its statement, and may be sent again (lead-provider-api.md 3.7/4, 7.3/V2)', async () => {
    const made = await a.accepted(ect('W29'), { at: autumn24 });
    const before = await teacher('W29');
    const voided = await a.voided(made.id, { at: '2024-10-22 10:00' });
    const { updated_at, ...rest } = voided;
    const { updated_at: earlier, ...expected } = { ...made, state: 'voided', statement_id: null };
    assert.deepEqual(rest, expected, 'all else is as it was');
    assert.match(updated_at, /^2024-10-22T09:00:\d\dZ$/);
    assert.ok(updated_at > earlier);

    const stored = await row(made.id);
    assert.deepEqual([stored.payment_status, stored.clawback_status, stored.voided_by_user_id], ['voided', 'no_clawback', null]);
    assert.equal(stored.payment_statement_id, await statementId(statement(A, 2024, '2024-11')), 'the statement is kept');
    assert.equal(stored.updated_at.toISOString(), '2024-10-22T09:00:00.000Z');
    const [event, ...others] = await events(made.id);
    assert.deepEqual(others, []);
    assert.deepEqual([event.event_type, event.author_type, event.author_name], ['teacher_declaration_voided', 'lead_provider_api', A]);
    assert.deepEqual([event.teacher_id, event.training_period_id, event.declaration_id], [stored.teacher_id, stored.training_period_id, stored.id]);
    assert.equal(event.happened_at.toISOString(), '2024-10-22T09:00:00.000Z');
    assert.equal(event.heading, `started declaration ${made.id} of Case W29 voided by ${A}`);
    assert.deepEqual((await teacher('W29')).api_updated_at, before.api_updated_at, 'an ECT\'s void does not touch the participant');

    const again = await a.accepted(ect('W29'), { at: '2024-10-22 10:00' });
    assert.notEqual(again.id, made.id);
    shows(again, { state: 'eligible', statement_id: statement(A, 2024, '2024-11') });
  });

  test('submitted', async () => {
    const made = await a.accepted(ect('void submitted'), { at: autumn24 });
    assert.equal(made.state, 'submitted');
    shows(await a.voided(made.id, { at: autumn24 }), { state: 'voided', statement_id: null });
    assert.equal((await row(made.id)).payment_statement_id, null);
  });

  test('payable', async () => {
    const made = await a.accepted(ect('void payable'), { at: autumn24 });
    await set('declarations', made.id, { payment_status: 'payable' });
    shows(await a.voided(made.id, { at: '2024-11-05 10:00' }), { state: 'voided', statement_id: null });
  });

  test('in a frozen contract period', async () => {
    const { api_id } = await one('select d.api_id from declarations d join teachers t on t.id = d.teacher_id where t.api_id = $1', [participant('duplicate, frozen')]);
    shows(await a.voided(api_id, { at: '2025-10-01 10:00' }), { state: 'voided' });
  });

  test('is voided once (lead-provider-api.md 3.11/1, 7.3/V3)', async () => {
    const { api_id } = await row((await one("select api_id from declarations where payment_status = 'voided' limit 1")).api_id);
    await a.notVoided(api_id, /voided already/, { at: '2025-10-01 10:00' });
  });

  test('its outcome tells which rule fired, on which facts', async () => {
    const { rows: [rejected] } = await system.db.query(
      `select o.* from submission_outcomes o join submissions s on s.id = o.submission_id
        where s.kind = 'declaration.void' and o.http_status = 422 order by o.decided_no limit 1`);
    assert.deepEqual([rejected.fired, rejected.rules_version, rejected.facts.declaration.payment_status], [['lead-provider-api.md 7.3/V3'], 1, 'voided']);
  });
});

describe('a paid declaration', () => {
  const paid = async (name, provider = c, options = { at: autumn24 }, attributes = ect(name)) => {
    const made = await provider.accepted(attributes, options);
    await set('declarations', made.id, { payment_status: 'paid' });
    return made;
  };

  test('awaits clawback on the next output statement, and may be sent again (lead-provider-api.md 7.3/V4) (W30 in full: authorise.test.mjs)', async () => {
    const made = await paid('void paid');
    const voided = await c.voided(made.id, { at: '2025-02-03 10:00' });
    shows(voided, { state: 'awaiting-clawback', statement_id: statement(C, 2024, '2024-11'), clawback_statement_id: statement(C, 2024, '2025-04'), uplift_paid: true });
    const stored = await row(made.id);
    assert.deepEqual([stored.payment_status, stored.clawback_status], ['paid', 'awaiting_clawback']);
    assert.deepEqual((await events(made.id)).map((event) => [event.event_type, event.declaration_id]), [['teacher_declaration_awaiting_clawback', stored.id]]);
    shows(await c.accepted(ect('void paid'), { at: '2025-02-03 10:00' }), { state: 'eligible', statement_id: statement(C, 2024, '2025-04') });
  });

  test('on a statement whose deadline is today, whatever its state', async () => {
    const made = await paid('void deadline today');
    await set('statements', statement(C, 2024, '2025-04'), { status: 'payable', marked_payable_at: '2025-04-01T00:00:00Z' });
    const voided = await c.voided(made.id, { at: '2025-03-31 10:00' });
    await set('statements', statement(C, 2024, '2025-04'), { status: 'open', marked_payable_at: null });
    assert.equal(voided.clawback_statement_id, statement(C, 2024, '2025-04'));
  });

  test('not on one whose deadline is over', async () => {
    const made = await paid('void deadline over');
    shows(await c.voided(made.id, { at: '2025-04-01 00:30' }), { clawback_statement_id: statement(C, 2024, '2025-08') });
  });

  test('is taken back once', async () => {
    const made = await paid('void refunded');
    await c.voided(made.id, { at: '2025-02-03 10:00' });
    await c.notVoided(made.id, /refunded/, { at: '2025-02-03 10:00' });
    await set('declarations', made.id, { clawback_status: 'clawed_back' });
    await c.notVoided(made.id, /refunded/, { at: '2025-02-03 10:00' });
    assert.equal((await c.get(`${DECLARATIONS}/${made.id}`)).body.data.attributes.state, 'clawed-back');
  });

  test('without a statement left: 422', async () => {
    const at = { at: '2025-10-01 10:00' };
    const made = await b.accepted(ect('void no statement', 'extended-1', '2025-09-10T10:00:00Z'), at);
    const last = await one(
      `select s.id from statements s join lead_providers p on p.id = s.lead_provider_id
        where p.name = $1 and s.contract_period_year = 2023 and s.fee_type = 'output' order by s.deadline_date desc limit 1`, [B]);
    await set('declarations', made.id, { payment_status: 'paid', payment_statement_id: last.id });
    const { rowCount } = await system.db.query( // a service fee statement does not count
      `insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
       select contract_id, lead_provider_id, contract_period_year, 2027, 2, 'service', '2027-01-31', '2027-02-25' from statements where id = $1`, [last.id]);
    assert.equal(rowCount, 1);
    const before = await row(made.id);
    await b.notVoided(made.id, /2023 .*cohort/, at);
    assert.deepEqual(await row(made.id), before, 'nothing has changed');
  });
});

describe('404', () => {
  const none = '00000000-0000-4000-8000-000000000000';
  const notFound = async (provider, id, options) => {
    const answer = await provider.void(id, options);
    assert.equal(answer.status, 404, answer.text);
    assert.equal(answer.text, (await a.get(`${DECLARATIONS}/${none}`)).text, 'the bytes of a read that finds nothing');
    return answer;
  };

  test('W32 another provider\'s', async () => {
    const made = await a.accepted(ect('W32'), { at: autumn24 });
    const before = await row(made.id);
    await b.storedAs(await notFound(b, made.id, { at: '2025-02-03 10:00' }), null, 'declaration.void');
    assert.deepEqual(await row(made.id), before, 'nothing has changed');
  });

  test('another provider\'s that it can read', async () => {
    const made = await c.accepted(ect('void seen by D'), { at: autumn24 });
    assert.equal((await d.get(`${DECLARATIONS}/${made.id}`)).status, 200);
    await notFound(d, made.id, { at: '2025-03-01 10:00' });
    shows(await c.voided(made.id, { at: '2025-03-01 10:00' }), { state: 'voided' });
    assert.equal((await d.get(`${DECLARATIONS}/${made.id}`)).status, 404, 'and no longer can');
  });

  test('of nothing, and of what is no id, all of them outcomes (lead-provider-api.md 3.2/6d, 7.3/V1)', async () => {
    const ids = [none, none.toUpperCase(), '1', 'x', 'null', '%00', '%C3%A9', '%ff', "'--", '{x}', '"', '%22%7D', 'x'.repeat(3000), participant('W32')];
    const count = async () => Number((await one("select count(*) from submissions where kind = 'declaration.void'")).count);
    const before = await count();
    for (const id of ids) await notFound(a, id);
    assert.equal((await count()) - before, ids.length);
    const { rows } = await system.db.query(
      `select o.result, o.http_status, o.resource_type, o.fired, s.subject from submissions s join submission_outcomes o on o.submission_id = s.id
        where s.kind = 'declaration.void' order by s.accept_no desc limit ${ids.length}`);
    for (const { subject, ...rest } of rows) {
      assert.deepEqual(rest, { result: 'rejected', http_status: 404, resource_type: null, fired: ['lead-provider-api.md 7.3/V1'] });
      assert.match(subject, /^declaration\.void:/);
    }
  });

  test('asynchronously: 202, then the outcome', async () => {
    const answer = await b.void(none, { headers: { prefer: 'respond-async' } });
    assert.equal(answer.status, 202, answer.text);
    const decided = await system.decided(answer.headers.get('location'), b.token);
    assert.deepEqual([decided.kind, decided.result, decided.resource, decided.response.status], ['declaration.void', 'rejected', null, 404]);
    assert.deepEqual(decided.response.body.errors.map(({ title }) => title), ['Resource not found']);
  });

  test('other methods, other paths: the 404 of no route, stored nowhere', async () => {
    const before = (await one('select count(*) from submissions')).count;
    for (const [method, path] of [['GET', `${none}/void`], ['POST', `${none}/void`], ['PATCH', `${none}/void`], ['DELETE', `${none}/void`], ['PUT', none], ['PUT', `${none}/void/`], ['PUT', `${none}/voids`], ['PUT', '/void']]) {
      const answer = await system.request(method, `${DECLARATIONS}/${path}`, { token: a.token });
      assert.equal(answer.status, 404, `${method} ${path}`);
      assert.deepEqual(Object.keys(answer.body), ['error'], `${method} ${path}`);
    }
    assert.equal((await system.request('PUT', `${DECLARATIONS}/${none}/void`, { token: 'nonsense' })).status, 401);
    assert.deepEqual(titles(await system.request('PUT', `${DECLARATIONS}/${none}/void?filter=x`, { token: a.token })), ['Bad parameter']);
    assert.equal((await one('select count(*) from submissions')).count, before);
  });
});

describe('how it is sent', () => {
  test('a body is ignored, whatever it is (lead-provider-api.md 3.3/8)', async () => {
    const made = await a.accepted(ect('void waits'), { at: autumn24 });
    const bodies = [['application/json', '{'], ['application/json', JSON.stringify(body({ reason: 'x' }))], ['text/plain', 'x'.repeat(10_000)]];
    for (const [type, content] of bodies) {
      const answer = await a.void('x', { headers: { 'content-type': type }, body: content });
      assert.equal(answer.status, 404, `${type} ${content.slice(0, 40)}`);
    }
    const answer = await a.void(made.id.toUpperCase(), { at: autumn24, body: '[', headers: { prefer: 'wait=20' } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get('preference-applied'), 'wait=20');
    assert.equal(answer.body.data.attributes.state, 'voided');
  });

  test('respond-async: 202, then the very answer of a waiting call', async () => {
    const made = await a.accepted(ect('void async'), { at: autumn24 });
    const answer = await a.void(made.id, { at: autumn24, headers: { prefer: 'respond-async' } });
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.headers.get('preference-applied'), 'respond-async');
    assert.equal(answer.body.data.attributes.kind, 'declaration.void');
    const location = answer.headers.get('location');
    const decided = await system.decided(location, a.token);
    assert.deepEqual([decided.result, decided.response.status, decided.resource], ['succeeded', 200, { type: 'participant-declaration', id: made.id }]);
    const shown = await a.get(`${DECLARATIONS}/${made.id}`);
    assert.equal(shown.body.data.attributes.state, 'voided');
    assert.ok((await a.get(location)).text.includes(shown.text), 'byte for byte');
    assert.equal((await b.get(location)).status, 404, 'nobody else\'s');
  });

  test('an endpoint that asked for it is told, accepted or not', async () => {
    const { id } = await one(
      `insert into webhook_endpoints (lead_provider_id, url, secret_encrypted, event_kinds)
       select id, 'https://a.example/', 'secret', '{submission.decided}' from lead_providers where name = $1 returning id`, [A]);
    const made = await a.accepted(ect('void async 404'), { at: autumn24 });
    for (const status of [200, 422]) {
      const trace = randomUUID();
      assert.equal((await a.void(made.id, { at: autumn24, headers: { 'x-request-id': trace } })).status, status);
      const { rows } = await system.db.query('select webhook_endpoint_id as id, kind from webhook_deliveries where trace_id = $1', [trace]);
      assert.deepEqual(rows, [{ id, kind: 'submission.decided' }]);
    }
    await system.db.query('update webhook_endpoints set disabled_at = now() where id = $1', [id]);
  });
});

describe('order', () => {
  test('at the same time it is voided once', async () => {
    const made = await a.accepted(ect('void at once'), { at: autumn24 });
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => a.void(made.id, { url: system.urls[i % 2] })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers) if (answer.status !== 200) assert.deepEqual([answer.status, ...titles(answer)], [422, 'participant_declaration_id'], answer.text);
    assert.equal((await events(made.id)).length, 1, 'one event');
  });

  for (let i = 1; i <= 6; i++) {
    test(`what was accepted before a void is decided before it, and what came after it after it (${i})`, async () => {
      const name = `void order ${i}`;
      const made = await a.accepted(ect(name), { at: autumn24 });
      const options = { at: '2024-10-22 10:00', headers: { prefer: 'respond-async' } };
      await frontAt(system, london(options.at));
      const sent = [];
      for (const answer of [() => a.send(ect(name), options), () => a.void(made.id, options), () => a.send(ect(name), options), () => a.void(made.id, options)]) {
        sent.push((await answer()).headers.get('location'));
      }
      const decided = await Promise.all(sent.map((location) => system.decided(location, a.token)));
      assert.deepEqual(decided.map(({ response }) => response.status), [422, 200, 200, 422]);
      const { rows } = await system.db.query(
        `select distinct s.subject from submissions s where s.id = any ($1)`, [sent.map((location) => location.split('/').pop())]);
      assert.equal(rows.length, 1, 'one subject, by whatever it was named');
      assert.deepEqual((await system.db.query(
        'select d.payment_status from declarations d join teachers t on t.id = d.teacher_id where t.api_id = $1 order by d.id', [participant(name)])).rows,
      [{ payment_status: 'voided' }, { payment_status: 'eligible' }]);
    });
  }
});

describe('commit', () => {
  test('what is paid between decision and commit is taken back: the facts have moved (PL-30)', async () => {
    const made = await c.accepted(ect('void moved'), { at: autumn24 });
    const { payment_statement_id } = await row(made.id);
    const session = await connect(system.cluster, system.database);
    await session.query('begin');
    await session.query('select pg_advisory_xact_lock(2, $1::integer)', [payment_statement_id]); // as who moves the statement
    const answer = c.void(made.id, { at: '2025-02-03 10:00' });
    await until('payments does not wait for the statement', async () => (await one(
      `select count(*)::integer as n from pg_locks where locktype = 'advisory' and (classid, objid) = (2, $1) and not granted
          and database = (select oid from pg_database where datname = current_database())`, [payment_statement_id])).n > 0);
    await session.query('set local session_replication_role = replica');
    await session.query("update declarations set payment_status = 'paid' where api_id = $1", [made.id]);
    await session.query('commit');
    await session.end();
    shows((await answer).body.data.attributes, { state: 'awaiting-clawback', clawback_statement_id: statement(C, 2024, '2025-04') });
    assert.deepEqual((await events(made.id)).map(({ event_type }) => event_type), ['teacher_declaration_awaiting_clawback']);
  });

  test('a batch of both kinds', async () => {
    const people = [1, 2, 3, 4, 5, 6].map((i) => `void batch ${i}`);
    const made = [];
    for (const name of people.slice(0, 3)) made.push(await a.accepted(ect(name), { at: autumn24 }));
    const options = { headers: { prefer: 'respond-async' } };
    system.pause('validation');
    let sent;
    try {
      sent = await Promise.all(people.map((name, i) => (i < 3 ? a.void(made[i].id, options) : a.send(ect(name), options))));
    } finally {
      system.proceed('validation');
    }
    const decided = await Promise.all(sent.map(({ headers }) => system.decided(headers.get('location'), a.token)));
    assert.deepEqual(decided.map(({ kind, response }) => [kind, response.status, response.body.data.attributes.state]),
      people.map((_, i) => (i < 3 ? ['declaration.void', 200, 'voided'] : ['declaration.create', 200, 'eligible'])));
    assert.equal((await one('select count(*)::integer as n from submission_stages')).n, 0, 'no stage has erred in any test of this file');
  });
});

describe('6.1', () => {
  const at = { at: '2026-05-01 10:00' };
  const record = async (name) => {
    const { day, reason, marker } = await one(
      `select became_ineligible_for_funding_on::text as day, became_ineligible_for_funding_reason as reason, first_became_eligible_for_training_at as marker
         from training_records r join teachers t on t.id = r.teacher_id where t.api_id = $1 and r.role = 'mentor'`, [participant(name)]);
    assert.equal(marker.toISOString(), '2025-09-10T09:00:00.000Z', 'the marker never changes');
    return [day, reason];
  };
  const periods = async (name) => (await system.db.query(
    `select p.*, p.started_on::text as starts, p.finished_on::text as ends from training_periods p join teachers t on t.id = p.teacher_id
      where t.api_id = $1 order by p.started_on`, [participant(name)])).rows;
  const schoolPeriod = (name, finished) => system.db.query(
    'update school_periods set finished_on = $2 where teacher_id = (select id from teachers where api_id = $1)', [participant(name), finished]);
  const complete = (name) => a.accepted(completed(name), { at: '2026-04-25 10:00' });

  /** The voided mentor is fundable again, and nobody has made training where none can be. */
  async function onlyCleared(name, id) {
    assert.deepEqual(await record(name), [null, null]);
    assert.deepEqual((await events(id)).map(({ event_type }) => event_type).sort(), ['mentor_completion_status_change', 'teacher_declaration_voided']);
  }

  test('W31 the mentor is fundable again and trains on', async () => {
    const made = await complete('W31');
    const before = await teacher('W31');
    assert.deepEqual(await record('W31'), ['2026-04-20', 'completed_declaration_received']);
    shows(await a.voided(made.id, at), { state: 'voided', statement_id: null });
    assert.deepEqual(await record('W31'), [null, null]);

    const [old, fresh, ...others] = await periods('W31');
    assert.deepEqual([others.length, old.ends, fresh.starts, fresh.ends], [0, '2026-04-20', '2026-04-21', null]);
    for (const column of ['school_period_id', 'school_id', 'school_partnership_id', 'lead_provider_id', 'schedule_id', 'contract_period_year', 'training_programme', 'role']) {
      assert.deepEqual(fresh[column], old[column], column);
    }
    assert.deepEqual([fresh.expression_of_interest_id, fresh.withdrawn_at, fresh.deferred_at], [null, null, null]);
    assert.equal(fresh.created_at.toISOString(), '2026-05-01T09:00:00.000Z');

    const written = await events(made.id);
    const find = (type) => written.find((event) => event.event_type === type);
    assert.deepEqual(written.map(({ event_type }) => event_type).sort(),
      ['mentor_completion_status_change', 'teacher_declaration_voided', 'teacher_schedule_assigned_to_training_period']);
    assert.deepEqual(find('mentor_completion_status_change').modifications, [
      "Became ineligible for funding on '20 Apr 2026' removed",
      "Became ineligible for funding reason 'completed_declaration_received' removed",
    ]);
    const assigned = find('teacher_schedule_assigned_to_training_period');
    assert.deepEqual([assigned.teacher_id, assigned.training_period_id, assigned.schedule_id], [before.id, fresh.id, fresh.schedule_id]);
    assert.match(assigned.heading, /ecf-standard-september/);
    for (const event of written) assert.equal(event.happened_at.toISOString(), '2026-05-01T09:00:00.000Z');

    const changes = (await system.db.query("select * from eligibility_changes where teacher_id = $1 and aspect = 'funding' order by id", [before.id])).rows;
    assert.deepEqual(changes.map(({ aspect, eligible, reason, cause_kind, cause_id }) => [aspect, eligible, reason, cause_kind, cause_id]), [
      ['funding', false, 'completed_declaration_received', 'declaration', made.id], ['funding', true, 'completed_declaration_voided', 'declaration', made.id]]);
    const status = await one('select * from teacher_provider_status where teacher_id = $1', [before.id]);
    assert.deepEqual([status.latest_mentor_training_period_id, status.latest_mentor_contract_period_year], [fresh.id, 2025]);
    const now = await teacher('W31');
    assert.equal(now.api_updated_at.toISOString().slice(0, 16), '2026-05-01T09:00', 'the participant\'s updated_at has moved');

    const again = await a.accepted(completed('W31'), at);
    const { training_period_id } = await row(again.id);
    assert.equal(training_period_id, fresh.id, 'declared again, it is of the new period');
    assert.deepEqual(await record('W31'), ['2026-04-20', 'completed_declaration_received']);
    assert.equal((await periods('W31'))[1].ends, '2026-04-22', 'which ends the day after it began: the declaration is dated before it');
  });

  test('so it is when the money is taken back', async () => {
    const made = await complete('void mentor paid');
    await set('declarations', made.id, { payment_status: 'paid' });
    shows(await a.voided(made.id, at), { state: 'awaiting-clawback', clawback_statement_id: statement(A, 2025, '2026-08') });
    assert.deepEqual(await record('void mentor paid'), [null, null]);
    assert.equal((await periods('void mentor paid'))[1].starts, '2026-04-21');
    assert.deepEqual((await events(made.id)).map(({ event_type }) => event_type).sort(),
      ['mentor_completion_status_change', 'teacher_declaration_awaiting_clawback', 'teacher_schedule_assigned_to_training_period']);
  });

  test('training that still runs is left as it is', async () => {
    const made = await complete('void mentor still trains');
    await system.db.query('update training_periods set finished_on = null where id = $1', [(await periods('void mentor still trains'))[0].id]);
    await a.voided(made.id, at);
    await onlyCleared('void mentor still trains', made.id);
    assert.deepEqual((await periods('void mentor still trains')).map(({ ends }) => ends), [null]);
  });

  test('so is training that ends tomorrow', async () => {
    const name = 'void mentor ends tomorrow';
    const made = await complete(name);
    await system.db.query("update training_periods set finished_on = '2026-05-02' where id = $1", [(await periods(name))[0].id]);
    await a.voided(made.id, at);
    await onlyCleared(name, made.id);
    assert.deepEqual((await periods(name)).map(({ ends }) => ends), ['2026-05-02']);
  });

  test('training that ends today goes on tomorrow', async () => {
    const name = 'void mentor ends today';
    const made = await complete(name);
    await system.db.query("update training_periods set finished_on = '2026-05-01' where id = $1", [(await periods(name))[0].id]);
    await a.voided(made.id, at);
    assert.deepEqual((await periods(name)).map(({ starts, ends }) => [starts, ends]), [['2025-09-01', '2026-05-01'], ['2026-05-02', null]]);
  });

  test('a mentor who has left the school gets no training there: the void succeeds all the same', async () => {
    const made = await complete('void mentor left');
    await schoolPeriod('void mentor left', '2026-04-20');
    shows(await a.voided(made.id, at), { state: 'voided' });
    await onlyCleared('void mentor left', made.id);
    assert.equal((await periods('void mentor left')).length, 1);
  });

  test('one who leaves trains until then', async () => {
    const made = await complete('void mentor leaves');
    await schoolPeriod('void mentor leaves', '2026-08-31');
    await a.voided(made.id, at);
    assert.deepEqual((await periods('void mentor leaves')).map(({ starts, ends }) => [starts, ends]), [['2025-09-01', '2026-04-20'], ['2026-04-21', '2026-08-31']]);
  });

  test('one who is trained by another provider meanwhile gets no second training', async () => {
    const name = 'void mentor elsewhere';
    const made = await complete(name);
    await system.db.query(
      `insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year, school_partnership_id, lead_provider_id, schedule_id)
       select p.school_period_id, p.teacher_id, p.role, p.school_id, '2026-04-28', p.training_programme, p.contract_period_year, sp.id, sp.lead_provider_id, p.schedule_id
         from training_periods p join school_partnerships sp on sp.school_id = p.school_id and sp.contract_period_year = p.contract_period_year
         join lead_providers lp on lp.id = sp.lead_provider_id and lp.name = $2
        where p.id = $1`, [(await periods(name))[0].id, B]);
    shows(await a.voided(made.id, at), { state: 'voided' });
    await onlyCleared(name, made.id);
    assert.equal((await periods(name)).length, 2);
  });

  test('of training that was asked of another provider the school is told when it goes on', async () => {
    const name = 'void mentor asked of B';
    const scopes = async (id) => (await one(
      "select o.scopes from submission_outcomes o join submissions s on s.id = o.submission_id where s.kind = 'declaration.void' and o.resource_api_id = $1", [id])).scopes;
    const kept = () => one(
      `select s.* from school_provider_year_status s join lead_providers l on l.id = s.lead_provider_id where l.name = $1 and s.contract_period_year = 2025`, [A]);
    await system.db.query(
      `update training_periods set expression_of_interest_id = (select p.id from provider_contract_periods p join lead_providers l on l.id = p.lead_provider_id
          where l.name = $2 and p.contract_period_year = 2025) where id = $1`, [(await periods(name))[0].id, B]);
    await system.refreshDerived();
    // As if A had nobody else there: what the school shows of A is what is made now.
    await system.db.query("delete from school_provider_year_status where lead_provider_id = $1 and contract_period_year = 2025", [(await kept()).lead_provider_id]);
    const made = await complete(name);
    await a.voided(made.id, at);
    const [, fresh] = await periods(name);
    assert.deepEqual([fresh.starts, fresh.expression_of_interest_id], ['2026-04-21', null]);
    assert.ok((await scopes(made.id)).includes('{lp:0}:schools'));
    assert.deepEqual([(await kept())?.has_expression_of_interest, (await kept())?.has_partnership], [false, true]);
    assert.ok(!(await scopes((await one("select d.api_id from declarations d join teachers t on t.id = d.teacher_id where t.api_id = $1 and d.payment_status = 'voided'",
      [participant('W31')])).api_id)).includes('{lp:0}:schools'), 'of other training it is not');
  });

  test('another reason goes too, and the log tells', async () => {
    const name = 'void mentor other reason';
    const made = await complete(name);
    await system.db.query(
      `update training_records set became_ineligible_for_funding_on = '2021-04-19', became_ineligible_for_funding_reason = 'completed_during_early_roll_out'
        where teacher_id = (select id from teachers where api_id = $1)`, [participant(name)]);
    await a.voided(made.id, at);
    assert.deepEqual(await record(name), [null, null]);
    assert.match(system.logs('payments'), /funding_end_cleared.*completed_during_early_roll_out/);
  });

  test('a mentor\'s started changes nothing on anybody', async () => {
    const name = 'void mentor started';
    const made = await a.accepted({ ...completed(name), declaration_type: 'started', declaration_date: '2025-09-20T09:00:00Z', evidence_held: 'other' }, at);
    const before = [await teacher(name), await periods(name)];
    await a.voided(made.id, at);
    assert.deepEqual([await teacher(name), await periods(name)], before);
    assert.deepEqual((await events(made.id)).map(({ event_type }) => event_type), ['teacher_declaration_voided']);
  });

  test('nor does an ECT\'s completed, made or voided', async () => {
    const name = 'void ect completed';
    const before = [await teacher(name), await periods(name)];
    const made = await a.accepted({ ...completed(name), course_identifier: 'ecf-induction' }, at);
    assert.deepEqual([await teacher(name), await periods(name)], before);
    await a.voided(made.id, at);
    assert.deepEqual([await teacher(name), await periods(name)], before);
  });

  // The other side of the table: what `completed` itself does to training that has an end, and to another reason.
  for (const [name, ends, expected] of [['completed, ends tomorrow', '2026-04-26', '2026-04-20'], ['completed, ends today', '2026-04-25', '2026-04-25'], ['completed, ended', '2026-03-31', '2026-03-31']]) {
    test(`${name}: training ends ${expected}, whatever ended funding before`, async () => {
      await system.db.query('update training_periods set finished_on = $2 where id = $1', [(await periods(name))[0].id, ends]);
      await system.db.query(
        `update training_records set became_ineligible_for_funding_on = '2024-07-31', became_ineligible_for_funding_reason = 'started_not_completed'
          where teacher_id = (select id from teachers where api_id = $1)`, [participant(name)]);
      const made = await complete(name);
      assert.equal(made.state, 'eligible', 'the end of funding stops nothing: only the marker is asked for (section 5)');
      assert.deepEqual(await record(name), ['2026-04-20', 'completed_declaration_received']);
      assert.deepEqual((await periods(name)).map((period) => period.ends), [expected]);
      const { rows: [change] } = await system.db.query(
        "select modifications from events e join declarations d on d.id = e.declaration_id where d.api_id = $1 and event_type = 'mentor_completion_status_change'", [made.id]);
      assert.deepEqual(change.modifications, [
        "Became ineligible for funding on changed from '31 Jul 2024' to '20 Apr 2026'",
        "Became ineligible for funding reason changed from 'started_not_completed' to 'completed_declaration_received'",
      ]);
    });
  }

  // DM-20 lets nobody have two; what an older database may hold is re-evaluated all the same. Last: an index is dropped.
  test('another completed that is left decides the record', async () => {
    const name = 'void mentor of two';
    const made = await complete(name);
    await system.db.query('drop index declarations_one_live_per_person_role_type');
    await system.db.query(
      `insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, declaration_date, payment_status,
                                 payment_statement_id, delivery_partner_when_created_id)
       select training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, '2026-04-10T09:00:00Z', payment_status, payment_statement_id,
              delivery_partner_when_created_id from declarations where api_id = $1`, [made.id]);
    await system.db.query('update training_periods set finished_on = null where id = $1', [(await periods(name))[0].id]);
    await a.voided(made.id, at);
    assert.deepEqual(await record(name), ['2026-04-10', 'completed_declaration_received']);
    assert.deepEqual((await periods(name)).map(({ ends }) => ends), ['2026-04-20'], 'by the date of the one that was voided');
    const written = await events(made.id);
    assert.deepEqual(written.map(({ event_type }) => event_type).sort(),
      ['mentor_completion_status_change', 'teacher_declaration_voided', 'teacher_finishes_training_period']);
    const { school_id, school_period_id } = written.find(({ event_type }) => event_type === 'teacher_finishes_training_period');
    assert.ok(school_id && school_period_id, 'it is found by the school too');
    assert.deepEqual(written.find(({ event_type }) => event_type === 'mentor_completion_status_change').modifications,
      ["Became ineligible for funding on changed from '20 Apr 2026' to '10 Apr 2026'"]);
  });
});
