// A client's year: three lead providers (support/lead_provider.mjs) live from June 2025 to August 2026 in the world of
// support/year_world.mjs, each with its own copy of all that it was told. Business time goes from step to step: fronts, schedulers
// and commands begin again with another ECF2_CLOCK, and what was due meanwhile is caught up. After each step every copy is what a
// full sync gives, but for what no updated_at tells (lead-provider-api.md 3.13), and every declaration is where the calendar
// says that it is.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../support/cluster.mjs';
import { LISTS, LeadProvider } from '../support/lead_provider.mjs';
import { inParallel } from '../support/record.mjs';
import { startSystem, until } from '../support/system.mjs';
import { begins, personOf, providers, tokenOf, writeYear } from '../support/year_world.mjs';
import { london } from './client.mjs';

const names = providers(3), schools = 6, finance = 'finance.person@education.gov.uk';
const ECT = 'ecf-induction', MENTOR = 'ecf-mentor';
const jobs = ['statements_payable', 'partnerships_touched', 'derived_refreshed']; // of the business clock
const clocked = ['front', 'scheduler'];

let system, clients, now;
const answers = new Map(); // by status: how many; undefined = none came
const gaps = new Map(); // by reason: differences that no updated_at told of

before(async () => {
  const folder = temporaryFolder('year');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  writeYear(folder, { providers: names.length, schools });
  now = london(begins);
  system = await startSystem({ world: folder, fronts: 2, env: { ECF2_CLOCK: now } });
  await system.db.query("insert into users (email, name, role) values ($1, 'Finance Person', 'finance')", [finance]);
  clients = names.map((name) => new LeadProvider({
    urls: () => system.urls, token: tokenOf(name), name, cohorts: [2024, 2025], clock: () => new Date(now),
    onAnswer: ({ method, path, sent, ...answer }) => {
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
      if (answer.status !== undefined) system.holds(method, path, sent, answer);
    },
  }));
});
after(() => system?.stop());

const today = () => now.slice(0, 10);
const each = (work) => Promise.all(clients.map(work));
const homes = (client) => Array.from({ length: schools }, (_, i) => i).filter((i) => names[i % names.length] === client.name);
const said = ({ status, body }) => [status, ...(body.errors ?? []).map(({ title }) => title)];
const good = (answer) => (assert.equal(answer.status, 200, JSON.stringify(answer.body)), answer.body.data);

// ---- time

async function move(text) {
  now = london(text);
  system.env.ECF2_CLOCK = now;
  const processes = clocked.flatMap((service) => system.named(service).map(([name]) => name));
  await Promise.all(processes.map((name) => system.kill(name, 'SIGTERM')));
  await Promise.all(processes.map((name) => system.start(name)));
  await system.ready();
  await until('the jobs of the day are not done', async () => (await system.db.query(
    'select from job_runs where job = any($1) and last_due_at >= $2::date::timestamp at time zone $3', [jobs, today(), 'UTC'])).rowCount === jobs.length);
}

/** `ecf2ctl …`, which takes its time (it speaks 2 s after the commit), so that several go side by side. */
async function commanded(...args) {
  const done = await system.ctlBeside(args);
  assert.equal(done.status, 0, done.stderr);
}

/** Finance authorises what is due and has something to pay (payments.md 3.5); gives how many. */
async function authorise(client) {
  const declarations = client.all('declarations');
  const due = client.all('statements').filter((one) => !one.paid && one.cut_off_date < today() && one.payment_date <= today()
    && declarations.some((d) => (d.state === 'payable' && d.statement_id === one.id) || (d.state === 'awaiting-clawback' && d.clawback_statement_id === one.id)));
  for (const { id } of due) {
    // Earlier ones that have nothing to pay stay payable for ever.
    await commanded('statement', 'authorise', id, '--by', finance, '--assured', '--despite-earlier');
  }
  return due.length;
}

// ---- what must hold

/** The statement on which something of this cohort lands today: the next one that is not closed. */
const nextStatement = (client, cohort) => client.all('statements').filter((one) => one.cohort === cohort && !one.paid && one.cut_off_date >= today())
  .toSorted((a, b) => a.cut_off_date.localeCompare(b.cut_off_date))[0].id;

const cohortOf = (client, participant, course) => client.one('participants', participant).ecf_enrolments
  .find(({ participant_type: type }) => (type === 'ect') === (course === ECT)).cohort;

/** Every declaration is where the calendar and the statements of the same copy say. */
function checkStates(client) {
  for (const d of client.all('declarations').filter(({ lead_provider_name: name }) => name === client.name)) {
    const statement = d.statement_id && client.one('statements', d.statement_id), refund = d.clawback_statement_id && client.one('statements', d.clawback_statement_id);
    const text = JSON.stringify({ today: today(), declaration: d, statement, refund });
    switch (d.state) {
      case 'submitted':
      case 'voided': assert.ok(!statement, text); break;
      case 'eligible': assert.ok(statement.cut_off_date >= today() && !statement.paid, text); break;
      case 'payable': assert.ok(statement.cut_off_date < today() && !statement.paid, text); break;
      case 'paid': assert.ok(statement.paid && !refund, text); break;
      case 'awaiting-clawback': assert.ok(statement.paid && !refund.paid, text); break;
      case 'clawed-back': assert.ok(statement.paid && refund.paid, text); break;
      default: assert.fail(text);
    }
  }
}

async function checkCopy(client) {
  await client.syncAll();
  checkStates(client);
  const differences = await client.differences();
  for (const { list, what, gap } of differences.filter((one) => one.gap)) {
    const reason = `${list}, ${what}: ${gap}`;
    gaps.set(reason, (gaps.get(reason) ?? 0) + 1);
  }
  assert.deepEqual(differences.filter(({ gap }) => !gap), [], `${client.name}: the copy is not what is there`);
  for (const list of new Set(differences.map(({ list: name }) => name))) await client.fullSync(list); // as clients do about twice a week (11.4)
}

// ---- what they do

const declaration = (school, who, declaration_type, day, more = {}) => ({
  participant_id: personOf(school, who), course_identifier: who.startsWith('mentor') ? MENTOR : ECT, declaration_type, declaration_date: `${day}T09:00:00Z`, evidence_held: 'training-event-attended', ...more,
});

/** It was accepted, and lies on the next statement, unless the person is not eligible yet. */
function landed(client, attributes, answer) {
  const { attributes: shown } = good(answer);
  const isWaiting = waiting.has(attributes.participant_id);
  assert.deepEqual([shown.participant_id, shown.declaration_type, shown.state, shown.statement_id], [attributes.participant_id, attributes.declaration_type,
    isWaiting ? 'submitted' : 'eligible', isWaiting ? null : nextStatement(client, cohortOf(client, attributes.participant_id, attributes.course_identifier))]);
}

const waiting = new Set(Array.from({ length: schools }, (_, i) => ['ect-2024-waiting', 'ect-2025-waiting'].map((who) => personOf(i, who))).flat());

const singly = (prefer) => (client, list) => inParallel(list, 4, async (one) => landed(client, one, await client.declare(one, { prefer })));
async function inBulk(client, list) {
  const responses = await client.declareAll(list);
  list.forEach((one, i) => landed(client, one, responses[i]));
}

const forHomes = (whom, make) => (client) => homes(client).flatMap((school) => whom.map((who) => make(school, who)));
const declares = (how, whom, type, day, more) => async (client) => how(client, forHomes(whom, (school, who) => declaration(school, who, type, day, more))(client));

const of2024 = ['ect-2024', 'ect-2024-waiting', 'stayer', 'mentor-2024'], ects2025 = ['ect-2025', 'ect-2025-other', 'ect-2025-waiting'];
const paidFirst = new Map(); // by client: a declaration that is paid, and then refunded

/** Confirms whoever asked for it (9.1); a second time it is an error, and not of a stranger's school. */
async function confirms(client) {
  const [partner] = client.all('delivery-partners').filter(({ cohort }) => cohort.includes('2025'));
  const asked = client.all('schools').filter((one) => one.cohort === '2025' && one.expression_of_interest && !one.in_partnership);
  assert.equal(asked.length, schools / names.length);
  for (const { id, urn } of asked) {
    const wish = { cohort: '2025', school_id: id, delivery_partner_id: partner.id };
    const { attributes } = good(await client.confirmPartnership(wish));
    assert.deepEqual([attributes.urn, attributes.participants_currently_training], [urn, 0]);
    assert.deepEqual(said(await client.confirmPartnership(wish)), [422, 'school_id']);
  }
  await client.sync('participants');
  for (const school of homes(client)) {
    const [enrolment] = client.one('participants', personOf(school, 'ect-2025')).ecf_enrolments;
    assert.deepEqual([enrolment.participant_status, enrolment.cohort, enrolment.delivery_partner_id], ['joining', '2025', partner.id]);
  }
}

/** Another delivery partner (9.2); its participants show it. A schedule that is not begun is edited (5.5). */
async function corrects(client) {
  const [school] = homes(client), participant = personOf(school, 'ect-2025-other');
  const [enrolment] = client.one('participants', participant).ecf_enrolments;
  const partnership = client.all('partnerships').find((one) => one.cohort === '2025' && one.urn === enrolment.school_urn);
  const other = client.all('delivery-partners').find(({ id }) => id !== partnership.delivery_partner_id);
  assert.equal(good(await client.changePartner(partnership.id, other.id)).attributes.delivery_partner_id, other.id);
  const change = { course_identifier: ECT, schedule_identifier: 'ecf-extended-september' };
  const [changed] = good(await client.changeSchedule(participant, change)).attributes.ecf_enrolments;
  assert.deepEqual([changed.schedule_identifier, changed.delivery_partner_id, changed.participant_status], ['ecf-extended-september', other.id, 'joining']);
  assert.deepEqual(said(await client.changeSchedule(participant, change)), [422, 'schedule_identifier']);
}

/** A front is killed while it is asked; whatever it had taken is repeated with its key, and happens once. */
async function startsWhileAFrontIsKilled() {
  const declaring = each(declares(singly(), [...ects2025, 'mentor-2025'], 'started', '2025-09-04'));
  await system.kill('front-2');
  await system.start('front-2');
  await declaring;
}

async function becomeEligible() {
  const inductions = Array.from({ length: schools }, (_, i) => [[personOf(i, 'ect-2024-waiting'), '2024-09-02'], [personOf(i, 'ect-2025-waiting'), '2025-09-01']]).flat();
  await inParallel(inductions, 6, ([id, from]) => commanded('induction', 'record', id, '--appropriate-body', 'Body of the North', '--from', from));
  waiting.clear();
}

/** Voids what is not payable yet, and declares it again (7.3). */
async function correctsDeclaration(client) {
  const one = declaration(homes(client)[0], 'ect-2025', 'started', '2025-09-08');
  const first = client.all('declarations').find((d) => d.participant_id === one.participant_id && d.declaration_type === 'started');
  assert.deepEqual(said(await client.declare(one)), [422, 'declaration_type']);
  assert.equal(good(await client.void(first.id)).attributes.state, 'voided');
  assert.deepEqual(said(await client.void(first.id)), [422, 'participant_declaration_id']);
  landed(client, one, await client.declare(one));
}

async function loses(client) {
  const [first, second] = homes(client);
  const [gone] = good(await client.withdraw(personOf(first, 'ect-2024'), { course_identifier: ECT, reason: 'left-teaching-profession' })).attributes.ecf_enrolments;
  assert.deepEqual([gone.training_status, gone.participant_status, gone.withdrawal.reason], ['withdrawn', 'left', 'left-teaching-profession']);
  const [away] = good(await client.defer(personOf(second, 'ect-2025'), { course_identifier: ECT, reason: 'parental-leave' }, { prefer: 'respond-async' })).attributes.ecf_enrolments;
  assert.deepEqual([away.training_status, away.participant_status], ['deferred', 'left']);
  assert.deepEqual(said(await client.resume(personOf(second, 'ect-2025'), { course_identifier: ECT })), [422, 'participant_id']); // tomorrow (R3)
}

async function refunds(client) {
  const paid = client.all('declarations').find((d) => d.state === 'paid' && d.lead_provider_name === client.name && d.declaration_type === 'started' && d.participant_id === personOf(homes(client)[0], 'ect-2025-other'));
  const { attributes } = good(await client.void(paid.id));
  assert.deepEqual([attributes.state, attributes.statement_id, attributes.clawback_statement_id], ['awaiting-clawback', paid.statement_id, nextStatement(client, '2025')]);
  paidFirst.set(client, paid.id);
}

async function resumes(client) {
  const [back] = good(await client.resume(personOf(homes(client)[1], 'ect-2025'), { course_identifier: ECT })).attributes.ecf_enrolments;
  assert.deepEqual([back.training_status, back.participant_status, back.deferral], ['active', 'active', null]);
}

async function reduces(client) {
  const participant = personOf(homes(client)[1], 'ect-2025-other');
  const [changed] = good(await client.changeSchedule(participant, { course_identifier: ECT, schedule_identifier: 'ecf-reduced-september' }, { prefer: 'wait=20' })).attributes.ecf_enrolments;
  assert.deepEqual([changed.schedule_identifier, changed.training_status], ['ecf-reduced-september', 'active']);
}

async function reopens(client) {
  const mentor = personOf(homes(client)[0], 'mentor-2025');
  const completed = client.all('declarations').find((d) => d.participant_id === mentor && d.declaration_type === 'completed');
  assert.equal(client.one('participants', mentor).ecf_enrolments[0].mentor_ineligible_for_funding_reason, 'completed_declaration_received');
  assert.equal(good(await client.void(completed.id)).attributes.state, 'voided');
  await client.sync('participants');
  assert.equal(client.one('participants', mentor).ecf_enrolments[0].mentor_funding_end_date, null);
}

const engaged = { evidence_held: '75-percent-engagement-met' };
const agenda = [
  [begins, 'schools asked, providers confirm', () => each(confirms)],
  ['2025-07-07 10:00', 'partners and schedules are corrected, the second year is retained', async () => {
    await each(corrects);
    await each(declares(singly('respond-async'), of2024, 'retained-2', '2025-07-01'));
    // One whom another provider trains now, as long as it was here: seen there too (7.1).
    for (const client of clients) landed(client, declaration(homes(client)[0], 'mover', 'retained-1', '2025-02-03'), await client.declare(declaration(homes(client)[0], 'mover', 'retained-1', '2025-02-03')));
  }],
  ['2025-09-08 10:00', 'term begins, and a front is killed', startsWhileAFrontIsKilled],
  ['2025-10-06 10:00', 'inductions are recorded, what waited is eligible', async () => {
    await becomeEligible();
    await each((client) => client.syncAll());
    for (const client of clients) assert.ok(client.all('declarations').every(({ state }) => state !== 'submitted'), 'somebody still waits');
    await each(correctsDeclaration);
    await each(declares(inBulk, of2024, 'retained-3', '2025-10-01'));
  }],
  ['2025-11-05 10:00', 'month-end; somebody leaves, somebody is away', () => each(loses)],
  ['2025-12-03 10:00', 'paid; one is taken back, one comes back', async () => {
    await each(refunds);
    await each(resumes);
  }],
  ['2026-01-08 10:00', 'another month-end; retained', async () => {
    await each(declares(inBulk, ['ect-2025', 'ect-2025-waiting'], 'retained-1', '2026-01-06'));
    await each(declares(singly(), ['stayer', 'mentor-2024'], 'retained-4', '2026-01-05'));
    await each(reduces);
  }],
  ['2026-02-04 10:00', 'the refund is settled, and declared again', async () => {
    for (const client of clients) assert.equal(client.one('declarations', paidFirst.get(client)).state, 'clawed-back');
    await each(async (client) => {
      const again = declaration(homes(client)[0], 'ect-2025-other', 'started', '2025-09-12');
      landed(client, again, await client.declare(again));
    });
  }],
  ['2026-03-04 10:00', 'half of the training is engaged', () => each(declares(inBulk, ['ect-2025', 'ect-2025-waiting'], 'retained-2', '2026-03-02', engaged))],
  ['2026-04-08 10:00', 'the second year is completed', () => each(declares(inBulk, ['stayer', 'mentor-2024', 'ect-2024-waiting'], 'completed', '2026-04-06'))],
  ['2026-05-06 10:00', 'mentors complete', () => each(declares(singly(), ['mentor-2025'], 'completed', '2026-05-01', engaged))],
  ['2026-06-03 10:00', 'one of them has not', () => each(reopens)],
  ['2026-08-05 10:00', 'the last month-end', () => each((client) => client.syncAll())],
];

let isOver = false; // what comes after a failure would fail too
for (const [at, what, work] of agenda) {
  test(`${at.slice(0, 10)}: ${what}`, async (t) => {
    if (isOver) return t.skip('an earlier month has failed');
    isOver = true;
    if (at !== begins) await move(at);
    await each((client) => client.syncAll());
    for (const client of clients) checkStates(client);
    const paid = await each(authorise);
    await each((client) => client.syncAll());
    await work();
    for (const client of clients) await checkCopy(client);
    if (paid.some((n) => n > 0)) t.diagnostic(`${paid.join(', ')} statements paid`);
    isOver = false;
  });
}

test('at the end of it', (t) => {
  assert.deepEqual([...answers.keys()].filter((status) => status >= 500 && status !== 503), []);
  const verified = system.ctl('verify', 'derived');
  assert.equal(verified.status, 0, verified.stdout);
  for (const client of clients) {
    const states = Map.groupBy(client.all('declarations'), ({ state }) => state);
    for (const state of ['paid', 'voided', 'clawed-back', 'payable']) assert.ok(states.has(state), `${client.name} has none that is ${state}: ${[...states.keys()]}`);
    assert.ok(client.all('declarations').some(({ lead_provider_name: name }) => name !== client.name), 'sees another’s');
    for (const name of Object.keys(LISTS)) assert.ok(client.copy.get(name).size > 0, `${client.name} has no ${name}`);
  }
  t.diagnostic(`answers: ${[...answers].map(([status, n]) => `${n} × ${status ?? 'none'}`).join(', ')}`);
  for (const [reason, n] of gaps) t.diagnostic(`${n} × ${reason}`);
});
