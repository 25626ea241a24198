// How the tests of this folder speak to the service: declarations, fronts with a clock of their own, and raw sockets.
import assert from 'node:assert/strict';
import net from 'node:net';
import { document, hold } from '../support/contract.mjs';
import { until } from '../support/system.mjs';

export const DECLARATIONS = '/api/v3/participant-declarations';

/** A body as providers send it. */
export const body = (attributes) => ({ data: { type: 'participant-declaration', attributes } });

export const titles = (answer) => (answer.body?.errors ?? []).map(({ title }) => title);

/** One more front of a system ("front-2", …) with settings of its own; its URL, once it is ready. */
export async function startFront(system, env = {}) {
  system.frontsStarted = (system.frontsStarted ?? 100) + 1; // beside those of startSystem
  const name = `front-${system.frontsStarted}`;
  await system.start(name, { ECF2_LOOPS: '1', ...env });
  const url = `http://${system.processes.get(name).http}`;
  // Where limits are low and proxies are believed, these requests come from addresses that nobody else has.
  const look = () => system.request('GET', '/healthcheck/ready', { url, headers: { 'x-forwarded-for': `198.18.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}` } });
  await until(`${name} is not ready`, async () => (await look().catch(() => undefined))?.status === 200);
  return { name, url };
}

/** The URL of a front whose business time stands still at `instant`; one for each instant. */
export function frontAt(system, instant) {
  system.clocks ??= new Map();
  if (!system.clocks.has(instant)) system.clocks.set(instant, startFront(system, { ECF2_CLOCK: instant }).then(({ url }) => url));
  return system.clocks.get(instant);
}

/** `10:00` of London as an RFC 3339 instant: summer time from the last Sunday of March to that of October. */
export function london(text) {
  const [date, time] = text.split(' ');
  for (const zone of ['+00:00', '+01:00']) {
    const instant = new Date(`${date}T${time}:00${zone}`);
    const shown = instant.toLocaleString('sv-SE', { timeZone: 'Europe/London' });
    if (shown === `${date} ${time}:00`) return `${date}T${time}:00${zone}`;
  }
  throw new Error(`there is no ${text} in London`);
}

/** `ecf2ctl …` at an instant of London, which must end so: what it said. */
export async function ctlAt(system, at, args, status = 0) {
  const said = await system.ctlBeside(args, { ECF2_CLOCK: london(at) });
  if (said.status !== status) throw new Error(`ecf2ctl ${args.join(' ')}: exit status ${said.status}\n${said.stdout}${said.stderr}`);
  return said;
}

/** All schedulers again, under another business time of London; waits until whoever leads has done month-end by then. */
export async function schedulersAt(system, text) {
  const names = system.named('scheduler').map(([name]) => name);
  for (const name of names) await system.kill(name, 'SIGTERM');
  await Promise.all(names.map((name) => system.start(name, { ECF2_CLOCK: london(text) })));
  const due = new Date(Math.floor(Date.parse(london(text)) / 86400000) * 86400000);
  await until(`the job of ${due.toISOString()} is not done`, async () => (await system.db.query(
    "select from job_runs where job = 'statements_payable' and last_due_at >= $1", [due])).rowCount > 0);
}

/**
 * Sends bytes on a new connection and gives all that came back until the other side ended it, or until `enough(text)`,
 * or for `ms` (then `open` is true). `data`: text or Buffer, or a function (socket) that writes itself.
 */
export function raw(url, data, { ms = 15_000, enough, end = false, connected } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname);
    const chunks = [];
    let settled = false;
    const settle = (more) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString('latin1');
      socket.destroy();
      const answer = { text, open: false, ...more, ...parse(text) };
      try {
        if (typeof data !== 'function') holdRaw(data, answer);
        resolve(answer);
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(() => settle({ open: true }), ms);
    socket.on('error', (error) => settle({ error: error.code }));
    socket.on('close', () => settle({}));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (enough?.(Buffer.concat(chunks).toString('latin1'))) settle({ open: true });
    });
    socket.on('connect', () => {
      connected?.(socket);
      if (typeof data === 'function') data(socket);
      else socket.write(data, () => end && socket.end());
    });
  });
}

/** The first response in a text: { status, headers (lower case), body }. */
export function parse(text) {
  const head = text.indexOf('\r\n\r\n');
  const line = /^HTTP\/1\.[01] (\d{3})/.exec(text);
  if (!line || head < 0) return { status: undefined, headers: {}, body: '' };
  const headers = Object.fromEntries(text.slice(0, head).split('\r\n').slice(1).map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  }));
  return { status: Number(line[1]), headers, body: text.slice(head + 4) };
}

/** One whole answer to one request whose first line is one is held against front/openapi.yaml, as those of System.request() are. */
function holdRaw(data, { text, status, headers, body }) {
  const request = /^(?:\r\n)*([A-Z]+) (\/[!-~]*) HTTP\/1\.[01]\r\n([^]*?)\r\n\r\n/.exec(Buffer.from(data).toString('latin1'));
  if (!request || statuses(text).length !== 1 || headers['transfer-encoding'] !== undefined) return;
  const [, method, target, head] = request, hasBody = method !== 'HEAD' && status !== 304;
  if (hasBody && Number(headers['content-length']) !== body.length) return; // cut off
  if (status === 400 && !document().find(method, target)) return; // what is no request, wherever it goes
  const sent = Object.fromEntries(head.split('\r\n').map((field) => [field.split(':', 1)[0].toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]));
  hold(method, target, sent, { status, headers: { get: (name) => headers[name.toLowerCase()] ?? null }, text: body });
}

/** Statuses of all responses in a text. */
export const statuses = (text) => [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));

/** A POST of a declaration as text. */
export function postText(token, content, { headers = [], host = 'localhost', length = Buffer.byteLength(content) } = {}) {
  return [`POST ${DECLARATIONS} HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${token}`, 'Content-Type: application/json',
    ...(length === undefined || length === null ? [] : [`Content-Length: ${length}`]), ...headers, '', content].join('\r\n');
}

/** Declares, and looks at what must hold of every answer (submissions.md 3, lead-provider-api.md 3.7 and 3.8). */
export class Provider {
  constructor(system, name) {
    this.system = system;
    this.name = name;
    this.token = system.token(name);
  }

  send(attributes, { at, url, headers } = {}) {
    const go = (to) => this.system.request('POST', DECLARATIONS, { token: this.token, url: to, headers, body: body(attributes) });
    return at ? frontAt(this.system, london(at)).then(go) : go(url);
  }

  get(path, { at, ...options } = {}) {
    const go = (url) => this.system.request('GET', path, { token: this.token, url, ...options });
    return at ? frontAt(this.system, london(at)).then(go) : go(options.url);
  }

  /** Voids a declaration, by whatever stands for its id. */
  void(id, { at, url, headers, body: content } = {}) {
    const go = (to) => this.system.request('PUT', `${DECLARATIONS}/${id}/void`, { token: this.token, url: to, headers, body: content });
    return at ? frontAt(this.system, london(at)).then(go) : go(url);
  }

  /** Voids, expects 200 and gives the attributes; reads it back byte for byte, and its submission. */
  async voided(id, options = {}) {
    const answer = await this.void(id, options);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.data.id, id.toLowerCase());
    assert.equal((await this.get(`${DECLARATIONS}/${id}`, options)).text, answer.text, 'GET shows the bytes of the PUT');
    await this.storedAs(answer, { type: 'participant-declaration', id: id.toLowerCase() }, 'declaration.void');
    return { id, ...answer.body.data.attributes };
  }

  /** Voids, expects 422 with one error; what is stored says the same. */
  async notVoided(id, words, options = {}) {
    const answer = await this.void(id, options);
    assert.equal(answer.status, 422, answer.text);
    assert.deepEqual(titles(answer), ['participant_declaration_id'], answer.text);
    assert.match(answer.body.errors[0].detail, words);
    assert.ok(/#\/[a-z_]+/.test(answer.body.errors[0].detail) && !/contract period/i.test(answer.body.errors[0].detail), answer.text);
    await this.storedAs(answer, null, 'declaration.void');
    return answer;
  }

  /** Sends, expects 200 and gives the attributes; reads it back byte for byte, and its submission. */
  async accepted(attributes, options = {}) {
    const answer = await this.send(attributes, options);
    assert.equal(answer.status, 200, answer.text);
    const { id, type, attributes: shown } = answer.body.data;
    assert.equal(type, 'participant-declaration');
    const again = await this.get(`${DECLARATIONS}/${id}`, options);
    assert.equal(again.status, 200);
    assert.equal(again.text, answer.text, 'GET shows the bytes of the POST');
    await this.storedAs(answer, { type: 'participant-declaration', id });
    return { id, ...shown };
  }

  /** Sends, expects 422 with these titles in this order; what is stored says the same. */
  async rejected(attributes, expected, options = {}) {
    const answer = await this.send(attributes, options);
    assert.equal(answer.status, 422, answer.text);
    assert.deepEqual(titles(answer), expected, answer.text);
    for (const { detail, ...rest } of answer.body.errors) {
      assert.ok(/#\/[a-z_]+/.test(detail) && !/contract period/i.test(detail), detail);
      assert.deepEqual(Object.keys(rest), ['title']);
    }
    await this.storedAs(answer, null);
    return answer;
  }

  /** GET /api/v3/submissions/{id} of an answer shows the decision. Its id is not in the answer: it is the newest one. */
  async storedAs(answer, resource, kind = 'declaration.create') {
    const { rows } = await this.system.db.query(
      `select s.id from submissions s join submission_outcomes o on o.submission_id = s.id
        where o.body::text = $1 and o.http_status = $2 order by o.decided_no desc limit 1`, [answer.text, answer.status]);
    assert.equal(rows.length, 1, 'the outcome is stored with the very body');
    const { status, body: shown } = await this.get(`/api/v3/submissions/${rows[0].id}`);
    assert.equal(status, 200);
    const { id, type, attributes } = shown.data;
    assert.deepEqual([id, type, attributes.kind, attributes.state], [rows[0].id, 'submission', kind, 'decided']);
    assert.equal(attributes.result, answer.status === 200 ? 'succeeded' : 'rejected');
    assert.deepEqual(attributes.response, { status: answer.status, body: answer.body });
    assert.deepEqual(attributes.resource, resource);
    assert.ok(attributes.decided_at >= attributes.accepted_at);
  }
}
