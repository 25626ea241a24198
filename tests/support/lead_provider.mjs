// A lead provider's own software, as a careful one writes it against the published contract: it keeps a copy of everything that
// it may read, writes so that nothing is done twice, and does as it is told by 429, 503 and 202. Knows nothing of the service but
// its URLs and a token, and needs nothing but Node.
//
//   const provider = new LeadProvider({ urls: ['http://127.0.0.1:8080'], token, cohorts: [2025] });
//   await provider.syncAll();                                   the first time everything, then what has moved
//   await provider.declare({ participant_id, … });              { status, body }, whichever way the answer came
//   await provider.differences();                               how the copy differs from what is there now
//
// Cited: lead-provider-api.md and submissions.md.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

const API = '/api/v3';
const DECLARATIONS = `${API}/participant-declarations`;

/** What can be read: by `since` also what has moved (`updated_since`); by `cohort` each cohort alone. `attributes.…` that can
 *  change, and resources that can come or go, while no updated_at moves (`gap`, below). */
export const LISTS = {
  participants: { path: `${API}/participants`, since: true, gap: ofParticipant },
  transfers: { path: `${API}/participants/transfers`, since: true, gap: ofTransfer },
  declarations: { path: DECLARATIONS, since: true, gap: ofDeclaration },
  statements: { path: `${API}/statements`, since: true },
  'delivery-partners': { path: `${API}/delivery-partners` },
  partnerships: { path: `${API}/partnerships`, since: true, gap: ofPartnership },
  schools: { path: `${API}/schools`, since: true, cohort: true },
  'unfunded-mentors': { path: `${API}/unfunded-mentors`, since: true, gap: ofMentor },
};
const listOf = { participant: 'participants', 'participant-declaration': 'declarations', partnership: 'partnerships' };

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Seconds or a date (RFC 9110 10.2.3), as milliseconds from now. */
function retryAfterMs(headers, otherwiseMs) {
  const value = headers.get('retry-after') ?? headers.get('ratelimit-reset');
  if (value === null) return otherwiseMs;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? otherwiseMs : Math.max(ms, 0);
}

/** Not what a client can act on: an answer that the contract does not have for what was asked. */
export class Unexpected extends Error {
  constructor(method, path, answer) {
    super(`${method} ${path}: ${answer.status} ${answer.text}`);
    this.answer = answer;
  }
}

export class LeadProvider {
  copy = new Map(Object.keys(LISTS).map((name) => [name, new Map()])); // by list: what it was told of each resource
  #polls = new Map(); // by list: when the last two requests for it began
  #tags = new Map(); // by path: the newest ETag and what came with it
  #pausedUntil = 0; // machine time; one limit is for all requests of a token
  #turn = 0;

  /**
   * urls: fronts, asked in turn; an array, or a function that gives it
   * name: its own, as the service tells it, by which it knows what is another provider's
   * cohorts: of which it reads schools
   * clock: the service's business time, by which updated_since is asked
   * perPage: undefined = what the service gives (3.5)
   * patienceMs: for how long it repeats what is not answered
   * onAnswer: is told of every answer, { method, path, operation, sent, status, headers, text, body, ms }, and of requests without one (status undefined)
   */
  constructor({ urls, token, name, cohorts = [], clock = () => new Date(), perPage, patienceMs = 120_000, onAnswer }) {
    Object.assign(this, { urls: typeof urls === 'function' ? urls : () => urls, token, name, cohorts, clock, perPage, patienceMs, onAnswer });
  }

  // ---- one request

  /** Once. A request that gets no answer gives {}. */
  async #once(method, path, { body, type = 'application/json', headers = {} } = {}) {
    const urls = this.urls(), started = performance.now();
    const sent = { authorization: `Bearer ${this.token}`, ...(body !== undefined && { 'content-type': type }), ...headers };
    let answer = {};
    try {
      const got = await fetch(urls[this.#turn++ % urls.length] + path, { method, headers: sent, body, redirect: 'manual', signal: AbortSignal.timeout(60_000) });
      const text = await got.text();
      const isJson = /\bjson\b/.test(got.headers.get('content-type') ?? '') && text !== '';
      answer = { status: got.status, headers: got.headers, text, body: isJson ? JSON.parse(text) : undefined };
    } catch (error) {
      if (error.name !== 'TypeError' && error.name !== 'TimeoutError') throw error; // fetch's names for: nobody there, cut off, too late
    }
    this.onAnswer?.({ method, path, operation: operationOf(method, path), sent, ...answer, ms: performance.now() - started });
    return answer;
  }

  /** Until it is answered with something else than "later". What is sent here may be sent twice: it reads, or has a key. */
  async request(method, path, options) {
    const end = performance.now() + this.patienceMs;
    for (let again = 100; ; again = Math.min(2 * again, 5000)) {
      while (this.#pausedUntil > Date.now()) await sleep(this.#pausedUntil - Date.now());
      const answer = await this.#once(method, path, options);
      const { status, headers } = answer;
      // 409: the first one with this key is being decided (submissions.md 5). 503 with Location: not known, so the key tells (7).
      if (status !== undefined && status !== 429 && status !== 409 && status !== 503) return answer;
      const waitMs = headers ? retryAfterMs(headers, again) : again;
      if (status === 429) this.#pausedUntil = Date.now() + waitMs;
      if (performance.now() + waitMs > end) throw status === undefined ? new Error(`${method} ${path}: no answer in ${this.patienceMs} ms`) : new Unexpected(method, path, answer);
      await sleep(waitMs);
    }
  }

  /** GET of what is often the same: asks whether it has changed (3.10). { status, body }. */
  async get(path) {
    const known = this.#tags.get(path);
    const answer = await this.request('GET', path, { headers: known ? { 'if-none-match': known.tag } : {} });
    if (answer.status === 304) return { status: 200, body: known.body, isSame: true };
    const tag = answer.headers.get('etag');
    this.#tags.delete(path);
    if (answer.status === 200 && tag !== null) this.#tags.set(path, { tag, body: answer.body });
    if (this.#tags.size > 500) this.#tags.delete(this.#tags.keys().next().value);
    return { status: answer.status, body: answer.body };
  }

  // ---- reading

  /**
   * A list as a Map, all pages of it, until one is empty (3.5): no totals are told. What moves meanwhile may come twice; the later
   * counts. onPage(rows, number): each page as it comes.
   */
  async read(name, since, onPage = () => {}) {
    const { path, cohort } = LISTS[name], found = new Map();
    for (const year of cohort ? this.cohorts : [undefined]) {
      const query = new URLSearchParams({ ...(year && { 'filter[cohort]': year }), ...(since && { 'filter[updated_since]': since.toISOString() }), ...(this.perPage && { 'page[per_page]': this.perPage }) });
      for (let page = 1, rows = [{}]; rows.length > 0; page++) {
        query.set('page[page]', page);
        const answer = await this.request('GET', `${path}?${query}`);
        if (answer.status !== 200) throw new Unexpected('GET', `${path}?${query}`, answer);
        rows = answer.body.data;
        onPage(rows, page);
        for (const row of rows) found.set(keyOf(name, row), row);
      }
    }
    return found;
  }

  /** Everything of a list anew; what is not there any more goes. */
  async fullSync(name) {
    const at = this.clock();
    this.copy.set(name, await this.read(name));
    this.#polls.set(name, [at]);
    return this.copy.get(name).size;
  }

  /** What has moved since the request before the last (11.4: reaching back two polling windows); the first time everything. Gives what came. */
  async sync(name) {
    const polls = this.#polls.get(name);
    if (!LISTS[name].since || !polls) {
      await this.fullSync(name);
      return this.copy.get(name);
    }
    const at = this.clock();
    const moved = await this.read(name, polls[0]);
    for (const [key, row] of moved) this.copy.get(name).set(key, row);
    this.#polls.set(name, [polls.at(-1), at]);
    return moved;
  }

  async syncAll(names = Object.keys(LISTS)) {
    const counts = {};
    for (const name of names) counts[name] = (await this.sync(name)).size;
    return counts;
  }

  /** The values of a list in the copy, each with its id beside its attributes. */
  all(name) {
    return [...this.copy.get(name).values()].map(({ id, attributes }) => ({ id, ...attributes }));
  }

  one(name, id) {
    const found = this.copy.get(name).get(id);
    return found && { id, ...found.attributes };
  }

  /**
   * What the copy has otherwise than the lists have now: [{ list, key, what, gap, mine, theirs }]. what: 'missing', 'gone', 'stale'.
   * gap: why a client cannot know it from updated_since, by the rules as they are published; undefined = a fault. Changes nothing.
   */
  async differences(names = Object.keys(LISTS)) {
    const found = [];
    for (const list of names) {
      const mine = this.copy.get(list), theirs = await this.read(list);
      for (const key of new Set([...mine.keys(), ...theirs.keys()])) {
        const [a, b] = [mine.get(key), theirs.get(key)];
        if (isDeepStrictEqual(a, b)) continue;
        found.push({ list, key, what: !a ? 'missing' : !b ? 'gone' : 'stale', gap: LISTS[list].gap?.(a, b, this), mine: a, theirs: b });
      }
    }
    return found;
  }

  // ---- writing

  /** What was answered about one of its own resources is newer than the copy. */
  #note(body) {
    const row = body?.data, list = listOf[row?.type];
    if (!list) return;
    const known = this.copy.get(list).get(row.id);
    if (!known || row.attributes.updated_at >= known.attributes.updated_at) this.copy.get(list).set(row.id, row);
  }

  /**
   * One write, with a key of its own, so that it may be repeated after anything; followed to its decision: { status, body }.
   * prefer: undefined = waits; 'respond-async'; 'wait=N'.
   */
  async write(method, path, attributes, { type, prefer, key = randomUUID() } = {}) {
    const answer = await this.request(method, path, {
      body: attributes === undefined ? undefined : JSON.stringify({ data: { type, attributes } }),
      headers: { 'idempotency-key': key, ...(prefer && { prefer }) },
    });
    const decided = answer.status === 202 ? (await this.follow(answer.headers.get('location'))).response : answer;
    if (decided.status === 200) this.#note(decided.body);
    return { status: decided.status, body: decided.body };
  }

  /** Asks at a Location, no oftener than it says, until it is decided; its attributes. */
  async follow(location, isDone = ({ state }) => state === 'decided') {
    const end = performance.now() + this.patienceMs;
    for (;;) {
      const answer = await this.request('GET', location);
      if (answer.status !== 200) throw new Unexpected('GET', location, answer);
      const { attributes } = answer.body.data;
      if (isDone(attributes)) return attributes;
      const waitMs = retryAfterMs(answer.headers, 1000);
      if (performance.now() + waitMs > end) throw new Unexpected('GET', location, answer);
      await sleep(waitMs);
    }
  }

  declare(attributes, options) {
    return this.write('POST', DECLARATIONS, attributes, { type: 'participant-declaration', ...options });
  }

  /** Many in one request (submissions.md 4): [{ status, body }] in their order. */
  async declareAll(list) {
    const lines = list.map((attributes) => JSON.stringify({ data: { type: 'participant-declaration', attributes } }));
    const accepted = await this.request('POST', `${DECLARATIONS}/bulk`, { body: `${lines.join('\n')}\n`, type: 'application/x-ndjson', headers: { 'idempotency-key': randomUUID() } });
    if (accepted.status !== 202) throw new Unexpected('POST', `${DECLARATIONS}/bulk`, accepted);
    const location = accepted.headers.get('location');
    await this.follow(location, ({ finished_at }) => finished_at !== null);
    const results = await this.request('GET', `${location}/results`);
    if (results.status !== 200) throw new Unexpected('GET', `${location}/results`, results);
    const responses = results.text.trim().split('\n').map((line) => JSON.parse(line).response);
    for (const { status, body } of responses) if (status === 200) this.#note(body);
    return responses;
  }

  void(declaration, options) {
    return this.write('PUT', `${DECLARATIONS}/${declaration}/void`, undefined, options);
  }

  #act(participant, action, attributes, options) {
    return this.write('PUT', `${API}/participants/${participant}/${action}`, attributes, { type: `participant-${action}`, ...options });
  }

  withdraw(participant, attributes, options) {
    return this.#act(participant, 'withdraw', attributes, options);
  }

  defer(participant, attributes, options) {
    return this.#act(participant, 'defer', attributes, options);
  }

  resume(participant, attributes, options) {
    return this.#act(participant, 'resume', attributes, options);
  }

  changeSchedule(participant, attributes, options) {
    return this.#act(participant, 'change-schedule', attributes, options);
  }

  confirmPartnership(attributes, options) {
    return this.write('POST', `${API}/partnerships`, attributes, { type: 'partnership', ...options });
  }

  changePartner(partnership, delivery_partner_id, options) {
    return this.write('PUT', `${API}/partnerships/${partnership}`, { delivery_partner_id }, { type: 'partnership', ...options });
  }
}

const keyOf = (name, { id, attributes }) => (LISTS[name].cohort ? `${attributes.cohort}/${id}` : id);

/** "PUT /participants/{id}/withdraw"; lists apart by whether they ask for what has moved. */
function operationOf(method, path) {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const template = pathname.replace(API, '').replace(/\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '/{id}');
  return `${method} ${template}${searchParams.has('filter[updated_since]') ? ' updated_since' : ''}`;
}

// ---- what no updated_at tells (lead-provider-api.md 3.13, "known gaps", 6, 7.1). Each is given the resource as the copy has it
// and as it is now, undefined where there is none, and says why, or nothing.

const without = (object, ...names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
const passing = new Set(['joining active', 'leaving left', 'joining left', 'joining leaving']);

function ofParticipant(mine, theirs) {
  if (!mine || !theirs) return undefined;
  const plain = (row) => ({ ...row, attributes: { ...row.attributes, ecf_enrolments: row.attributes.ecf_enrolments.map((one) => without(one, 'participant_status', 'working_pattern', 'pupil_premium_uplift', 'sparsity_uplift')) } });
  if (!isDeepStrictEqual(plain(mine), plain(theirs))) return undefined;
  const byDay = mine.attributes.ecf_enrolments.every((one, i) => {
    const now = theirs.attributes.ecf_enrolments[i].participant_status;
    return one.participant_status === now || passing.has(`${one.participant_status} ${now}`);
  });
  return byDay ? 'participant_status by the day, working_pattern, uplifts (3.13)' : undefined;
}

function ofTransfer(mine, theirs, { name }) {
  const sides = [mine, theirs].flatMap((row) => row?.attributes.transfers ?? []).flatMap(({ leaving, joining }) => [leaving, ...(joining ? [joining] : [])]);
  if (sides.some(({ provider }) => provider !== name)) return 'another provider’s side does not select the record (6)';
  if (!mine || !theirs) return !theirs ? 'a transfer that is none any more moves nothing (6)' : undefined;
  const plain = (row) => ({ ...row.attributes, transfers: row.attributes.transfers.map((one) => without(one, 'status')) });
  return isDeepStrictEqual(plain(mine), plain(theirs)) ? 'status by the day (3.13)' : undefined;
}

function ofDeclaration(mine, theirs, { name }) {
  if (mine && theirs) return undefined;
  return (mine ?? theirs).attributes.lead_provider_name !== name ? 'another provider’s is seen or not as the participant’s training goes (7.1)' : undefined;
}

/** It is told at night, of the days on which somebody begins and has finished: not of training that was written later than that. */
function ofPartnership(mine, theirs) {
  const plain = (row) => row && without(row.attributes, 'participants_currently_training');
  return mine && isDeepStrictEqual(plain(mine), plain(theirs)) ? 'participants_currently_training, of training that was written after its day (3.13)' : undefined;
}

function ofMentor(mine, theirs) {
  if (mine && theirs) return isDeepStrictEqual(without(mine.attributes, 'email'), without(theirs.attributes, 'email')) ? 'the email of another assignment (3.13)' : undefined;
  return 'who begins or ends to mentor somebody moves nothing (3.13)';
}
