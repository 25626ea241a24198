// What the tests of participants' actions share (lead-provider-api.md 5): people by SQL (people.mjs), a system whose today is
// TODAY, and how an action is sent and looked at from all sides: the answer, a read, the submission, the rows, the events.
import assert from 'node:assert/strict';
import { startSystem } from '../support/system.mjs';
import { Provider, frontAt, london, titles } from './client.mjs';
import { P, Q, R, TODAY, idOf, makePerson, makePlaces, recordOf } from './people.mjs';
import { uuidOf, world } from './world.mjs';

export { P, Q, R, TODAY, idOf, recordOf };
export const YESTERDAY = '2026-02-01', TOMORROW = '2026-02-03';
export const PARTICIPANTS = '/api/v3/participants';
export const NOBODY = '00000000-0000-4000-8000-000000000000';
export const COURSES = { ect: 'ecf-induction', mentor: 'ecf-mentor' };

/** One school period with one training or several. */
export const at = (training, place = {}, person = {}) => ({ ...person, places: [{ training: Array.isArray(training) ? training : [training], ...place }] });
export const mentor = (training, place = {}, person = {}) => at(training, { role: 'mentor', ...place }, person);
/** Training that ended by being stopped, at noon of its last day. */
export const stopped = (how, to, more = {}) => ({ to, [how]: [`${to}T12:00:00Z`, 'other'], ...more });

/** A system with these people, { name: person as makePerson takes it }, and its providers by name. */
export async function begin(people) {
  const system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }, env: { ECF2_CLOCK: london(`${TODAY} 10:00`) } });
  await makePlaces(system.db);
  for (const [name, person] of Object.entries(people)) await makePerson(system.db, name, person);
  await derive(system.db);
  const provider = Object.fromEntries([P, Q, R].map((name) => [name, new Actor(system, name)]));
  return { system, provider };
}

/** What follows from the rows, of everybody and everywhere. */
async function derive(db) {
  for (const [table, columns, computed] of [
    ['teacher_provider_status', '*', '(select array_agg(id) from teachers), (select array_agg($1::date) from teachers)'],
    ['school_provider_year_status', '*', '(select array_agg(id) from schools)'],
    ['school_year_status', `contract_period_year, school_id, in_partnership, programme_choice, '${TODAY}'`, '(select array_agg(id) from schools)'],
  ]) {
    await db.query(`delete from ${table}`);
    await db.query(`insert into ${table} select ${columns} from ${table}_of(${computed})`, computed.includes('$1') ? [TODAY] : []);
  }
}

/** A recomputation of everything that is derived finds nothing else (lead-provider-api.md 3.13). */
export function isAsComputed(system) {
  const { status, stdout } = system.ctl('verify', 'derived', '--json');
  assert.equal(status, 0, stdout);
}

/** A declaration of somebody's latest training, which nobody sent. */
export async function declare(system, name, type, date, { status = 'no_payment', provider = P } = {}) {
  const { rows } = await system.db.query(
    `insert into declarations (api_id, training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type, declaration_date, payment_status, payment_statement_id, delivery_partner_when_created_id)
     select $5, t.id, t.teacher_id, t.role, t.lead_provider_id, t.contract_period_year, $2::declaration_type, $3::timestamptz, $4::payment_status, case $4::payment_status when 'no_payment' then null else pg_temp.statement_of(t.lead_provider_id, t.contract_period_year) end,
            (select id from delivery_partners order by id limit 1)
     from training_periods t join teachers p on p.id = t.teacher_id join lead_providers l on l.id = t.lead_provider_id
     where p.api_id = $1 and l.name = $6 order by t.started_on desc limit 1 returning id`, [idOf(name), type, date, status, uuidOf(`declaration ${name} ${type}`), provider]);
  return rows[0].id;
}

/** So that declare() finds a statement: one for each provider and year. */
export async function withStatements(system) {
  await system.db.query(`create function pg_temp.statement_of(provider bigint, year integer) returns bigint language plpgsql as $$
    declare found bigint; pcp bigint; contract bigint;
    begin
      select id into found from statements where lead_provider_id = provider and contract_period_year = statement_of.year limit 1;
      if found is not null then return found; end if;
      select id into pcp from provider_contract_periods where lead_provider_id = provider and contract_period_year = statement_of.year;
      insert into contracts (provider_contract_period_id, lead_provider_id, contract_period_year, contract_type, recruitment_target, uplift_fee_per_declaration, setup_fee, mentor_recruitment_target, mentor_fee_per_declaration)
        select pcp, provider, statement_of.year, case when statement_of.year < 2025 then 'ecf' else 'ittecf_ectp' end::contract_type, 1, 0, 0, case when statement_of.year >= 2025 then 1 end, case when statement_of.year >= 2025 then 1 end
        returning id into contract;
      insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
        values (contract, provider, statement_of.year, 2026, 4, 'output', '2026-03-31', '2026-04-25') returning id into found;
      return found;
    end $$`);
}

export class Actor extends Provider {
  /** PUT of an action with these attributes; who: a name of the people, or what stands in the path. */
  act(who, action, attributes, { at: day, url, headers, body } = {}) {
    const id = /^[0-9a-f]{8}-/i.test(who) || who.length < 3 ? who : idOf(who);
    const content = body ?? { data: { type: `participant-${action}`, attributes } };
    const go = (to) => this.system.request('PUT', `${PARTICIPANTS}/${id}/${action}`, { token: this.token, url: to, headers, body: content });
    return day ? frontAt(this.system, london(day)).then(go) : go(url);
  }

  /** Acts, expects 200 and gives the participant's attributes; reads it back byte for byte, and its submission. */
  async acted(who, action, attributes, options = {}) {
    const answer = await this.act(who, action, attributes, options);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.data.id, idOf(who));
    const shown = await this.get(`${PARTICIPANTS}/${idOf(who)}`, options);
    assert.equal(shown.text, answer.text, 'GET shows the bytes of the PUT');
    await this.storedAs(answer, { type: 'participant', id: idOf(who) }, `participant.${action.replace('-', '_')}`);
    return answer.body.data.attributes;
  }

  /** Acts, expects 422 with these titles, each with words of its detail, and that nothing at all has changed. */
  async refused(who, action, attributes, errors, options = {}) {
    const before = await rowsOf(this.system, who);
    const answer = await this.act(who, action, attributes, options);
    assert.equal(answer.status, 422, answer.text);
    assert.deepEqual(titles(answer), Object.keys(errors), answer.text);
    for (const { title, detail, ...rest } of answer.body.errors) {
      assert.match(detail, errors[title], title);
      assert.ok(/#\/[a-z_]+/.test(detail) && !/contract period/i.test(detail), detail);
      assert.deepEqual(rest, {});
    }
    await this.storedAs(answer, null, `participant.${action.replace('-', '_')}`);
    assert.deepEqual(await rowsOf(this.system, who), before, 'nothing has changed, updated_at neither');
    return answer;
  }
}

/** Every row of somebody. */
export async function rowsOf(system, name) {
  const rows = {};
  for (const table of ['training_records', 'training_periods', 'declarations', 'teacher_provider_status', 'events']) {
    rows[table] = (await system.db.query(`select r.* from ${table} r join teachers t on t.id = r.teacher_id where t.api_id = $1 order by r::text`, [idOf(name)])).rows;
  }
  rows.teachers = (await system.db.query('select * from teachers where api_id = $1', [idOf(name)])).rows;
  return rows;
}

/** Somebody's trainings, oldest first: what is named of them, days as text. */
export const trainings = async (system, name) => (await system.db.query(
  `select p.id, p.started_on::text, p.finished_on::text, s.identifier::text as schedule, p.contract_period_year as year, p.school_partnership_id, p.expression_of_interest_id, p.school_period_id,
          p.withdrawn_at, p.withdrawal_reason, p.deferred_at, p.deferral_reason, p.api_transfer_updated_at, p.created_at, p.updated_at, p.schedule_id, l.name as provider
   from training_periods p join teachers t on t.id = p.teacher_id left join schedules s on s.id = p.schedule_id left join lead_providers l on l.id = p.lead_provider_id
   where t.api_id = $1 order by p.started_on`, [idOf(name)])).rows;

/** Somebody's events, oldest first. */
export const events = async (system, name) => (await system.db.query(
  'select e.* from events e join teachers t on t.id = e.teacher_id where t.api_id = $1 order by e.id', [idOf(name)])).rows;

export const teacher = async (system, name) => (await system.db.query('select * from teachers where api_id = $1', [idOf(name)])).rows[0];

/** 5.1, 3.3 and how a write is sent: the same of all four. `fine`: attributes that are; `people`: who may be acted on, once each. */
export function keepsTheRulesOfActions(test, context) {
  test('lead-provider-api.md 5.1/A1 nobody, another provider\'s, and what is no id: 404, byte for byte', async () => {
    const { system, provider, action, fine } = context();
    const nobody = await provider[P].get(`${PARTICIPANTS}/${NOBODY}`);
    for (const [who, one] of [[NOBODY, P], ['x', P], ['of Q', P], ['of P', Q], ['of P', R]]) {
      const answer = await provider[one].act(who, action, fine);
      assert.deepEqual([answer.status, answer.text], [404, nobody.text], `${who} by ${one}`);
    }
    const { rows: [outcome] } = await system.db.query(`select o.result, o.fired, o.resource_type from submission_outcomes o order by o.decided_no desc limit 1`);
    assert.deepEqual(outcome, { result: 'rejected', fired: ['lead-provider-api.md 5.1/A1'], resource_type: null });
  });

  test('lead-provider-api.md 3.2/6b the structure of the body comes before the look-up', async () => {
    const { provider, action } = context();
    for (const body of ['', '[]', '{}', { data: null }, { data: {} }, { data: { attributes: {} } }, { data: { attributes: [] } }, { data: 'x' }, { data: { attributes: { other: 1 } } }]) {
      for (const who of [NOBODY, 'of P']) {
        const answer = await provider[P].act(who, action, undefined, { body });
        assert.deepEqual([answer.status, titles(answer)], [400, ['Bad request']], JSON.stringify(body));
      }
    }
  });

  test('lead-provider-api.md 5.1/A2 a course, or none of the two', async () => {
    const { provider, action, fine } = context();
    for (const course_identifier of [undefined, null, '', ' ', 'ecf-mentors', 'ECF-INDUCTION', ['ecf-induction'], { x: 1 }]) {
      const answer = await provider[P].act('of P', action, { ...fine, other: 1, course_identifier, ...(Object.keys(fine).length === 1 && course_identifier === undefined && { course_identifier: null }) });
      assert.deepEqual([answer.status, titles(answer)], [422, ['course_identifier']], answer.text);
    }
  });

  test('lead-provider-api.md 5.1/A3 a course on which this provider does not train them', async () => {
    const { provider, action, fine } = context();
    await provider[P].refused('of P', action, { ...fine, course_identifier: 'ecf-mentor' }, { course_identifier: /not trained by you/ });
    await provider[P].refused('of both', action, { ...fine, course_identifier: 'ecf-mentor' }, { course_identifier: /ecf-induction/ });
  });
}

/** People whom the rules above are about. */
export const usual = {
  'of P': at({ year: 2025 }),
  'of Q': at({ provider: Q }),
  'of both': { places: [{ to: '2025-08-31', training: [{}] }, { role: 'mentor', school: 'S2', from: '2025-09-01', training: [{ provider: Q, year: 2025 }] }] },
};
