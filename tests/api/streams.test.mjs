// Every byte that the front answers with, whatever it is sent: as the first request of a connection, as a later one, and
// sent behind others without waiting (architecture.md section 6). Each request gets one answer of the contract's shape, or
// none where it is said here; never the library's own.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, raw, startFront } from './client.mjs';
import { A, participant, world } from './world.mjs';

const NOWHERE = `${DECLARATIONS}/00000000-0000-4000-8000-000000000000`;
let system, front, url, token, pid;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  token = new Provider(system, A).token;
  front = await startFront(system, { ECF2_MAX_BODY_BYTES: '65536' });
  url = front.url;
  pid = system.processes.get(front.name).child.pid;
});
after(() => system?.stop());
afterEach(() => {
  const { child } = system.processes.get(front.name);
  assert.deepEqual([child.pid, child.exitCode, child.signalCode], [pid, null, null], 'the same front as before');
});

// ---- what is sent

const lines = (...all) => [...all, '', ''].join('\r\n');
const wrong = JSON.stringify(body({ participant_id: participant('errors'), course_identifier: 'ecf-induction', declaration_type: 'nonsense', declaration_date: '2024-10-07T09:00:00Z' })); // 422
const auth = () => `Authorization: Bearer ${token}`;
const get = (...fields) => lines(`GET ${NOWHERE} HTTP/1.1`, 'Host: x', auth(), ...fields); // 404
const post = (...fields) => lines(`POST ${DECLARATIONS} HTTP/1.1`, 'Host: x', auth(), 'Content-Type: application/json', ...fields);
const sized = () => post(`Content-Length: ${wrong.length}`) + wrong; // 422
const chunk = (content, more = '') => `${content.length.toString(16)}${more}\r\n${content}\r\n`;
const chunked = (...chunks) => post('Transfer-Encoding: chunked') + chunks.join('');
const pairs = (n) => Array.from({ length: n }, (_, i) => `X-${i}: y`);

// Bad requests, by the answer that each one gets. None is followed by another answer: the connection ends.
const refused = {
  400: {
    'no request line': () => 'x\r\n\r\n',
    'a request line without blanks': () => 'GET\r\nHost: x\r\n\r\n',
    'a request line without version': () => lines('GET /', 'Host: x'),
    'a request line with two blanks': () => lines('GET  / HTTP/1.1', 'Host: x'),
    'a blank before the request line': () => ` ${get()}`,
    'a blank behind the version': () => lines('GET / HTTP/1.1 ', 'Host: x'),
    'a tab in the request line': () => lines('GET\t/ HTTP/1.1', 'Host: x'),
    'a method that is none': () => lines('G@T / HTTP/1.1', 'Host: x'),
    'a version that is none': () => lines('GET / HTTP/1.1.1', 'Host: x'),
    'a version in small letters': () => lines('GET / http/1.1', 'Host: x'),
    'bytes above ASCII in the URL': () => Buffer.from(lines('GET /\xe9 HTTP/1.1', 'Host: x'), 'latin1'),
    'NUL in the URL': () => lines('GET /\0 HTTP/1.1', 'Host: x'),
    'NULs': () => '\0\0\0\0\r\n\r\n',
    'TLS': () => Buffer.from('16030100ff010000fb0303000102030405060708090a0b0c0d0e0f0d0a0d0a', 'hex'),
    'bare LF': () => get().replaceAll('\r\n', '\n'),
    'bare LF behind a field': () => get('X: y\nZ: w'),
    'bare CR': () => get('X: y\rZ: w'),
    'CR CR LF': () => get('X: y\r'),
    'a field without colon': () => get('nonsense'),
    'a first field without colon': () => lines(`GET ${NOWHERE} HTTP/1.1`, 'nonsense', 'Host: x'),
    'a field without name': () => get(': y'),
    'a blank before the colon': () => get('X : y'),
    'a blank in a name': () => get('X Y: z'),
    'a control character in a name': () => get('X\x01: y'),
    'NUL in a name': () => get('X\0: y'),
    'NUL in a value': () => get('X: y\0z'),
    'a control character in a value': () => get('X: y\x07'),
    'DEL in a value': () => get('X: y\x7f'),
    'a folded field': () => get('X: y', ' z'),
    'a folded field, by a tab': () => get('X: y', '\tz'),
    'a folded request line': () => lines(`GET ${NOWHERE} HTTP/1.1`, ' Host: x'),
    'a blank line that is none': () => get().replace(/\r\n\r\n$/, '\r\n \r\n\r\n'),
    'no Host': () => lines(`GET ${NOWHERE} HTTP/1.1`, auth()),
    'two Hosts': () => get('Host: y'),
    'two Hosts in HTTP/1.0': () => get('Host: x').replace('HTTP/1.1', 'HTTP/1.0'),
    ...Object.fromEntries(['-1', '+1', '0x10', '1 1', '1,1', '1e2', 'x', '', '"5"', `${'9'.repeat(23)}x`, `${'0'.repeat(23)}.`].map((value) => [`Content-Length: ${value}`, () => post(`Content-Length: ${value}`) + wrong])),
    'two Content-Length': () => post(`Content-Length: ${wrong.length}`, 'Content-Length: 0') + wrong,
    'two equal Content-Length': () => post(`Content-Length: ${wrong.length}`, `content-length: ${wrong.length}`) + wrong,
    'a folded Content-Length': () => post('Content-Length:', ` ${wrong.length}`) + wrong,
    'both framings': () => post('Content-Length: 5', 'Transfer-Encoding: chunked') + chunk(wrong) + '0\r\n\r\n',
    'both framings, the other way round': () => post('Transfer-Encoding: chunked', 'Content-Length: 5') + chunk(wrong) + '0\r\n\r\n',
    ...Object.fromEntries(['identity', 'gzip', 'gzip, chunked', 'chunked, chunked', 'chunked;x', 'xchunked', '', '"chunked"', '\x0bchunked', 'chunked\xa0'].map((value) => [`Transfer-Encoding: ${JSON.stringify(value)}`, () => Buffer.from(post(`Transfer-Encoding: ${value}`) + chunk(wrong) + '0\r\n\r\n', 'latin1')])),
    'two Transfer-Encoding': () => post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + chunk(wrong) + '0\r\n\r\n',
    'Transfer-Encoding in HTTP/1.0': () => chunked(chunk(wrong), '0\r\n\r\n').replace('HTTP/1.1', 'HTTP/1.0'),
    'chunk: no size': () => chunked('\r\n\r\n'),
    'chunk: no size, an extension': () => chunked(';x=y\r\n'),
    'chunk: a size that is none': () => chunked('xyz\r\n\r\n'),
    'chunk: a negative size': () => chunked('-1\r\n\r\n'),
    'chunk: a size with 0x': () => chunked(`0x${chunk(wrong)}`, '0\r\n\r\n'),
    'chunk: a blank behind the size': () => chunked(chunk(wrong, ' '), '0\r\n\r\n'),
    'chunk: a blank before the size': () => chunked(` ${chunk(wrong)}`, '0\r\n\r\n'),
    'chunk: a size with 17 digits': () => chunked(`${'0'.repeat(16)}1\r\nx\r\n0\r\n\r\n`),
    'chunk: a size without end': () => chunked('1'.repeat(100_000)),
    'chunk: bare LF behind the size': () => chunked(chunk(wrong).replace('\r\n', '\n'), '0\r\n\r\n'),
    'chunk: bare CR behind the size': () => chunked(chunk(wrong).replace('\r\n', '\r'), '0\r\n\r\n'),
    'chunk: bare LF behind the data': () => chunked(`1\r\n{\n0\r\n\r\n`),
    'chunk: no CR LF behind the data': () => chunked(`1\r\n{{0\r\n\r\n`),
    'chunk: more data than the size says': () => chunked(`2\r\n{{{{\r\n0\r\n\r\n`),
    'chunk: NUL in an extension': () => chunked(chunk(wrong, ';x=\0'), '0\r\n\r\n'),
    'chunk: LF in an extension': () => chunked(chunk(wrong, ';x\n'), '0\r\n\r\n'),
    'chunk: a huge extension': () => chunked(chunk(wrong, `;x=${'y'.repeat(5000)}`), '0\r\n\r\n'),
    'chunk: an extension without end': () => chunked(`5;${'y'.repeat(200_000)}`),
    'chunk: many extensions': () => chunked(...Array(100).fill(chunk('{', `;${'y'.repeat(50)}`)), '0\r\n\r\n'),
    'chunk: a trailer without colon': () => chunked(chunk(wrong), '0\r\nnonsense\r\n\r\n'),
    'chunk: a trailer without name': () => chunked(chunk(wrong), '0\r\n: x\r\n\r\n'),
    'chunk: a folded trailer': () => chunked(chunk(wrong), '0\r\nX: y\r\n z\r\n\r\n'),
    'chunk: NUL in a trailer': () => chunked(chunk(wrong), '0\r\nX: y\0\r\n\r\n'),
    'chunk: bare LF in a trailer': () => chunked(chunk(wrong), '0\r\nX: y\nZ: w\r\n\r\n'),
    'chunk: bare LF at the end': () => chunked(chunk(wrong), '0\r\n\n'),
    'chunk: bare CR at the end': () => chunked(chunk(wrong), '0\r\n\rx'),
    'chunk: the next request in place of the end': () => chunked(chunk(wrong), '0\r\n', get()),
  },
  413: {
    'a body more than twice too large': () => post(`Content-Length: ${200_000}`) + 'x'.repeat(1000),
    'a body that is too large, all of it': () => post(`Content-Length: ${200_000}`) + 'x'.repeat(200_000),
    'a body that is a byte too large': () => post('Content-Length: 65537') + 'x'.repeat(65_537),
    ...Object.fromEntries(['999999999999999999', '18446744073709551615', '18446744073709551616', '18446744073709551617', '9'.repeat(23), '9'.repeat(400)].map((value) => [`a body of ${value} bytes`, () => post(`Content-Length: ${value}`) + wrong])),
    'a huge body to GET': () => get(`Content-Length: ${'9'.repeat(23)}`),
    'a huge body where there is no route': () => lines('POST /nowhere HTTP/1.1', 'Host: x', `Content-Length: ${'9'.repeat(23)}`) + wrong,
    'a body that is too large, expecting 100': () => post(`Content-Length: ${65_537}`, 'Expect: 100-continue'),
    'chunk: of a byte too much': () => chunked(chunk('x'.repeat(65_537)), '0\r\n\r\n'),
    'chunk: many, a byte too much': () => chunked(...Array(64).fill(chunk('x'.repeat(1024))), chunk('x'), '0\r\n\r\n'),
    'chunk: twice too much': () => chunked(chunk('x'.repeat(131_072)), '0\r\n\r\n'),
    'chunk: a byte more than twice too much': () => chunked(chunk('x'.repeat(131_073)), '0\r\n\r\n'),
    'chunk: many, ten times too much': () => chunked(...Array(640).fill(chunk('x'.repeat(1024))), '0\r\n\r\n'),
    'chunk: one, ten times too much': () => chunked(chunk('x'.repeat(655_360)), '0\r\n\r\n'),
    'chunk: more than twice too much to GET': () => get('Transfer-Encoding: chunked') + chunk('x'.repeat(200_000)) + '0\r\n\r\n',
    'chunk: of more than twice too much': () => chunked(`${(200_000).toString(16)}\r\nx`),
    'chunk: of 64 bits': () => chunked(`${'f'.repeat(16)}\r\nx`),
    'chunk: of 63 bits, and one more': () => chunked(chunk(wrong), `7${'f'.repeat(15)}\r\nx`),
    'chunk: many, more than twice too much': () => chunked(...Array(200).fill(chunk('x'.repeat(1000))), '0\r\n\r\n'),
  },
  414: {
    'a URL of 4 097 bytes': () => lines(`GET /${'x'.repeat(4096)} HTTP/1.1`, 'Host: x'),
    'a query of 4 097 bytes': () => lines(`GET ${NOWHERE}?${'x=y&'.repeat(1024)} HTTP/1.1`, 'Host: x', auth()),
    'a URL of 7 000 bytes': () => lines(`GET /${'x'.repeat(7000)} HTTP/1.1`, 'Host: x'),
    'a URL of 100 000 bytes': () => lines(`GET /${'x'.repeat(100_000)} HTTP/1.1`, 'Host: x'),
    'a URL without end': () => `GET /${'x'.repeat(50_000)}`,
    'a line without end': () => 'x'.repeat(50_000),
  },
  431: {
    'a field of 7 000 bytes': () => get(`X: ${'y'.repeat(7000)}`),
    'a field of 7 500 bytes': () => get(`X: ${'y'.repeat(7500)}`),
    'a field of 100 000 bytes': () => get(`X: ${'y'.repeat(100_000)}`),
    'a field without end': () => get().slice(0, -2) + 'X: ' + 'y'.repeat(50_000),
    'a name without end': () => get().slice(0, -2) + 'y'.repeat(50_000),
    '200 fields': () => get(...pairs(200)),
    '1 000 fields': () => get(...pairs(1000)),
    'a field 200 times': () => get(...Array(200).fill('X: y')),
    'the same with a body': () => post(`Content-Length: ${wrong.length}`, ...pairs(200)) + wrong,
    'chunk: a trailer of 5 000 bytes': () => chunked(chunk(wrong), `0\r\nX: ${'y'.repeat(5000)}\r\n\r\n`),
    'chunk: 1 000 trailers': () => chunked(chunk(wrong), '0\r\n', ...pairs(1000).map((pair) => `${pair}\r\n`), '\r\n'),
    'chunk: a trailer without end': () => chunked(chunk(wrong), `0\r\nX: ${'y'.repeat(50_000)}`),
  },
  505: {
    'HTTP/2.0': () => get().replace('HTTP/1.1', 'HTTP/2.0'),
    'HTTP/0.9': () => get().replace('HTTP/1.1', 'HTTP/0.9'),
    'HTTP/9.9': () => get().replace('HTTP/1.1', 'HTTP/9.9'),
    'HTTP/2 by prior knowledge': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  },
};

// Good requests of unusual form, which must not be taken for bad ones: the answer, and the next one on the same connection.
const served = {
  'empty lines before it': [404, () => `\r\n\r\n${get()}`],
  'an absolute minimum': [404, () => 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  'a field with nothing in it': [404, () => get('X:')],
  ...Object.fromEntries(['a="', '"; a="', '"=b; a="', 'x"y=1; a="', 'a=b"c"; "; d="', 'a="b"; "=1; c="', '"', '=', '', 'a,'.repeat(107), 'a,'.repeat(500), 'a=b;'.repeat(1500)]
    .map((cookies) => [`cookies: ${cookies.slice(0, 20)}, ${cookies.length} bytes`, [404, () => get(`Cookie: ${cookies}`)]])),
  '50 cookie fields': [404, () => get(...Array(50).fill('Cookie: a=b; c=d'))],
  'a field of 5 000 bytes': [404, () => get(`X: ${'y'.repeat(5000)}`)],
  'a head that only just fits': [404, () => get(`X: ${'y'.repeat(7168 - get('X: ').length - 350)}`)],
  'such a head with a body': [422, () => sized().replace('\r\n\r\n', `\r\nX: ${'y'.repeat(6400)}\r\n\r\n`)],
  'such a head with a body in chunks': [422, () => chunked(...[...wrong].map((c) => chunk(c)), '0\r\n\r\n').replace('\r\n\r\n', `\r\nX: ${'y'.repeat(6400)}\r\n\r\n`)],
  '60 fields': [404, () => get(...pairs(60))],
  'a URL of 4 096 bytes': [404, () => lines(`GET /${'x'.repeat(4095)} HTTP/1.1`, 'Host: x')],
  '2 000 query arguments': [404, () => lines(`GET ${NOWHERE}?${'&'.repeat(2000)} HTTP/1.1`, 'Host: x', auth())],
  'Latin 1 in a value': [404, () => Buffer.from(get('X: \xe9'), 'latin1')],
  'HTTP/1.2': [404, () => get().replace('HTTP/1.1', 'HTTP/1.2')],
  'a body to GET': [404, () => get(`Content-Length: ${wrong.length}`) + wrong],
  'a body in chunks to GET': [404, () => get('Transfer-Encoding: chunked') + chunk(wrong) + '0\r\n\r\n'],
  'a body where there is no route': [404, () => lines('POST /nowhere HTTP/1.1', 'Host: x', `Content-Length: ${wrong.length}`) + wrong],
  'a body of nothing': [400, () => post('Content-Length: 0')],
  'chunks of nothing': [400, () => chunked('0\r\n\r\n')],
  'a body of 64 KiB': [422, () => post('Content-Length: 65536') + wrong + ' '.repeat(65_536 - wrong.length)],
  'chunks': [422, () => chunked(chunk(wrong.slice(0, 50)), chunk(wrong.slice(50)), '0\r\n\r\n')],
  'chunks, each a byte': [422, () => chunked(...[...wrong].map((c) => chunk(c)), '0\r\n\r\n')],
  'chunks with extensions': [422, () => chunked(...[...wrong].map((c) => chunk(c, ';a="b c"')), '0;x\r\n\r\n')],
  'chunks with trailers': [422, () => chunked(chunk(wrong), '0\r\nX: y\r\nContent-Length: 5\r\nHost:\r\n\r\n')],
  'sizes with zeros before them': [422, () => chunked(`0000${chunk(wrong)}`, '000000\r\n\r\n')],
  'sizes in capitals': [422, () => chunked(`${wrong.length.toString(16).toUpperCase()}\r\n${wrong}\r\n`, '0\r\n\r\n')],
  'blanks behind a length': [422, () => post(`Content-Length: ${wrong.length} \t`) + wrong],
  'blanks behind chunked': [422, () => chunked(chunk(wrong), '0\r\n\r\n').replace('chunked', 'chunked \t ')],
  'blanks behind all values': [422, () => sized().replace(/(?<=: .*)\r\n/g, ' \t\r\n')],
  'HEAD': [404, () => get().replace('GET', 'HEAD')],
  'a length with zeros before it': [422, () => post(`Content-Length: ${'0'.repeat(40)}${wrong.length}`) + wrong],
  'the absolute form': [404, () => get().replace(' /', ' http://x/')],
  'the absolute form, another host, https': [404, () => get().replace(' /', ' HTTPS://user@y.example:8443/')],
  'the absolute form with a body': [422, () => sized().replace(' /', ' http://x/')],
  'the absolute form with a query': [400, () => get().replace(' /', ' http://x/').replace(' HTTP/', '?filter=x HTTP/')],
  'the absolute form without path': [404, () => lines('GET http://x HTTP/1.1', 'Host: x')],
  'the absolute form without host': [404, () => lines('GET http:///healthcheck/live HTTP/1.1', 'Host: x')],
  'the absolute form, another scheme': [404, () => lines('GET ftp://x/healthcheck/live HTTP/1.1', 'Host: x')],
  'OPTIONS *': [404, () => lines('OPTIONS * HTTP/1.1', 'Host: x')],
};

// ---- how it is sent, and what must come back

const seen = new Map(); // status → how many answers, of this whole file

/** The responses in a stream: { status, headers, body }; fails on anything that is none. */
function responses(text, methods = []) {
  const found = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\r\n\r\n', at);
    assert.ok(end >= 0, `no head at ${at}: ${text.slice(at, at + 500)}`);
    const [line, ...fields] = text.slice(at, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) [A-Z][A-Za-z -]*$/.exec(line)?.[1]);
    assert.ok(status, `no status line: ${line}`);
    const headers = {};
    for (const field of fields) {
      const [, name, value] = /^([A-Za-z-]+): (.+)$/.exec(field) ?? assert.fail(`no field: ${field}`);
      assert.equal(headers[name.toLowerCase()], undefined, `twice: ${name}`);
      headers[name.toLowerCase()] = value;
    }
    at = end + 4;
    if (status === 100) continue;
    assert.match(headers['content-length'] ?? 'none', /^\d+$/);
    const size = methods[found.length] === 'HEAD' ? 0 : Number(headers['content-length']);
    assert.ok(at + size <= text.length, `${size} bytes were promised: ${text.slice(at)}`);
    found.push({ status, headers, body: text.slice(at, at + size) });
    at += size;
  }
  return found;
}

/** The headers of every answer, and the shape of every error (lead-provider-api.md 3.8, 3.10). */
function isOurs({ status, headers, body: text }, method) {
  seen.set(status, (seen.get(status) ?? 0) + 1);
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.match(headers['x-request-id'], /^[0-9a-f-]{36}$/);
  assert.ok(Math.abs(Date.parse(headers.date) - Date.now()) < 5000, `Date: ${headers.date}`);
  assert.deepEqual([headers['strict-transport-security'], headers['x-content-type-options'], headers['x-robots-tag']], ['max-age=10800', 'nosniff', 'none']);
  if (method === 'HEAD' || status < 400) return;
  const parsed = JSON.parse(text);
  if (parsed.error) assert.deepEqual(Object.keys(parsed), ['error']);
  else for (const error of parsed.errors) assert.deepEqual([Object.keys(error), error.title.length > 0, error.detail.length > 0], [['title', 'detail'], true, true]);
  if (status === 503) assert.match(headers['retry-after'], /^[1-9]\d*$/);
}

const bytesOf = (data) => (Buffer.isBuffer(data) ? data : Buffer.from(data, 'latin1'));
const join = (...parts) => Buffer.concat(parts.map(bytesOf));

/** Sends each part when the answers to those before it are there; gives all that came until the other side ended it. */
const inTurn = (...parts) => raw(url, (socket) => {
  let next = 0, seen = '';
  const more = () => socket.write(parts[next++]);
  socket.on('data', (data) => {
    seen += data.toString('latin1');
    try {
      if (next < parts.length && responses(seen).length === next) more();
    } catch { /* part of a response */ }
  });
  more();
});

/** In pieces, each of which arrives alone. */
const dripped = (data, size) => raw(url, async (socket) => {
  const all = bytesOf(data);
  socket.setNoDelay(true);
  for (let at = 0; at < all.length && socket.writable; at += size) {
    await new Promise((resolve) => socket.write(all.subarray(at, at + size), resolve));
    await new Promise(setImmediate);
  }
});

const ways = [
  ['first', (bad) => raw(url, bad), []],
  ['later', (bad) => inTurn(get(), bad), [404]],
  ['after a body', (bad) => inTurn(sized(), bad), [422]],
  ['at once behind a request', (bad) => raw(url, join(get(), bad)), [404]],
  ['at once behind bodies', (bad) => raw(url, join(sized(), chunked(chunk(wrong), '0\r\nX: y\r\n\r\n'), bad)), [422, 422]],
  ['with another request behind it', (bad) => raw(url, join(get(), bad, get())), [404]],
  ['in pieces', (bad) => dripped(bad, Math.max(1, Math.floor(bytesOf(bad).length / 500))), []],
];

for (const [status, table] of Object.entries(refused)) {
  describe(`${status}, once, and the connection ends`, () => {
    for (const [name, make] of Object.entries(table)) {
      test(name, async () => {
        await Promise.all(ways.map(async ([way, send, before]) => {
          const answer = await send(make());
          const what = `${way}:\n${answer.text}`;
          const found = responses(answer.text);
          assert.deepEqual(found.map((one) => one.status), [...before, Number(status)], what);
          for (const one of found) isOurs(one);
          assert.equal(found.at(-1).headers.connection, 'close', what);
          assert.deepEqual([answer.open, answer.error], [false, undefined], what);
        }));
      });
    }
  });
}

describe('served, and the next request too', () => {
  for (const [name, [status, make]] of Object.entries(served)) {
    test(name, async () => {
      const last = get('Connection: close');
      const data = make(), method = /^\s*(\w+)/.exec(bytesOf(data).toString('latin1'))[1];
      for (const [way, send, before] of [
        ['at once', () => raw(url, join(data, last)), []],
        ['behind another', () => raw(url, join(get(), data, last)), [404]],
        ['twice', () => raw(url, join(data, data, last)), [status]],
        ['byte by byte', () => dripped(join(data, last), bytesOf(data).length > 3000 ? 97 : 1), []],
      ]) {
        const answer = await send();
        const methods = [...before.map(() => (way === 'twice' ? method : 'GET')), method, 'GET'];
        const found = responses(answer.text, methods);
        assert.deepEqual(found.map((one) => one.status), [...before, status, 404], `${way}: ${answer.text}`);
        found.forEach((one, i) => isOurs(one, methods[i]));
        assert.deepEqual([answer.open, answer.error], [false, undefined], way);
      }
    });
  }
});

test('each of these answers was counted and logged, once', async () => {
  const counted = new Map(), logged = new Map();
  const add = (map, status, n) => map.set(Number(status), (map.get(Number(status)) ?? 0) + n);
  for (const [name, n] of await system.metrics(front.name)) {
    const [, route, status] = /^ecf2_http_requests_total\{route="(.*)",method=".*",status="(.*)"\}$/.exec(name) ?? [];
    if (route && !route.startsWith('/healthcheck')) add(counted, status, n);
  }
  for (const line of system.logs(front.name).split('\n').filter((text) => text.includes('"event":"request"'))) {
    const { route, status, trace } = JSON.parse(line);
    assert.match(trace, /^[0-9a-f-]{36}$/);
    if (!route.startsWith('/healthcheck')) add(logged, status, 1);
  }
  const inOrder = (map) => [...map].sort(([a], [b]) => a - b);
  assert.deepEqual(inOrder(counted), inOrder(seen));
  assert.deepEqual(inOrder(logged), inOrder(seen));
});
