// What a lead provider of soak.mjs does next: chosen by chance among what it knows from its copy, in the shares of `doings`. Most
// of it is accepted; the rest is refused by the rules, as everywhere.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cluster.mjs';

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const chance = (share) => Math.random() < share;
const day = (date) => date.toISOString().slice(0, 10);
const daysAgo = (n) => day(new Date(Date.now() - n * 86_400_000));

/** By "2026 ecf-standard-september": [{ type, from, until }]. */
const windows = Map.groupBy(readFileSync(join(root, 'schema/reference/milestones.csv'), 'utf8').trim().split('\n').slice(1).map((line) => {
  const [year, schedule, type, from, until] = line.split(',');
  return { key: `${year} ${schedule}`, type, from, until: until || '9999-12-31' };
}), ({ key }) => key);

/** A lead provider's client, and what it picks from: arrays made anew after each sync, as picking from a Map takes its whole length. */
export class Wisher {
  lists = {};

  constructor(client) {
    this.client = client;
    this.refresh();
  }

  refresh() {
    const all = (name) => this.client.all(name), enrolments = all('participants').flatMap(({ id, ecf_enrolments: list }) => list.map((one) => ({ id, course_identifier: one.participant_type === 'ect' ? 'ecf-induction' : 'ecf-mentor', ...one })));
    const declarations = all('declarations').filter((one) => one.lead_provider_name === this.client.name);
    this.lists = {
      enrolments,
      active: enrolments.filter((one) => one.participant_status === 'active'),
      stopped: enrolments.filter((one) => one.training_status !== 'active'),
      declarations,
      voidable: declarations.filter((one) => ['submitted', 'eligible', 'payable'].includes(one.state)),
      partnerships: all('partnerships'),
      partners: all('delivery-partners'),
      free: all('schools').filter((one) => !one.in_partnership),
      statements: all('statements'),
    };
    this.declared = new Set(declarations.filter((one) => !['voided', 'awaiting-clawback', 'clawed-back'].includes(one.state)).map((one) => `${one.participant_id} ${one.course_identifier} ${one.declaration_type}`));
  }

  /** A declaration whose day is in its window, of what is not declared as far as it knows; undefined: it has found none. */
  declaration() {
    const yesterday = daysAgo(1);
    for (let tries = 0; tries < 200; tries++) {
      const { id, cohort, schedule_identifier: schedule, course_identifier } = pick(this.lists.enrolments);
      const open = (windows.get(`${cohort} ${schedule}`) ?? []).filter(({ type, from }) => from < yesterday && !this.declared.has(`${id} ${course_identifier} ${type}`));
      if (open.length === 0) continue;
      const { type, from, until } = pick(open), latest = until < yesterday ? until : yesterday;
      const date = new Date(Date.parse(from) + Math.random() * (Date.parse(latest) - Date.parse(from)));
      const isEngaged = Number(cohort) >= 2025 && (type === 'completed' || type === 'retained-2');
      this.declared.add(`${id} ${course_identifier} ${type}`);
      return { participant_id: id, course_identifier, declaration_type: type, declaration_date: `${day(date)}T09:00:00Z`, evidence_held: isEngaged ? '75-percent-engagement-met' : 'other' };
    }
    return undefined;
  }

  /** A delivery partner that works with it in the cohort, if there is one. */
  partner(cohort) {
    return pick(this.lists.partners.filter((one) => one.cohort.includes(cohort)))?.id;
  }

  /** Does one thing, if it can be done now; an answer is 200, or 422 by the rules, or 404 of what has gone meanwhile. */
  async one() {
    const { status, body } = (await pick(doings)(this)) || { status: 200 };
    assert.ok([200, 404, 422].includes(status), `${this.client.name}: ${status} ${JSON.stringify(body)}`);
  }
}

const prefers = [undefined, undefined, 'respond-async', 'wait=5'];
const paths = { enrolments: 'participants', declarations: 'participant-declarations', partnerships: 'partnerships', statements: 'statements' };

/** By share in the hundred; what cannot be done now gives nothing. */
const shares = [
  [34, (w) => {
    const made = w.declaration();
    return made && w.client.declare(made, { prefer: pick(prefers) });
  }],
  [2, async (w) => {
    const made = Array.from({ length: 20 + Math.floor(Math.random() * 80) }, () => w.declaration()).filter(Boolean);
    return made.length > 0 && (await w.client.declareAll(made)).find(({ status }) => status !== 200);
  }],
  [16, (w) => {
    const one = pick(w.lists.voidable);
    return one && w.client.void(one.id, { prefer: pick(prefers) });
  }],
  [14, (w) => {
    const one = pick(w.lists.active), kind = one?.schedule_identifier.includes('standard') ? 'extended' : 'standard';
    return one && w.client.changeSchedule(one.id, { course_identifier: one.course_identifier, schedule_identifier: `ecf-${kind}-${pick(['september', 'january', 'april'])}` }, { prefer: pick(prefers) });
  }],
  [1, (w) => {
    const one = pick(w.lists.active), { course_identifier } = one ?? {};
    return one && (chance(0.5) ? w.client.withdraw(one.id, { course_identifier, reason: 'other' }) : w.client.defer(one.id, { course_identifier, reason: 'career-break' }));
  }],
  [2, (w) => {
    const one = pick(w.lists.stopped);
    return one && w.client.resume(one.id, { course_identifier: one.course_identifier });
  }],
  [6, (w) => {
    const one = pick(w.lists.free), delivery_partner_id = one && w.partner(one.cohort);
    return delivery_partner_id && w.client.confirmPartnership({ school_id: one.id, cohort: one.cohort, delivery_partner_id });
  }],
  [5, (w) => {
    const one = pick(w.lists.partnerships), partner = one && w.partner(one.cohort);
    return partner && w.client.changePartner(one.id, partner);
  }],
  [20, (w) => {
    const [name, path] = pick(Object.entries(paths)), one = pick(w.lists[name]);
    return one && w.client.get(`/api/v3/${path}/${one.id}`);
  }],
];
const doings = shares.flatMap(([share, what]) => Array.from({ length: share }, () => what));
