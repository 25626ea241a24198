// Partnerships that are made and corrected (lead-provider-api.md sections 2/18, 2/20, 3.2/6c, 9.1, 9.2): each rule by its
// number, what follows from them, and that they travel as every write does (submissions.md).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, london, titles } from './client.mjs';
import { isHidden } from './lists.mjs';
import { deriveAll, fillPlaces, notAsDerived, readPartners, readSchools, trains } from './places.mjs';
import { A, B, C, uuidOf, world } from './world.mjs';

const PARTNERSHIPS = '/api/v3/partnerships', today = '2025-10-01';
const P = (numbers) => numbers.map((n) => `lead-provider-api.md 9.1/P${n}`);

let system, partners, schools;
const by = {}, ids = {};
before(async () => {
  system = await startSystem({ world: world(), workers: { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1 }, env: { ECF2_CLOCK: london(`${today} 10:00`), ECF2_REQUEST_CLOCK: 'on' } });
  for (const name of [A, B, C]) by[name] = new Provider(system, name);
  await fillPlaces(system);
  await deriveAll(system);
  for (const { id, name } of (await system.db.query('select id, name from lead_providers')).rows) ids[name] = Number(id);
  await system.db.query(`insert into webhook_endpoints (lead_provider_id, url, secret_encrypted, event_kinds)
    select id, 'https://receiver.example/', '\\x00', '{submission.decided}' from lead_providers where name = $1`, [A]);
  partners = Object.fromEntries((await readPartners(system)).map((one) => [one.name, one.id]));
  schools = new Map((await readSchools(system)).map((one) => [one.urn, one]));
});
after(() => system?.stop());

const urn = (n) => 200000 + n;
const school = (n) => schools.get(urn(n));
const wanted = (n, more) => ({ cohort: '2025', school_id: school(n).id, delivery_partner_id: partners['Partner 1'], ...more });
const send = (method, path, attributes, { by: who = A, headers, body } = {}) =>
  system.request(method, path, { token: by[who].token, headers, body: body ?? { data: { type: 'partnership', attributes } } });
const create = (attributes, options) => send('POST', PARTNERSHIPS, attributes, options);
const update = (id, attributes, { method = 'PUT', ...options } = {}) => send(method, `${PARTNERSHIPS}/${id}`, attributes, options);

const newest = async () => (await system.db.query(
  `select s.id, s.subject, s.kind, o.result, o.http_status as status, o.body::text as body, o.resource_type, o.resource_api_id, o.fired, o.scopes, o.rules_version
   from submissions s left join submission_outcomes o on o.accepted_at = s.accepted_at and o.submission_id = s.id order by s.accept_no desc limit 1`)).rows[0];
const events = async (id) => (await system.db.query('select * from events where submission_id = $1 order by id', [id])).rows;

/** Makes one, and looks at what holds of every one that is made: GET shows the bytes, and what is stored says the same. */
async function made(attributes, options = {}) {
  const answer = await create(attributes, options), who = by[options.by ?? A];
  assert.equal(answer.status, 200, answer.text);
  const { id } = answer.body.data;
  assert.equal((await who.get(`${PARTNERSHIPS}/${id}`)).text, answer.text, 'GET shows the bytes of the POST');
  const stored = await newest();
  assert.deepEqual([stored.kind, stored.result, stored.status, stored.body, stored.resource_type, stored.resource_api_id, stored.fired], ['partnership.create', 'succeeded', 200, answer.text, 'partnership', id, []]);
  assert.deepEqual(await notAsDerived(system, today), []);
  return { id, answer, stored, attributes: answer.body.data.attributes };
}

/** Is refused, with these titles, for these rules; nothing is there that was not. */
async function refused(attributes, expected, rules, options) {
  const count = async () => (await system.db.query('select count(*)::integer as n from school_partnerships')).rows[0].n;
  const before = await count(), answer = await create(attributes, options);
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(titles(answer), expected, answer.text);
  for (const { detail } of answer.body.errors) assert.ok(/#\/(cohort|school_id|delivery_partner_id)/.test(detail) && !/contract period/i.test(detail), detail);
  const stored = await newest();
  assert.deepEqual([stored.result, stored.status, stored.fired], ['rejected', 422, P(rules)]);
  assert.equal(await count(), before);
  return { answer, stored };
}

describe('9.1: what refuses a partnership', () => {
  test('P1, P2, P3: blank, each of them; null, white space and lists are blank (3.3)', async () => {
    await refused({ cohort: '', school_id: null, delivery_partner_id: ' ' }, ['cohort', 'school_id', 'delivery_partner_id'], [1, 2, 3]);
    await refused({ cohort: [2025] }, ['cohort', 'school_id', 'delivery_partner_id'], [1, 2, 3]);
    await refused(wanted(2, { school_id: '' }), ['school_id'], [2]);
    await refused(wanted(2, { delivery_partner_id: '\u2003' }), ['delivery_partner_id'], [3]);
  });
  test('P4: no such cohort; P10 says so too, as it does where there is none (P1)', async () => {
    for (const cohort of ['1999', '2025x', 'x', '20255', 20.25, true]) await refused(wanted(2, { cohort }), ['cohort', 'delivery_partner_id'], [4, 10]);
    await refused(wanted(2, { cohort: null }), ['cohort', 'delivery_partner_id'], [1, 10]);
  });
  test('P5: it starts after today; on its first day it does not (of London)', async () => {
    const day = (await system.db.query('select started_on::text as day from contract_periods where year = 2026')).rows[0].day;
    await system.db.query(`insert into delivery_partnerships (provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
      select p.id, p.lead_provider_id, 2026, d.id from provider_contract_periods p cross join delivery_partners d where p.lead_provider_id = $1 and p.contract_period_year = 2026 and d.name = 'Partner 1'
      on conflict do nothing`, [ids[A]]);
    await refused(wanted(2, { cohort: '2026' }), ['cohort'], [5]);
    const before = new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
    await refused(wanted(2, { cohort: '2026' }), ['cohort'], [5], { headers: { 'x-with-server-date': london(`${before} 23:59`) } });
    const answer = await create(wanted(2, { cohort: '2026' }), { headers: { 'x-with-server-date': london(`${day} 00:00`) } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.data.attributes.created_at, new Date(london(`${day} 00:00`)).toISOString().replace('.000', ''), 'business time');
  });
  test('P6: it is closed', async () => {
    await system.db.query('update contract_periods set enabled = false where year = 2025');
    await refused(wanted(2), ['cohort'], [6]);
    await system.db.query('update contract_periods set enabled = true where year = 2025');
  });
  test('P7: no such school', async () => {
    for (const school_id of [randomUUID(), 'x', partners['Partner 1'], 7]) await refused(wanted(2, { school_id }), ['school_id'], [7]);
  });
  test('P8: not eligible, neither marked nor by the register; and P11 and P12 are said of such a school all the same', async () => {
    const not = [...schools.values()].find((one) => one.urn > 200000 && !one.eligible && one.urn % 2 === 1); // A has no 2025 partnership by Partner 2 of it
    await system.db.query('delete from school_partnerships where school_id = $1', [not.n]);
    await deriveAll(system);
    await refused(wanted(2, { school_id: not.id }), ['school_id'], [8]);
    await system.db.query(`update school_year_status set programme_choice = 'school_led' where school_id = $1 and contract_period_year = 2025`, [not.n]);
    await refused(wanted(2, { school_id: not.id }), ['school_id', 'school_id'], [8, 12]);
    await deriveAll(system);
    const marked = [...schools.values()].find((one) => one.urn > 200000 && one.urn % 12 === (200003 % 12) && one.urn % 2 === 1);
    assert.ok(marked.eligible);
  });
  test('P9: no such delivery partner; one that works with others only, or with nobody, is as good as none (3.12)', async () => {
    for (const delivery_partner_id of [randomUUID(), 'x', school(2).id, partners['Partner 11'], partners['Partner 12']]) await refused(wanted(2, { delivery_partner_id }), ['delivery_partner_id'], [9]);
  });
  test('P9: it answers byte for byte as one that there is not, whatever else is wrong, and where it is only tried (3.12)', async () => {
    const nobody = randomUUID(), headers = { prefer: 'handling=dry-run' };
    for (const more of [{}, { cohort: null }, { cohort: '1999' }, { cohort: '2024' }, { school_id: 'x' }]) {
      const said = async (id, options) => {
        const { status, text, body } = await create(wanted(2, { ...more, delivery_partner_id: id }), options);
        return [status, options ? JSON.stringify([body.data.attributes.response, body.data.attributes.rules]) : text].join(' ').replaceAll(id, 'ID');
      };
      for (const options of [undefined, { headers }]) for (const name of ['Partner 11', 'Partner 12']) assert.equal(await said(partners[name], options), await said(nobody, options), `${name} ${JSON.stringify(more)}`);
    }
  });
  test('P10: it works with this provider in another cohort only', async () => {
    await refused(wanted(2, { delivery_partner_id: partners['Partner 3'] }), ['delivery_partner_id'], [10]);
    assert.ok((await by[A].get(`/api/v3/delivery-partners/${partners['Partner 3']}`)).body.data.attributes.cohort.length > 0, 'Partner 3 works with it in other cohorts');
  });
  test('P11: partnered already, whatever the delivery partner', async () => {
    const already = [...schools.values()].find((one) => one.urn > 200000 && one.eligible && one.urn % 2 === 0 && one.urn % 3 !== 1);
    await refused(wanted(2, { school_id: already.id }), ['school_id'], [11]);
    await refused(wanted(2, { school_id: already.id, delivery_partner_id: partners['Partner 4'] }), ['school_id'], [11]);
    await refused(wanted(2, { school_id: already.id, delivery_partner_id: partners['Partner 12'] }), ['delivery_partner_id', 'school_id'], [9, 11]);
    await refused(wanted(2, { school_id: already.id, delivery_partner_id: partners['Partner 3'] }), ['delivery_partner_id', 'school_id'], [10, 11]);
  });
  test('P12: school-led in the cohort', async () => {
    await system.db.query(`update school_year_status set programme_choice = 'school_led' where school_id = $1 and contract_period_year = 2025`, [school(5).n]);
    await refused(wanted(5), ['school_id'], [12]);
    await deriveAll(system);
  });
  test('3.8/3: errors are grouped by attribute, in the order in which each failed first', async () => {
    await refused({ cohort: '1999', school_id: '', delivery_partner_id: partners['Partner 1'] }, ['school_id', 'cohort', 'delivery_partner_id'], [2, 4, 10]);
  });
  for (const [name, body] of [['none', undefined], ['no data', {}], ['no attributes', { data: {} }], ['attributes that it does not know', { data: { attributes: { id: 1 } } }], ['a list', []]]) {
    test(`3.3: a body with ${name}: 400 at once`, async () => {
      const before = (await newest())?.id, answer = await system.request('POST', PARTNERSHIPS, { token: by[A].token, body });
      assert.deepEqual([answer.status, titles(answer)], [400, ['Bad request']]);
      assert.equal((await newest())?.id, before, 'nothing is stored');
    });
  }
});

describe('9.1: what is made', () => {
  test('the partnership, as GET shows it; its event; the webhook; its subject is the school', async () => {
    const { id, attributes, stored } = await made(wanted(8));
    assert.deepEqual(attributes, {
      cohort: '2025', urn: String(urn(8)), school_id: school(8).id, delivery_partner_id: partners['Partner 1'], delivery_partner_name: 'Partner 1', induction_tutor_name: school(8).tutor_name,
      induction_tutor_email: school(8).tutor_email ?? school(8).first_email ?? school(8).second_email, participants_currently_training: 0, created_at: `${today}T09:00:00Z`, updated_at: attributes.updated_at,
    });
    assert.equal(stored.subject, `school:${school(8).n}`);
    assert.deepEqual(stored.scopes.sort(), [`{lp:${ids[A]}}:partnerships`, '{lp:0}:schools'].sort());
    const [event, ...more] = await events(stored.id);
    assert.deepEqual(more, []);
    assert.deepEqual([event.event_type, event.author_type, event.author_name, event.metadata, Number(event.school_id), Number(event.lead_provider_id)],
      ['school_partnership_created', 'lead_provider_api', A, { contract_period_year: 2025 }, school(8).n, ids[A]]);
    assert.match(event.heading, /Partner 1/);
    assert.equal((await system.db.query('select from webhook_deliveries where submission_id = $1', [stored.id])).rowCount, 1);
    assert.ok((await by[A].get(`${PARTNERSHIPS}?page[per_page]=3000`)).body.data.some((one) => one.id === id));
    await isHidden(by[B], PARTNERSHIPS, id);
  });

  test('in_partnership becomes true for everybody, and the school of the cohort moves (3.13)', async () => {
    const look = async (name) => (await by[name].get(`/api/v3/schools/${school(62).id}?filter[cohort]=2025`)).body.data.attributes;
    const other = async () => (await by[C].get(`/api/v3/schools/${school(62).id}?filter[cohort]=2024`)).text;
    const before = await look(C), another = await other();
    assert.equal(before.in_partnership, false);
    const { attributes } = await made(wanted(62));
    const after = await look(C);
    assert.deepEqual([after.in_partnership, after.expression_of_interest, after.updated_at > before.updated_at], [true, false, true]);
    assert.ok(Math.abs(Date.parse(after.updated_at) - Date.parse(attributes.updated_at)) <= 1000);
    assert.equal(await other(), another, 'the other cohort stays');
    assert.equal((await look(A)).expression_of_interest, false, 'a partnership with nobody training is none');
  });

  test('another provider\'s partnership, or one of another cohort, is no obstacle', async () => {
    assert.equal((await create({ cohort: '2024', school_id: school(11).id, delivery_partner_id: partners['Partner 2'] })).status, 200);
    const works = (await readPartners(system)).find((one) => one.years[C]?.includes(2025) && one.name === 'Partner 11');
    await made(wanted(11, { delivery_partner_id: works.id }), { by: C });
  });

  test('numbers are taken where digits are expected; ids in capitals; whatever else is sent is ignored (3.3)', async () => {
    await made({ cohort: 2025, school_id: school(14).id.toUpperCase(), delivery_partner_id: partners['Partner 1'].toUpperCase(), status: 'challenged' });
  });

  test('who waits for the provider in the cohort is confirmed, whoever that is and however he ended; others wait on', async () => {
    const n = 17, at = { urn: urn(n), provider: A, year: 2025 };
    const ect = await trains(system, at), mentor = await trains(system, { ...at, role: 'mentor', trn: false }), left = await trains(system, { ...at, started: '2025-06-10', finished: '2025-07-10' });
    const future = await trains(system, { ...at, started: '2026-01-05' });
    const ofB = await trains(system, { ...at, provider: B }), of2024 = await trains(system, { ...at, year: 2024, started: '2024-09-02' });
    const elsewhere = await trains(system, { ...at, urn: urn(20) });
    // He trained with C before, elsewhere: C is shown that something of him has changed.
    const { rows: [{ id: ofC }] } = await system.db.query(`select p.id from school_partnerships p where p.lead_provider_id = $1 and p.contract_period_year = 2024`, [ids[C]]);
    const before = await trains(system, { urn: 100001, year: 2024, partnership: ofC, started: '2024-09-02', finished: '2025-07-31' });
    const { rows: [moved] } = await system.db.query(
      `with place as (insert into school_periods (teacher_id, role, school_id, started_on) select $1, 'ect', id, '2025-09-01' from schools where urn = $2 returning *)
       insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year, expression_of_interest_id, schedule_id)
       select place.id, place.teacher_id, place.role, place.school_id, '2025-09-01', 'provider_led', 2025,
              (select id from provider_contract_periods where lead_provider_id = $3 and contract_period_year = 2025),
              (select id from schedules where contract_period_year = 2025 and identifier = 'ecf-standard-september') from place returning id as training_period_id`, [before.teacher_id, urn(n), ids[A]]);
    await system.db.query(`insert into teacher_provider_status select * from teacher_provider_status_of(array[$1::bigint], array[$2::date])`, [before.teacher_id, today]);
    await deriveAll(system);

    const seen = async (name, id) => (await by[name].get(`/api/v3/participants/${id}`)).status;
    for (const one of [ect, mentor, left, future]) assert.equal(await seen(A, one.api_id), 404);
    const ofCBefore = (await by[C].get(`/api/v3/participants/${before.api_id}`)).body.data.attributes.updated_at;
    assert.equal((await by[A].get(`/api/v3/schools/${school(n).id}?filter[cohort]=2025`)).body.data.attributes.expression_of_interest, true);

    const { id, attributes, stored } = await made(wanted(n));
    assert.equal(attributes.participants_currently_training, 3, 'who has left and who is to come do not train today');
    const { rows } = await system.db.query(
      `select t.id, t.school_partnership_id is not null as confirmed, t.expression_of_interest_id is not null as asked, p.api_id from training_periods t left join school_partnerships p on p.id = t.school_partnership_id
       where t.id = any ($1)`, [[ect, mentor, left, future, ofB, of2024, elsewhere, moved].map((one) => one.training_period_id)]);
    const of = (one) => rows.find((row) => row.id === one.training_period_id);
    for (const one of [ect, mentor, left, future, moved]) assert.deepEqual([of(one).confirmed, of(one).api_id, of(one).asked], [true, id, true]);
    for (const one of [ofB, of2024, elsewhere]) assert.equal(of(one).confirmed, false);

    for (const one of [ect, mentor, left, future, before]) assert.equal(await seen(A, one.api_id), 200);
    for (const one of [ofB, of2024, elsewhere]) assert.equal(await seen(A, one.api_id), 404);
    const shown = (await by[A].get(`/api/v3/participants/${ect.api_id}`)).body.data.attributes;
    assert.equal(shown.ecf_enrolments[0].delivery_partner_id, partners['Partner 1']);
    const listed = await by[A].get(`/api/v3/participants?filter[updated_since]=${attributes.updated_at}&page[per_page]=3000`);
    for (const one of [ect, mentor, left, future, before]) assert.ok(listed.body.data.some((row) => row.id === one.api_id), one.name);
    assert.ok((await by[C].get(`/api/v3/participants/${before.api_id}`)).body.data.attributes.updated_at !== ofCBefore, 'its earlier provider is told');

    const [first, ...rest] = await events(stored.id);
    assert.equal(first.event_type, 'school_partnership_created');
    assert.deepEqual(rest.map((event) => event.event_type), Array(5).fill('training_period_assigned_to_school_partnership'));
    assert.deepEqual(rest.map((event) => event.training_period_id).sort(), [ect, mentor, left, future, moved].map((one) => one.training_period_id).sort());
    for (const event of rest) {
      for (const link of ['teacher_id', 'school_id', 'school_period_id', 'school_partnership_id', 'lead_provider_id', 'delivery_partner_id']) assert.notEqual(event[link], null, link);
      assert.deepEqual([event.author_type, event.author_name], ['lead_provider_api', A]);
    }
    assert.deepEqual(stored.scopes.sort(), [`{lp:${ids[A]}}:partnerships`, '{lp:0}:schools', `{lp:${ids[A]}}:participants`, `{lp:${ids[C]}}:participants`, `{lp:${ids[A]}}:declarations`].sort());
    assert.deepEqual(await notAsDerived(system, today), []);
  });
});

describe('9.2: a correction', () => {
  let id, ect;
  const partner = (name) => ({ delivery_partner_id: partners[name] });
  before(async () => {
    ect = await trains(system, { urn: urn(23), provider: A, year: 2025 });
    await deriveAll(system);
    ({ id } = await made(wanted(23)));
  });

  async function notChanged(act) {
    const look = async () => (await system.db.query('select delivery_partnership_id, api_updated_at::text from school_partnerships where api_id = $1', [id])).rows[0];
    const before = await look(), answer = await act();
    assert.deepEqual(await look(), before);
    return answer;
  }

  test('U0: nobody\'s, somebody else\'s, no id at all: 404, before the body is looked at (3.2/6c)', async () => {
    const ofB = (await by[B].get(`${PARTNERSHIPS}?page[per_page]=1`)).body.data[0].id, told = [];
    for (const one of [randomUUID(), ofB, 'x', '%22', id.slice(1)]) {
      for (const options of [{}, { body: {} }, { method: 'PATCH' }, { method: 'PATCH', body: [] }]) {
        const answer = await update(one, partner('Partner 4'), options);
        assert.deepEqual([answer.status, titles(answer)], [404, ['Resource not found']], one);
        told.push(answer.text);
      }
    }
    assert.equal(new Set(told).size, 1, 'byte for byte');
    assert.equal((await by[B].get(`${PARTNERSHIPS}/${ofB}`)).status, 200);
  });

  test('3.2/6c: then the structure of the body: 400, stored as the outcome that it is', async () => {
    for (const body of [undefined, {}, [], { data: null }, { data: { attributes: {} } }, { data: { attributes: { cohort: '2025' } } }]) {
      const answer = await notChanged(() => system.request('PUT', `${PARTNERSHIPS}/${id}`, { token: by[A].token, body }));
      assert.deepEqual([answer.status, titles(answer)], [400, ['Bad request']], JSON.stringify(body));
      const stored = await newest();
      assert.deepEqual([stored.kind, stored.result, stored.status, stored.fired], ['partnership.update', 'rejected', 400, ['lead-provider-api.md 3.2/6c']]);
      assert.match(answer.body.errors[0].detail, body === undefined ? /JSON body/ : /documented JSON structure/);
    }
    const malformed = await system.request('PUT', `${PARTNERSHIPS}/${randomUUID()}`, { token: by[A].token, body: '{' });
    assert.deepEqual([malformed.status, titles(malformed)], [400, ['Bad request']], 'step 4 comes before');
  });

  const fails = [
    ['U1: blank', () => ({ delivery_partner_id: ' ' }), 'U1'], ['U1: null', () => ({ delivery_partner_id: null }), 'U1'], ['U1: a list', () => ({ delivery_partner_id: [1] }), 'U1'],
    ['U2: no such delivery partner', () => ({ delivery_partner_id: randomUUID() }), 'U2'], ['U2: no id', () => ({ delivery_partner_id: 'x' }), 'U2'],
    ['U2: it works with others', () => partner('Partner 11'), 'U2'], ['U2: with nobody', () => partner('Partner 12'), 'U2'], ['U3: in another cohort only', () => partner('Partner 3'), 'U3'],
    ['U4: the very one that it has', () => partner('Partner 1'), 'U4'],
  ];
  for (const [name, attributes, rule] of fails) {
    test(name, async () => {
      for (const method of ['PUT', 'PATCH']) {
        const answer = await notChanged(() => update(id, attributes(), { method }));
        assert.deepEqual([answer.status, titles(answer)], [422, ['delivery_partner_id']], answer.text);
        const stored = await newest();
        assert.deepEqual([stored.kind, stored.result, stored.fired, stored.subject], ['partnership.update', 'rejected', [`lead-provider-api.md 9.2/${rule}`], `school:${school(23).n}`]);
      }
    });
  }

  test('U2: one that works with others only answers byte for byte as one that there is not, also where it is only tried (3.12)', async () => {
    const nobody = randomUUID(), headers = { prefer: 'handling=dry-run' };
    const said = async (other, options) => {
      const { status, text, body } = await notChanged(() => update(id, { delivery_partner_id: other }, options));
      return [status, options ? JSON.stringify([body.data.attributes.response, body.data.attributes.rules]) : text].join(' ').replaceAll(other, 'ID');
    };
    for (const options of [undefined, { headers }]) for (const name of ['Partner 11', 'Partner 12']) assert.equal(await said(partners[name], options), await said(nobody, options), name);
  });

  test('U4: another partnership of the school, provider, delivery partner and cohort', async () => {
    await system.db.query(`insert into school_partnerships (school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
      select $1, w.id, w.lead_provider_id, 2025 from delivery_partnerships w join delivery_partners d on d.id = w.delivery_partner_id
      where w.lead_provider_id = $2 and w.contract_period_year = 2025 and d.name = 'Partner 7'`, [school(23).n, ids[A]]);
    const answer = await notChanged(() => update(id, partner('Partner 7')));
    assert.deepEqual([answer.status, titles(answer)], [422, ['delivery_partner_id']]);
    assert.match(answer.body.errors[0].detail, /another partnership/);
  });

  test('the same id, another delivery partner; participants show it at once, declarations keep theirs; all of them move', async () => {
    await system.db.query(`update training_records set first_became_eligible_for_training_at = '2025-09-01' where teacher_id = $1`, [ect.teacher_id]);
    const declared = await by[A].accepted({ participant_id: ect.api_id, course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2025-09-20T09:00:00Z', evidence_held: 'training-event-attended' });
    assert.equal(declared.delivery_partner_id, partners['Partner 1']);
    await system.db.query(`update declarations set api_updated_at = '2025-09-21' where api_id = $1`, [declared.id]);
    await system.db.query(`update teachers set api_updated_at = '2025-09-21' where id = $1`, [ect.teacher_id]);
    await system.db.query(`update school_partnerships set api_updated_at = '2025-09-21' where api_id = $1`, [id]);
    system.forgetReads();
    const before = (await by[A].get(`${PARTNERSHIPS}/${id}`)).body.data.attributes;

    const answer = await update(id, partner('Partner 4'));
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await by[A].get(`${PARTNERSHIPS}/${id}`)).text, answer.text);
    const { attributes } = answer.body.data;
    assert.deepEqual({ ...attributes, updated_at: 0 }, { ...before, delivery_partner_id: partners['Partner 4'], delivery_partner_name: 'Partner 4', updated_at: 0 });
    assert.ok(attributes.updated_at > '2025-10-01');
    const person = (await by[A].get(`/api/v3/participants/${ect.api_id}`)).body.data.attributes;
    assert.deepEqual([person.ecf_enrolments[0].delivery_partner_id, person.updated_at], [partners['Partner 4'], attributes.updated_at]);
    const declaration = (await by[A].get(`${DECLARATIONS}/${declared.id}`)).body.data.attributes;
    assert.deepEqual([declaration.delivery_partner_id, declaration.updated_at], [partners['Partner 1'], attributes.updated_at]);

    const stored = await newest();
    assert.deepEqual([stored.kind, stored.result, stored.body, stored.resource_type, stored.resource_api_id], ['partnership.update', 'succeeded', answer.text, 'partnership', id]);
    assert.deepEqual(stored.scopes.sort(), ['partnerships', 'participants', 'declarations'].map((list) => `{lp:${ids[A]}}:${list}`).sort());
    const [event, ...more] = await events(stored.id);
    assert.deepEqual(more, []);
    assert.deepEqual([event.event_type, event.modifications, event.metadata, event.author_name], ['school_partnership_updated', ["Delivery partner changed from 'Partner 1' to 'Partner 4'"], { contract_period_year: 2025 }, A]);
    assert.match(event.heading, /from Partner 1 to Partner 4/);
    for (const link of ['school_id', 'school_partnership_id', 'lead_provider_id', 'delivery_partner_id']) assert.notEqual(event[link], null, link);
    assert.equal((await system.db.query('select from webhook_deliveries where submission_id = $1', [stored.id])).rowCount, 1);
    assert.deepEqual(await notAsDerived(system, today), []);
  });

  test('PATCH does the same; the state of the cohort is not looked at', async () => {
    await system.db.query('update contract_periods set enabled = false, payments_frozen_at = now() where year = 2025');
    const answer = await update(id.toUpperCase(), partner('Partner 8'), { method: 'PATCH' });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.data.attributes.delivery_partner_name, 'Partner 8');
    await system.db.query('update contract_periods set enabled = true, payments_frozen_at = null where year = 2025');
  });
});

describe('on their way (submissions.md)', () => {
  test('the subject of what names no school, and of no partnership, is what was sent (PL-4)', async () => {
    const school_id = randomUUID();
    await create(wanted(2, { school_id }));
    assert.equal((await newest()).subject, `partnership.create:${school_id}`);
    await update(school_id, { delivery_partner_id: partners['Partner 1'] });
    assert.equal((await newest()).subject, `partnership.update:${school_id}`);
    await create({ cohort: 'x' });
    const { id, subject } = await newest();
    assert.equal(subject, `partnership.create:${id}`);
  });

  test('one after the other, and two at once: one is made, the other is told that it is there (P11)', async () => {
    await made(wanted(26));
    await refused(wanted(26), ['school_id'], [11]);
    for (const n of [29, 32, 35]) {
      const answers = await Promise.all([create(wanted(n)), create(wanted(n, { delivery_partner_id: partners['Partner 4'] })), create(wanted(n))]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422, 422]);
      assert.equal((await system.db.query('select from school_partnerships where school_id = $1 and contract_period_year = 2025 and lead_provider_id = $2', [school(n).n, ids[A]])).rowCount, 1);
    }
  });

  test('schools that share people: many at once are all decided', async () => {
    const all = [38, 41, 44, 47, 50, 53];
    const answers = await Promise.all(all.map((n) => create(wanted(n))));
    assert.deepEqual(answers.map(({ status }) => status), all.map(() => 200));
    assert.deepEqual(await notAsDerived(system, today), []);
  });

  test('an idempotency key: the first answer again, and nothing twice', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await create(wanted(56), { headers }), again = await create(wanted(56), { headers });
    assert.equal(first.status, 200, first.text);
    assert.deepEqual([again.status, again.text, again.headers.get('idempotency-replayed')], [200, first.text, 'true']);
    assert.equal((await create(wanted(59), { headers })).status, 422);
  });

  test('without waiting: 202, then the same answer at its place', async () => {
    const accepted = await create(wanted(59), { headers: { prefer: 'respond-async' } });
    assert.equal(accepted.status, 202, accepted.text);
    const attributes = await system.decided(accepted.headers.get('location'), by[A].token);
    assert.deepEqual([attributes.kind, attributes.result, attributes.response.status, attributes.resource.type], ['partnership.create', 'succeeded', 200, 'partnership']);
    assert.deepEqual(attributes.response.body, (await by[A].get(`${PARTNERSHIPS}/${attributes.resource.id}`)).body);
    const later = await update(attributes.resource.id, { delivery_partner_id: partners['Partner 2'] }, { headers: { prefer: 'respond-async' } });
    assert.equal(later.status, 202);
    await until('it is not decided', async () => (await by[A].get(later.headers.get('location'))).body.data.attributes.state === 'decided');
    assert.equal((await by[A].get(`${PARTNERSHIPS}/${attributes.resource.id}`)).body.data.attributes.delivery_partner_name, 'Partner 2');
  });

  test('a dry run: what it would become, every rule and what it saw; nothing is stored', async () => {
    const headers = { prefer: 'handling=dry-run' };
    const count = async () => (await system.db.query(`select (select count(*) from school_partnerships) || ' ' || (select count(*) from submissions) || ' ' || (select count(*) from events) || ' ' ||
      (select count(*) from webhook_deliveries) || ' ' || (select max(api_updated_at)::text from school_year_status) || ' ' || (select count(*) from training_periods where school_partnership_id is not null) as n`)).rows[0].n;
    const waiting = await trains(system, { urn: urn(20), provider: A, year: 2025 });
    await deriveAll(system);
    const before = await count();
    const tried = (await create(wanted(20), { headers })).body.data.attributes;
    assert.deepEqual([tried.kind, tried.result, tried.resource], ['partnership.create', 'succeeded', { type: 'partnership', id: null }]);
    assert.deepEqual(tried.rules.map(({ rule, result }) => [rule, result]), P([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).map((rule) => [rule, 'passed']));
    assert.equal(await count(), before);
    assert.equal((await by[A].get(`/api/v3/participants/${waiting.api_id}`)).status, 404);
    const { answer, attributes } = await made(wanted(20));
    const plain = ({ data }) => ({ ...data, id: null, attributes: { ...data.attributes, updated_at: 0 } });
    assert.deepEqual(plain(tried.response.body), plain(answer.body));
    assert.equal(tried.response.body.data.id, null);
    assert.ok(attributes.participants_currently_training >= 1);

    const refusedOne = (await create(wanted(20), { headers })).body.data.attributes;
    assert.deepEqual([refusedOne.result, refusedOne.response.status, refusedOne.resource, refusedOne.rules.at(-2).result], ['rejected', 422, null, 'failed']);
    const { id } = answer.body.data, path = await count();
    const changed = (await update(id, { delivery_partner_id: partners['Partner 4'] }, { headers })).body.data.attributes;
    assert.deepEqual([changed.kind, changed.result, changed.resource, changed.response.body.data.id, changed.response.body.data.attributes.delivery_partner_name],
      ['partnership.update', 'succeeded', { type: 'partnership', id }, id, 'Partner 4']);
    assert.deepEqual(changed.rules.map(({ rule }) => rule.split('/').at(-1)), ['U0', '6c', 'U1', 'U2', 'U3', 'U4']);
    const missing = (await update(randomUUID(), {}, { headers, body: {} })).body.data.attributes;
    assert.deepEqual([missing.response.status, missing.rules.map(({ result }) => result)], [404, ['failed', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped']]);
    assert.equal(await count(), path);
  });

  test('explain shows each rule again, and what was written', async () => {
    const explain = async () => JSON.parse(system.ctl('explain', (await newest()).id, '--json').stdout);
    const { answer } = await refused(wanted(20), ['school_id'], [11]);
    const shown = await explain();
    assert.deepEqual([shown.outcome.response.body, shown.rules.length, shown.rules[10].result, shown.effects], [answer.body, 12, 'failed', null]);
    const ofSchool = (await by[A].get(`${PARTNERSHIPS}?page[per_page]=3000`)).body.data.find((one) => one.attributes.urn === String(urn(20)) && one.attributes.cohort === '2025');
    assert.equal((await update(ofSchool.id, { delivery_partner_id: partners['Partner 5'] })).status, 200);
    const corrected = await explain();
    assert.deepEqual([corrected.rules.length, corrected.effects.delivery_partner_id, corrected.doubt], [6, partners['Partner 5'], null]);
    await made(wanted(2));
    assert.deepEqual((await explain()).effects.confirmed_training_period_ids, []);
  });
});
