// Requests that nobody should send, made of the document (front/openapi.yaml) and of a seed: for each operation one that is well
// formed, with one to four things done to it. They are HTTP; bytes that are not are those of faults/bytes.test.mjs.
import { Agent, request } from 'node:http';
import { mutate, numbers } from './mutations.mjs';
import { bodyOf, isBulk, neededQuery, NOBODY } from './samples.mjs';

// ---- values

/** Texts, as JavaScript has them. */
const texts = [
  '', ' ', '\t\n', '\u00a0', '\u2003', 'x', 'null', 'undefined', 'true', '[]', '{}', '0', '-1', '+1', '1e3', '0x10', '007', 'NaN', 'Infinity', "' or 1=1; --", '"; drop table teachers; --', '%s%n%x', '../../etc/passwd', '<script>',
  '${x}', '{{x}}', '\\', '\\u0000', '\u202eabc\u202c', '\u200b\u200d\ufeff', 'e\u0301'.repeat(50), '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{10ffff}', '\uffff', '\u0001\u001f\u007f', 'İıſK', 'ß', 'x'.repeat(300), 'x'.repeat(70_000), '\u{1f600}'.repeat(20_000),
  ...numbers,
];
const dates = [
  '2024-10-07', '2024-10-07T09:00:00Z', '2024-10-07T09:00:00', '2024-10-07 09:00:00Z', '2024-10-07t09:00:00z', '2024-10-07T09:00:00.123456789012345Z', '2024-10-07T09:00:00,5Z', '2024-10-07T24:00:00Z', '2024-10-07T23:59:60Z', '2024-02-30T00:00:00Z',
  '2023-02-29', '0000-00-00T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', '10000-01-01T00:00:00Z', '+292278-01-01T00:00:00Z', '-0001-01-01T00:00:00Z', '2024-10-07T09:00:00+99:99', '2024-10-07T09:00:00-24:00', '2024-10-07T09:00:00+14:00',
  '2024-10-27T01:30:00', '2024-03-31T01:30:00', '2024-W41-1', '2024-281', '20241007T090000Z', '1728291600', 'today', 'Mon, 07 Oct 2024 09:00:00 GMT', '294276-12-31T23:59:59Z', '4714-11-24T00:00:00Z BC', 'infinity', '-infinity', 'epoch', 'now',
];
const identifiers = [
  NOBODY, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000', 'X', `{${NOBODY}}`, `urn:uuid:${NOBODY}`, NOBODY.replaceAll('-', ''), `${NOBODY}0`, NOBODY.slice(1), ` ${NOBODY}`, `${NOBODY} `, `${NOBODY}\0`, `${NOBODY},${NOBODY}`, NOBODY.replace('4', 'g'),
  NOBODY.replace('0', '٠'), 'ecf', 'transfers', 'bulk', 'results', '.', '..', '*', '-', '~',
];
const years = ['2024', '2025', '1999', '0', '-2024', '2024.0', '02024', '2024,2025', '2024,', ',', ',,,', ' 2024', '2024abc', '٢٠٢٤', '99999', '4294969320', '18446744073709553640', Array(3000).fill('2024').join(','), Array.from({ length: 3000 }, (_, i) => i).join(',')];
const pages = ['1', '0', '-1', '2', '1.5', '3000', '3001', 'abc', '5abc', '', ' 1', '+1', '１', '1e9', ...numbers];
const sorts = ['created_at', '-created_at', '+updated_at', '%2Bcreated_at', '-updated_at,created_at', 'id', 'name', '-name', '--created_at', '-', ',', ',,,', 'created_at;', 'created_at desc', 'CREATED_AT', Array(2000).fill('-created_at').join(',')];

/** What stands in JSON as it is: other types, edges of numbers, and texts that are not to be written so. */
const rawValues = [
  'null', 'true', 'false', '[]', '{}', '[null]', '["x"]', '[[["x"]]]', '{"a":1}', '{"id":"x","":null}', '0', '-0', '1', '-1', '0.1', '1e2', '2024', '2024.0', '1e-400', '1e308', '1e309', '-1e309', '1E+2', '9007199254740993', '9223372036854775807', '9223372036854775808',
  '-9223372036854775808', '-9223372036854775809', '18446744073709551615', '18446744073709551616', '9'.repeat(400), `0.${'0'.repeat(400)}1`, '"\\ud800"', '"\\udc00"', '"\\udc00\\ud800"', '"\\u0000"', '"a\\u0000b"', '"\\ud83d\\ude00"', '"\\/\\b\\f"', '"\\x41"', '01', '+1', '.5', '1.', 'NaN',
  'Infinity', 'nul', "'x'", '"\t"', '"\u007f"', '[1,]', '{"a":1,}', '{"a"}', '',
];
const badBytes = [[0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0xaf], [0xf0, 0x80, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xfe], [0xff], [0xe2, 0x82], [0xc3], [0]].map((bytes) => Buffer.from(bytes));

const headers = {
  prefer: ['respond-async', 'wait=0', 'wait=1', 'wait=99999999999999999999', 'wait=-1', 'wait=', 'wait', 'wait="1"', 'wait="', 'handling=dry-run', 'handling=strict', 'handling="dry-run"', 'respond-async, wait=1', 'respond-async, handling=dry-run', 'handling=dry-run, wait=0', 'RESPOND-ASYNC', 'respond-async=x', ',,,', '=', ';', '"', 'return=minimal',
    Array(500).fill('wait=1').join(','), 'respond-async; foo="b,ar"', '\xff'],
  'idempotency-key': ['a', 'b', 'c', 'd', 'e', 'x'.repeat(255), 'x'.repeat(256), '', ' ', 'a b', '\xe9', '"a"', '~!@#$%^&*()', 'null', '0', '../..'],
  'if-none-match': ['*', 'W/"0"', '"0"', 'W/"', '"', 'W/', ',', '*,*', 'W/"0", *', Array(400).fill('W/"0"').join(','), '\xff', 'w/"0"'],
  'content-type': ['', 'text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json; charset=utf-16', 'application/json;', 'application/json; charset', 'APPLICATION/JSON', 'text/x-json', 'application/jsonrequest', 'application/x-ndjson', 'application/vnd.api+json', 'application/json, text/plain',
    ' application/json', 'application /json', '\xff', 'x'.repeat(3000)],
  authorization: ['', 'Bearer', 'Bearer ', 'bearer x', 'Basic eDp5', 'Token token="x"', 'Token token="', 'Bearer \xff', `Bearer ${'x'.repeat(4000)}`, 'Bearer x y'],
  other: [['accept', 'text/html'], ['accept', 'application/json;q=0'], ['accept-encoding', 'gzip;q=0, identity;q=0, *;q=0'], ['content-encoding', 'gzip'], ['x-http-method-override', 'DELETE'], ['x-request-id', 'x'], ['x-request-id', '\xff'.repeat(100)], ['x-request-id', NOBODY.toUpperCase()], ['x-forwarded-for', 'x, 999.1.1.1, ::'],
    ['x-forwarded-proto', 'gopher'], ['if-match', '"x"'], ['if-modified-since', 'x'], ['range', 'bytes=0-1'], ['cookie', 'a="b; c'], ['origin', 'null'], ['x-with-server-date', 'x'], ['forwarded', 'for=x'], ['te', 'trailers'], ['upgrade-insecure-requests', '1'], ['referer', `/${'x'.repeat(2000)}`]],
};

// ---- what they aim at

/**
 * Ids by what they are of, from every table that shows some, and those that each provider reads in each list. A pool has
 * { tokens: [[name, token]], tables: Map, lists: Map of path to Map of token to ids, keys }.
 */
export async function aims(system, document, tokens) {
  const { rows: columns } = await system.db.query(
    `select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attname = 'api_id' and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1`);
  const tables = new Map();
  for (const { name } of columns) tables.set(name, (await system.db.query(`select api_id from ${name} order by api_id limit 60`)).rows.map((row) => row.api_id));
  const lists = new Map();
  for (const list of document.operations.filter(({ method, path, parameters }) => method === 'get' && !path.includes('{') && parameters.some(({ name }) => name === 'page[page]'))) {
    const ids = new Map();
    for (const token of tokens) {
      const query = ['page[per_page]=60', ...neededQuery(document, list)].join('&');
      ids.set(token, (await system.request('GET', `${list.path}?${query}`, { token })).body.data.map(({ id }) => id));
    }
    lists.set(list.path, ids);
  }
  return { tokens, tables, lists, all: [...tables.values()].flat() };
}

/** The table that an attribute's ids are of: school_id is of schools. */
const tableOf = (name) => ({ participant_id: 'teachers' })[name] ?? name.replace(/_id$/, 's');

// ---- one request

/** One thing that is done to a request; what it is called is told when something goes wrong. */
const deeds = {
  // The path.
  id: (dice, made) => made.hasId && (made.id = dice.chance(0.5) ? dice.pick(identifiers) : dice.chance(0.5) ? dice.pick(made.pool.all) : dice.pick(texts).slice(0, 2000)),
  otherId: (dice, made) => made.hasId && (made.id = dice.pick(made.pool.all)),
  upperId: (dice, made) => made.hasId && (made.id = made.id.toUpperCase()),
  path: (dice, made) => (made.path = dice.pick([(p) => `${p}/`, (p) => `/${p}`, (p) => p.replace('v3', 'v4'), (p) => p.replace('/api', '/API'), (p) => `${p}.json`, (p) => `${p}%2F`, (p) => `${p}/%00`, (p) => p.replace(/\/([^/]*)$/, '/%2e%2e/$1'), (p) => `${p};x=y`, (p) => `${p}#x`])(made.path)),
  method: (dice, made) => (made.method = dice.pick(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])),
  // The query.
  parameter: (dice, made) => made.query.push([dice.pick(made.names), dice.pick(valuesFor(made, dice))]),
  many: (dice, made) => { for (let i = dice.below(8); i >= 0; i--) made.query.push([dice.pick(made.names), dice.pick(valuesFor(made, dice))]); },
  shape: (dice, made) => {
    const name = dice.pick(made.names).split('[')[0];
    made.query.push([dice.pick([name, `${name}[]`, `${name}[`, `${name}]`, `${name}[][]`, `${name}[x]`, `${name}[x][y]`, `${name}[[x]]`, `${dice.pick(made.names)}[]`, `${dice.pick(made.names)}[x]`, `${name}[\0]`, '', '[', '[]', '__proto__', 'x'.repeat(500)]), dice.pick(texts).slice(0, 500)]);
  },
  crowd: (dice, made) => { for (let i = dice.below(300); i >= 0; i--) made.query.push([`x${i}`, `${i}`]); },
  // The body.
  value: (dice, made) => pickMember(dice, made, (member) => (member[1] = dice.chance(0.5) ? dice.pick(rawValues) : JSON.stringify(dice.pick(wordsFor(made, nameOf(member), dice))))),
  values: (dice, made) => { for (let i = 0; i < 3; i++) deeds.value(dice, made); },
  missing: (dice, made) => made.members && made.members.splice(dice.below(made.members.length + 1), 1),
  none: (dice, made) => made.members && (made.members.length = 0),
  extra: (dice, made) => made.members?.push([dice.pick(['x', '', '__proto__', 'constructor', 'id', 'type', 'lead_provider_id', 'state', 'Participant_id', 'participant_id ', '\u0000', '\ud800', 'x'.repeat(5000), '\u202e']), dice.pick(rawValues)]),
  twice: (dice, made) => pickMember(dice, made, (member) => made.members.push([...member])),
  escapedTwice: (dice, made) => pickMember(dice, made, (member) => made.members.push([{ raw: `"${[...nameOf(member)].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"` }, JSON.stringify('x')])),
  deep: (dice, made) => pickMember(dice, made, (member) => { const depth = dice.pick([10, 100, 1000, 2040, 2050, 20_000]), [open, shut] = dice.pick([['[', ']'], ['{"a":', '}']]); member[1] = `${open.repeat(depth)}1${dice.chance(0.8) ? shut.repeat(depth) : ''}`; }),
  structure: (dice, made) => made.members && (made.structure = dice.pick(['', 'null', '[]', '{}', '"x"', '0', '{"data":null}', '{"data":[]}', '{"data":"x"}', '{"data":{}}', '{"data":{"attributes":null}}', '{"data":{"attributes":[]}}', '{"data":{"attributes":"x"}}', '{"data":[{"attributes":A}]}', '[{"data":{"attributes":A}}]', '{"attributes":A}', 'A',
    '{"data":{"attributes":A},"data":{"attributes":A}}', '{"data":{"attributes":A,"attributes":{}}}', '{"data":{"type":null,"attributes":A,"relationships":{}}}', '{"data":{"type":[1],"id":{},"attributes":A},"meta":{"a":[[[]]]},"":0}', '{"data":{"attributes":{"attributes":A}}}', '{"data":{"attributes":A}}x', '{"data":{"attributes":A}}{}', '{"data":{"attributes":A}', '\ufeff{"data":{"attributes":A}}', '//\n{"data":{"attributes":A}}'])),
  bytes: (dice, made) => made.members && made.onBytes.push((bytes) => { const at = dice.below(bytes.length + 1); return Buffer.concat([bytes.subarray(0, at), dice.pick(badBytes), bytes.subarray(at)]); }),
  mutated: (dice, made) => made.members && made.onBytes.push((bytes) => mutate(dice, bytes, [bytes], ['"', '{', '}', '[', ',', ':', '\\', '\\ud800', '\0', ...numbers])),
  wide: (dice, made) => made.members && made.onBytes.push((bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le')),
  padded: (dice, made) => made.members && made.onBytes.push((bytes) => Buffer.concat([bytes, Buffer.alloc(dice.pick([10, 5000, 300_000, 1 << 20]), ' ')])),
  uncalled: (dice, made) => made.members === undefined && made.method !== 'GET' && (made.bytes = Buffer.from(dice.pick(['{', '{}', '\0', '[]', 'x'.repeat(5000), '\ud800']))),
  // The head.
  prefer: (dice, made) => made.headers.push(['prefer', dice.pick(headers.prefer)]),
  key: (dice, made) => made.headers.push(['idempotency-key', dice.chance(0.5) ? `${dice.below(50)}` : dice.pick(headers['idempotency-key'])]),
  match: (dice, made) => made.headers.push(['if-none-match', dice.pick(headers['if-none-match'])]),
  type: (dice, made) => { if (dice.chance(0.7)) made.headers = made.headers.filter(([name]) => name !== 'content-type'); if (dice.chance(0.8)) made.headers.push(['content-type', dice.pick(headers['content-type'])]); },
  other: (dice, made) => made.headers.push(dice.pick(headers.other)),
  again: (dice, made) => made.headers.length > 1 && made.headers.push([...dice.pick(made.headers.slice(1))]), // Host twice is no HTTP
  authorization: (dice, made) => { if (dice.chance(0.8)) made.headers = made.headers.filter(([name]) => name !== 'authorization'); if (dice.chance(0.8)) made.headers.push(['authorization', dice.pick(headers.authorization)]); },
};
const ofPath = ['id', 'otherId', 'upperId'], ofQuery = ['parameter', 'parameter', 'many', 'shape', 'crowd'], ofBody = ['value', 'value', 'value', 'values', 'missing', 'none', 'extra', 'twice', 'escapedTwice', 'deep', 'structure', 'bytes', 'mutated', 'wide', 'padded'];
const ofHead = ['prefer', 'key', 'match', 'type', 'other', 'again'], seldom = ['path', 'method', 'authorization', 'uncalled', 'crowd'];

function pickMember(dice, { members }, work) {
  if (members?.length > 0) work(dice.pick(members));
}

const shortTexts = texts.map((text) => text.slice(0, 1500));
const valuesFor = (made, dice) => dice.pick([shortTexts, dates, identifiers, years, pages, sorts, made.pool.all.length > 0 ? made.pool.all : texts]);
const nameOf = ([name]) => (name.raw ? JSON.parse(name.raw) : name);
const wordsFor = (made, name, dice) => dice.pick([texts, dates, identifiers, years, made.enumOf(name) ?? texts, made.pool.tables.get(tableOf(name)) ?? made.pool.all]);

/** As it stands in a URL: percent-encoded once, twice, too much, not at all where it need not be, or with plus for blanks. */
function inUrl(dice, text) {
  const bytes = Buffer.from(text), once = [...bytes].map((byte) => (/[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`)).join('');
  switch (dice.below(12)) {
    case 0: return once.replaceAll('%', '%25');
    case 1: return once.replaceAll('%20', '+');
    case 2: return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
    case 3: return `${once}${dice.pick(['%', '%2', '%zz', '%00', '%u0041', '%c0%af', '%ff', '%ed%a0%80', '+', '&', '=', '&&', ';'])}`;
    case 4: return bytes.toString('latin1').replace(/[^!$-;=?-Z_a-z~[\]]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
    default: return once;
  }
}

/** An attribute's name and value as JSON has them. */
const membersOf = (document, operation) => Object.entries(bodyOf(document, operation).data.attributes).map(([name, value]) => [name, JSON.stringify(value)]);

function jsonOf(made) {
  const attributes = `{${made.members.map(([name, value]) => `${name.raw ?? JSON.stringify(name)}:${value}`).join(',')}}`;
  return Buffer.from((made.structure ?? '{"data":{"type":"x","attributes":A}}').replaceAll('A', () => attributes));
}

/** What stands for an id in the path, and in the attributes that name somebody or something. */
function aim(dice, made, isDoomed) {
  const list = [...made.pool.lists.keys()].findLast((path) => made.operation.path.startsWith(`${path}/{`)) ?? [...made.pool.lists.keys()].find((path) => made.operation.path.startsWith(path));
  const own = made.pool.lists.get(list)?.get(made.token) ?? [];
  made.id = !isDoomed && own.length > 0 && dice.chance(0.8) ? dice.pick(own) : NOBODY;
  for (const member of made.members ?? []) {
    const name = nameOf(member), ids = made.pool.tables.get(tableOf(name));
    if (/_id$/.test(name) && ids?.length > 0 && !isDoomed) member[1] = JSON.stringify(dice.pick(ids));
  }
}

/** Of what is doomed nothing may come: whatever else it is, it is about nobody. */
function doom(dice, made) {
  if (made.hasId && made.method !== 'GET') made.id = NOBODY;
  if (!made.members) return;
  for (const member of made.members) if (/_id$/.test(nameOf(member))) member[1] = JSON.stringify(NOBODY);
}

/**
 * One request to an operation. isDoomed: it is one that nothing comes of, whoever reads it how. Gives
 * { method, target, headers: [[name, value]], bytes, did: [names of what was done] }.
 */
export function hostile(dice, document, operation, pool, isDoomed) {
  const token = dice.pick(pool.tokens), names = operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const made = {
    document, operation, pool, token, did: [], method: operation.method.toUpperCase(), path: operation.path, hasId: operation.path.includes('{'), names: names.length > 0 ? names : ['filter[cohort]', 'page[page]', 'sort'], query: [], onBytes: [],
    headers: [['host', 'x'], ...(operation.isOpen ? [] : [['authorization', `Bearer ${token}`]]), ...(operation.body ? [['content-type', operation.body.type]] : [])],
    members: operation.body ? membersOf(document, operation) : undefined,
    enumOf: (name) => (Array.isArray(operation.body?.attributes?.[name]?.enum) ? operation.body.attributes[name].enum : undefined),
  };
  const possible = [...(made.hasId ? ofPath : []), ...(names.length > 0 ? [...ofQuery, ...ofQuery] : ofQuery.slice(0, 1)), ...(made.members ? [...ofBody, ...ofBody] : []), ...ofHead];
  aim(dice, made, isDoomed);
  for (let times = dice.below(4); times >= 0; times--) {
    const name = dice.chance(0.08) ? dice.pick(seldom) : dice.pick(possible);
    made.did.push(name);
    deeds[name](dice, made);
  }
  if (isDoomed) doom(dice, made);
  return finish(dice, made);
}

function finish(dice, made) {
  const query = [...neededQuery(made.document, made.operation).filter(() => dice.chance(0.9)), ...made.query.map(([name, value]) => `${dice.chance(0.3) ? inUrl(dice, name) : name.replace(/[^!$-~]/g, '%00')}=${inUrl(dice, value)}`)].join('&');
  const path = made.path.replace(/\{[^}]+\}/g, () => inUrl(dice, made.id).replaceAll('/', '%2F').replaceAll('?', '%3F') || '%20');
  const bytes = made.members ? bodyBytes(dice, made) : made.bytes;
  return { method: made.method, target: query ? `${path}?${query}` : path, headers: made.headers, bytes, did: made.did };
}

function bodyBytes(dice, made) {
  const line = made.onBytes.reduce((bytes, work) => work(bytes), jsonOf(made));
  if (!isBulk(made.operation)) return line;
  if (dice.chance(0.01)) return Buffer.from('{}\n'.repeat(dice.pick([9, 10_001])));
  return Buffer.concat(Array.from({ length: 1 + dice.below(4) }, () => [line, Buffer.from(dice.pick(['\n', '\r\n', '\n\n', '\n \n']))]).flat());
}

// ---- sending

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function once(url, { method, target, headers: fields, bytes }) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const raw = [...fields.flat(), ...(bytes ? ['content-length', String(bytes.length)] : [])];
    const asked = request({ agent, hostname, port, method, path: target, headers: raw, setHost: false }, (answer) => answer.toArray().then((parts) => resolve({
      status: answer.statusCode, headers: { get: (name) => answer.headers[name.toLowerCase()] ?? null }, text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)),
    }), reject));
    asked.on('error', (error) => reject(Object.assign(error, { isStale: asked.reusedSocket })));
    asked.end(bytes);
  });
}

/** Sends it and gives the answer; again where a kept connection had just been ended by the other side. */
export async function send(url, made) {
  try {
    return await once(url, made);
  } catch (error) {
    if (!error.isStale || !/ECONNRESET|EPIPE/.test(error.code)) throw error;
    return once(url, made);
  }
}

export const sentFields = (made) => Object.fromEntries(made.headers);
export const endSending = () => agent.destroy();
