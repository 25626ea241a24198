// Every way in which the front says no (lead-provider-api.md 3.1 to 3.3, 3.8, 3.9; submissions.md 7; operations.md 4), and
// that it goes on serving afterwards: no answer is 500, 502 or 504, and the process stays the same.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, parse, postText, raw, startFront, statuses } from './client.mjs';
import { A, B, participant, world } from './world.mjs';

const NOWHERE = `${DECLARATIONS}/00000000-0000-4000-8000-000000000000`;
let system, a, host, pid;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  a = new Provider(system, A);
  host = new URL(system.url).host;
  pid = system.processes.get('front').child.pid;
});
after(() => system?.stop());

/** The front that was tried still answers, and is the same process. */
afterEach(async () => {
  const answer = await system.request('GET', NOWHERE, { token: a.token });
  assert.equal(answer.status, 404, 'the front still serves');
  assert.equal(system.processes.get('front').child.pid, pid);
  assert.equal(system.processes.get('front').child.exitCode, null);
});

const ect = (more) => ({ participant_id: participant('errors'), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...more });
const wrong = JSON.stringify(body(ect({ declaration_type: 'nonsense' }))); // 422, so that nothing is made
const lines = (...all) => [...all, '', ''].join('\r\n');
const get = (...fields) => lines(`GET ${NOWHERE} HTTP/1.1`, `Host: ${host}`, ...fields);
const authorized = () => `Authorization: Bearer ${a.token}`;

/** {"errors": [{title, detail}]} of one title (3.8). */
function isProblem(answer, status, title) {
  assert.equal(answer.status, status, answer.text);
  const parsed = typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body;
  assert.deepEqual(Object.keys(parsed), ['errors'], answer.text);
  assert.deepEqual(parsed.errors.map((error) => [Object.keys(error), error.title]), [[['title', 'detail'], title]]);
  assert.ok(parsed.errors[0].detail.length > 0);
  const type = answer.headers.get?.('content-type') ?? answer.headers['content-type'];
  assert.equal(type, 'application/json; charset=utf-8');
}

function hasRetryAfter(answer) {
  const value = answer.headers.get?.('retry-after') ?? answer.headers['retry-after'];
  assert.match(value ?? 'none', /^[1-9]\d*$/, `Retry-After of\n${answer.text}`);
}

describe('401 (lead-provider-api.md 3.1/1, 3.1/2)', () => {
  const isDenied = (answer) => {
    assert.equal(answer.status, 401, answer.text);
    assert.equal(answer.body, '{"error": "HTTP Token: Access denied"}');
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.equal(answer.headers['www-authenticate'], undefined);
  };
  const ask = (...fields) => raw(system.url, get(...fields, 'Connection: close'));

  for (const form of ['Bearer T', 'Token T', 'Token token="T"', 'Token token=T', 'Bearer  T', 'Token token="T", x="y"', ' Bearer T ']) {
    test(`Authorization: ${form} is good`, async () => {
      assert.equal((await ask(`Authorization: ${form.replace(/\bT\b(?=[^oa]|$)/, a.token)}`)).status, 404);
    });
  }
  for (const form of ['bearer T', 'token T', 'BEARER T', 'Basic T', 'T', 'Bearer', 'Bearer ', 'BearerT', 'Token token=', 'Token token=""', 'Token token="', 'Bearer T x', 'Bearer xT',
    '', 'Bearer "T"', `Bearer ${'x'.repeat(3000)}`, 'Bearer \xff\xfe', 'Bearer T, Bearer T']) {
    test(`Authorization: ${form.slice(0, 30)} is denied`, async () => isDenied(await ask(`Authorization: ${form.replace(/T(?=$|[ ,"])/g, a.token).replace('xT', `x${a.token}`)}`)));
  }
  test('no Authorization, or two', async () => {
    isDenied(await ask());
    isDenied(await ask(authorized(), authorized()));
  });
  test('comes before the body is looked at, after the route (lead-provider-api.md 3.2/2, 3.2/3)', async () => {
    isDenied(await raw(system.url, postText('nonsense', '{', { headers: ['Connection: close'] })));
    assert.equal((await raw(system.url, lines('GET /api/v4/participants HTTP/1.1', `Host: ${host}`, 'Connection: close'))).status, 404);
  });

  for (const redis of ['running', 'stopped']) {
    test(`a revoked token is denied on the next request, Redis ${redis} (lead-provider-api.md 3.1/6)`, async () => {
      const [token, id] = /^(\S+)\s+id (\d+)/.exec(system.ctl('token', 'create', '--lead-provider', B).stdout).slice(1);
      if (redis === 'stopped') await system.kill('redis');
      try {
        for (let i = 0; i < 3; i++) assert.equal((await system.request('GET', NOWHERE, { token })).status, 404, 'believed, and remembered');
        const revoked = system.ctl('token', 'revoke', id);
        assert.equal(revoked.status, 0, revoked.stderr);
        for (let i = 0; i < 3; i++) assert.equal((await system.request('GET', NOWHERE, { token })).status, 401);
        assert.equal((await system.request('GET', NOWHERE, { token: a.token })).status, 404, 'others are not');
      } finally {
        if (redis === 'stopped') await system.start('redis');
      }
    });
  }
});

describe('404 of a route', () => {
  for (const [method, path] of [['GET', '/'], ['GET', '/api'], ['GET', '/api/v3'], ['GET', '/api/v1/participants'], ['GET', '/api/v2/participant-declarations'], ['GET', '/api/v4/statements'],
    ['DELETE', NOWHERE], ['PUT', DECLARATIONS], ['PATCH', NOWHERE], ['POST', NOWHERE], ['POST', `${NOWHERE}/void`], ['OPTIONS', DECLARATIONS], ['TRACE', DECLARATIONS], ['BREW', DECLARATIONS],
    ['POST', '/api/v3/submissions/x'], ['GET', `${DECLARATIONS}//`], ['GET', `${DECLARATIONS}/`], ['GET', `${NOWHERE}/x`], ['GET', '/API/v3/participant-declarations/x'], ['GET', '/api/v3/participant-declarations%2Fx'],
    ['GET', '//api/v3/submissions/x'], ['GET', '/api/v3/../v3/submissions/x'], ['GET', '/%'], ['GET', '/%00'], ['GET', '*']]) {
    test(`${method} ${path}`, async () => {
      for (const fields of [[], [authorized()]]) {
        const answer = await raw(system.url, lines(`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...fields, 'Connection: close'));
        assert.equal(answer.status, 404, answer.text);
        if (method === 'HEAD') continue;
        const parsed = JSON.parse(answer.body);
        assert.deepEqual([Object.keys(parsed), typeof parsed.error], [['error'], 'string']);
      }
    });
  }
  test('a record that is not there has the shape of a resource', async () => isProblem(await a.get(NOWHERE), 404, 'Resource not found'));
  test('an id that is no UUID is a record that is not there', async () => {
    for (const id of ['1', 'x', '00000000-0000-4000-8000-00000000000g', "'; drop table declarations; --", 'null', '..']) {
      isProblem(await raw(system.url, lines(`GET ${DECLARATIONS}/${encodeURIComponent(id)} HTTP/1.1`, `Host: ${host}`, authorized(), 'Connection: close')), 404, 'Resource not found');
    }
  });
});

describe('400 of a body (lead-provider-api.md 3.2/4, 3.2/6e, 3.3/2, 3.3/3, 3.3/4)', () => {
  const send = (content, headers = []) => raw(system.url, Buffer.concat([
    Buffer.from(postText(a.token, '', { headers: [...headers, 'Connection: close'], length: content.length })), Buffer.from(content)]));
  const text = (name, content) => test(name, async () => isProblem(await send(typeof content === 'string' ? Buffer.from(content) : content), 400, 'Bad request'));

  text('no body', '');
  for (const content of ['[]', '"x"', '1', 'true', 'null', '{}', '{"data":null}', '{"data":""}', '{"data":"x"}', '{"data":1}', '{"data":true}', '{"data":[]}', '{"data":[{"attributes":{"participant_id":"x"}}]}', '{"data":{}}',
    '{"data":{"attributes":null}}', '{"data":{"attributes":""}}', '{"data":{"attributes":"x"}}', '{"data":{"attributes":5}}', '{"data":{"attributes":[]}}', '{"data":{"attributes":["participant_id"]}}', '{"data":{"attributes":{}}}',
    '{"data":{"attributes":{"has_passed":true}}}', '{"data":{"attributes":{"Participant_id":"x"}}}', '{"attributes":{"participant_id":"x"}}', '{"data":{"participant_id":"x"}}']) {
    text(`structure: ${content}`, content);
  }
  for (const content of ['{', '}', '{"data":', '{"data":{"attributes":{"participant_id":"x"}}', "{'data':1}", '{"data":{"attributes":{"participant_id":"x"}}}}', '{"data":{"attributes":{"participant_id":"x"}}} x', '{"data":{"attributes":{"participant_id":NaN}}}',
    '{"data":{"attributes":{"participant_id":01}}}', '{"data":{"attributes":{"participant_id":+1}}}', '{"data":{"attributes":{"participant_id":"\t"}}}', '{"data":{"attributes":{"participant_id":"\\x41"}}}',
    '{"data":{"attributes":{"participant_id":"x",}}}', '// x\n{}', '<xml/>', 'data[attributes][participant_id]=x', '\u{feff}{"data":{"attributes":{"participant_id":"x"}}}', 'nul', '"']) {
    text(`syntax: ${JSON.stringify(content)}`, content);
  }
  const attribute = (value) => `{"data":{"attributes":{"participant_id":${value}}}}`;
  text('100 000 arrays', '['.repeat(100_000));
  text('100 000 arrays in an attribute', attribute('['.repeat(100_000)));
  text('100 000 objects', '{"data":'.repeat(100_000));
  text('nesting that is closed', attribute('['.repeat(5000) + ']'.repeat(5000)));
  text('the same key twice', '{"data":{"attributes":{"participant_id":"x","participant_id":"y"}}}');
  text('the same key twice, written otherwise', '{"data":{"attributes":{"participant_id":"x","participant\\u005fid":"y"}}}');
  text('data twice', '{"data":{"attributes":{"participant_id":"x"}},"data":{"attributes":{"participant_id":"x"}}}');
  for (const [name, bytes] of [['a continuation byte', [0x80]], ['overlong', [0xc0, 0xaf]], ['a surrogate', [0xed, 0xa0, 0x80]], ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]], ['cut off', [0xe2, 0x82]], ['Latin 1', [0xe9]], ['NUL', [0]]]) {
    text(`not UTF-8: ${name}`, Buffer.concat([Buffer.from('{"data":{"attributes":{"participant_id":"'), Buffer.from(bytes), Buffer.from('"}}}')]));
  }
  text('UTF-16', Buffer.from(wrong, 'utf16le'));
  text('NUL behind the body', wrong + '\0');
  text('NUL behind numbers', `{"data":{"attributes":{"x":2\0,"y":{"z":2\0},"participant_id":3}}}`);
  text('\\u0000', attribute('"a\\u0000b"'));
  text('\\u0000 in a key', '{"data":{"attributes":{"participant_id":"x","a\\u0000":1}}}');
  text('a lone surrogate', attribute('"\\ud800"'));
  text('a lone low surrogate', attribute('"\\udc00"'));
  text('surrogates the wrong way round', attribute('"\\udc00\\ud800"'));

  test('what is only strange is 422, not 400 (lead-provider-api.md 3.3/6, 3.3/7)', async () => {
    for (const value of ['"\\ud83d\\ude00"', '1e300', '1e999', '-1e-999', '9'.repeat(400), '1,"x":1e400', '-0', '1.5', 'true', 'null', '[[[]]]', '{"a":{"b":1}}', '"\u{10ffff}"', JSON.stringify('x'.repeat(100_000)), '"\\"\\\\\\/\\b\\f\\n\\r\\t"']) {
      const answer = await send(Buffer.from(attribute(value)));
      assert.equal(answer.status, 422, `${value.slice(0, 60)}: ${answer.text}`);
      assert.deepEqual(JSON.parse(answer.body).errors.map(({ title }) => title), ['participant_id']);
    }
  });

  for (const type of [undefined, '', 'text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx', 'application', 'application/vnd.api+json']) {
    test(`Content-Type: ${type}`, async () => {
      const fields = type === undefined ? [] : [`Content-Type: ${type}`];
      isProblem(await raw(system.url, lines(`POST ${DECLARATIONS} HTTP/1.1`, `Host: ${host}`, authorized(), ...fields, `Content-Length: ${wrong.length}`, 'Connection: close').replace(/$/, wrong)), 400, 'Bad request');
    });
  }
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON;x="y"', 'text/x-json', 'application/jsonrequest ; q=1']) {
    test(`Content-Type: ${type} is good`, async () => {
      assert.equal((await raw(system.url, lines(`POST ${DECLARATIONS} HTTP/1.1`, `Host: ${host}`, authorized(), `Content-Type: ${type}`, `Content-Length: ${wrong.length}`, 'Connection: close') + wrong)).status, 422);
    });
  }
});

describe('bodies in pieces, and too large', () => {
  const large = 1024 * 1024;
  const padded = (size) => wrong + ' '.repeat(size - wrong.length);
  const head = (...fields) => lines(`POST ${DECLARATIONS} HTTP/1.1`, `Host: ${host}`, authorized(), 'Content-Type: application/json', ...fields);
  const chunk = (content) => `${content.length.toString(16)}\r\n${content}\r\n`;

  test('1 MiB is taken, 1 MiB and a byte is 413', async () => {
    assert.equal((await raw(system.url, postText(a.token, padded(large), { headers: ['Connection: close'] }))).status, 422);
    isProblem(await raw(system.url, postText(a.token, padded(large + 1))), 413, 'Content too large');
  });
  test('chunked', async () => {
    assert.equal((await raw(system.url, head('Transfer-Encoding: chunked', 'Connection: close') + chunk(wrong) + '0\r\n\r\n')).status, 422);
    const bytewise = [...wrong].map(chunk).join('');
    assert.equal((await raw(system.url, head('Transfer-Encoding: Chunked', 'Connection: close') + bytewise + '0;x=y\r\nTrailer: x\r\n\r\n')).status, 422);
    isProblem(await raw(system.url, head('Transfer-Encoding: chunked') + chunk(padded(large)) + chunk(' ') + '0\r\n\r\n'), 413, 'Content too large');
  });
  test('far too large is cut off or 413, and read no further', async () => {
    const answer = await raw(system.url, head(`Content-Length: ${100 * large}`));
    isProblem(answer, 413, 'Content too large');
    const endless = await raw(system.url, (socket) => {
      socket.write(head('Transfer-Encoding: chunked'));
      const piece = chunk('x'.repeat(65536));
      const more = () => { while (!socket.destroyed && socket.write(piece)); };
      socket.on('drain', more);
      more();
    });
    assert.ok(!endless.open, 'the connection has ended');
    isProblem(endless, 413, 'Content too large');
  });
  test('Expect: 100-continue', async () => {
    const answer = (blanks) => raw(system.url, (socket) => {
      socket.write(head(`Expect: 100-continue${blanks}`, `Content-Length: ${wrong.length}${blanks}`, 'Connection: close'));
      socket.once('data', (data) => { if (/^HTTP\/1\.1 100 /.test(data)) socket.write(wrong); });
    });
    for (const blanks of ['', ' ', '\t ']) assert.deepEqual(statuses((await answer(blanks)).text), [100, 422], `blanks: "${blanks}"`);
    isProblem(await raw(system.url, head('Expect: 100-continue', `Content-Length: ${large + 1}`)), 413, 'Content too large');
  });
  for (const [name, coded] of [['no size', '\r\n\r\n'], ['a bad size', 'xyz\r\n\r\n'], ['a negative size', '-1\r\n\r\n'], ['a huge size', 'f'.repeat(40) + '\r\n'], ['no CRLF behind', `1\r\n{{0\r\n\r\n`], ['a size without end', '1'.repeat(100_000)]]) {
    test(`chunks that are none: ${name}`, async () => {
      const answer = await raw(system.url, head('Transfer-Encoding: chunked') + coded, { end: true });
      isProblem(answer, 400, 'Bad request');
      assert.ok(!answer.open, answer.text);
    });
  }
});

describe('requests that two servers would read differently', () => {
  const post = (...fields) => lines(`POST ${DECLARATIONS} HTTP/1.1`, ...fields, authorized(), 'Content-Type: application/json');
  const length = `Content-Length: ${wrong.length}`;
  const refused = (name, bytes, status = 400) => test(name, async () => {
    const answer = await raw(system.url, bytes());
    assert.equal(answer.status, status, answer.text);
    assert.deepEqual(statuses(answer.text), [status], 'and what follows is no request');
    assert.equal(answer.headers.connection?.toLowerCase(), 'close');
    assert.equal(answer.open, false);
  });
  const smuggled = () => get(authorized()); // what must not be answered

  refused('two Content-Length', () => post(`Host: ${host}`, length, 'Content-Length: 0') + wrong + smuggled());
  refused('two equal Content-Length', () => post(`Host: ${host}`, length, length) + wrong + smuggled());
  refused('a list of lengths', () => post(`Host: ${host}`, `Content-Length: ${wrong.length}, ${wrong.length}`) + wrong + smuggled());
  for (const value of ['-1', '+1', '0x10', '1 1', '1e2', '99999999999999999999999x', 'x', '', '１']) refused(`Content-Length: ${value}`, () => post(`Host: ${host}`, `Content-Length: ${value}`) + wrong + smuggled());
  refused('both framings', () => post(`Host: ${host}`, length, 'Transfer-Encoding: chunked') + '0\r\n\r\n' + smuggled());
  for (const value of ['identity', 'gzip', 'gzip, chunked', 'chunked, chunked', 'xchunked', 'chunked;x', '', '"chunked"']) refused(`Transfer-Encoding: ${value}`, () => post(`Host: ${host}`, `Transfer-Encoding: ${value}`) + '0\r\n\r\n' + smuggled());
  refused('two Transfer-Encoding', () => post(`Host: ${host}`, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + '0\r\n\r\n' + smuggled());
  refused('Transfer-Encoding in HTTP/1.0', () => post(`Host: ${host}`, 'Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0') + '0\r\n\r\n' + smuggled());
  refused('two Hosts', () => post('Host: a', 'Host: b', length) + wrong + smuggled());
  refused('no Host', () => post(length) + wrong + smuggled());
  refused('a folded field', () => get('X-A: b', ' c', authorized()) + smuggled());
  refused('a folded length', () => post(`Host: ${host}`, 'Content-Length:', ` ${wrong.length}`) + wrong + smuggled());
  refused('a first line that is folded', () => lines(`GET ${NOWHERE} HTTP/1.1`, ` Host: ${host}`) + smuggled());
  refused('a blank before the colon', () => post(`Host: ${host}`, `Content-Length : ${wrong.length}`) + wrong + smuggled());
  refused('a field without colon', () => get('nonsense') + smuggled());
  refused('a field without name', () => get(': x') + smuggled());
  refused('a bare LF', () => get('X: y').replaceAll('\r\n', '\n') + smuggled());
  refused('a bare CR', () => get('X: y\rZ: w') + smuggled());
  refused('a NUL in a field', () => get('X: y\0z') + smuggled());
  refused('a control character in a name', () => get('X\x01: y') + smuggled());
  refused('no version', () => `GET ${NOWHERE}\r\nHost: ${host}\r\n\r\n` + smuggled());
  refused('two blanks', () => get().replace('GET ', 'GET  ') + smuggled());
  refused('a blank in the URL', () => lines(`GET ${NOWHERE} x HTTP/1.1`, `Host: ${host}`) + smuggled());
  refused('bytes above ASCII in the URL', () => Buffer.from(lines('GET /\xe9 HTTP/1.1', `Host: ${host}`), 'latin1'));
  refused('HTTP/2.0', () => get().replace('HTTP/1.1', 'HTTP/2.0') + smuggled(), 505);
  refused('HTTP/9.9', () => get().replace('HTTP/1.1', 'HTTP/9.9'), 505);
  refused('HTTP/x', () => get().replace('HTTP/1.1', 'HTTP/x'));
  refused('TLS', () => Buffer.from('16030100ff010000fb0303000102030405060708090a0b0c0d0e0f0d0a0d0a', 'hex'));
  refused('HTTP/2 by prior knowledge', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505);

  test('the same on a connection that has served already', async () => {
    for (const bad of [post(`Host: ${host}`, length, 'Transfer-Encoding: chunked') + '0\r\n\r\n', post('Host: a', 'Host: b', length) + wrong, get('X-A: b', ' c'), post(`Host: ${host}`, length, length) + wrong, get().replace(/Host.*\r\n/, '')]) {
      const answer = await raw(system.url, get(authorized()) + bad + smuggled());
      assert.deepEqual(statuses(answer.text), [404, 400], answer.text);
      assert.equal(answer.open, false);
    }
  });
});

describe('too long, too slow', () => {
  let impatient;
  before(async () => { impatient = (await startFront(system, { ECF2_HEAD_TIMEOUT_MS: '300', ECF2_BODY_TIMEOUT_MS: '300', ECF2_IDLE_TIMEOUT_MS: '900' })).url; });

  test('URL: 414', async () => {
    const line = (size) => lines(`GET ${NOWHERE}?${'x'.repeat(size)} HTTP/1.1`, `Host: ${host}`, authorized(), 'Connection: close');
    assert.equal((await raw(system.url, line(3900))).status, 404);
    for (const size of [4097, 5000, 7000, 100_000]) isProblem(await raw(system.url, line(size)), 414, 'URL too long');
    isProblem(await raw(system.url, 'GET /' + 'x'.repeat(50_000)), 414, 'URL too long');
    assert.deepEqual(statuses((await raw(system.url, get(authorized()) + line(5000))).text), [404, 414], 'also later');
  });

  test('an answer to HEAD has no content, whoever gives it (RFC 9110, 9.3.2)', async () => {
    const cases = [[`HEAD /${'x'.repeat(8000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414], [`\r\nHEAD / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(8000)}\r\n\r\n`, 431], ['HEAD / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400]];
    for (const [bytes, status] of cases) {
      const { text } = await raw(system.url, bytes);
      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(text, /\r\n\r\n$/, text);
    }
    const { text } = await raw(system.url, 'HEAD / HTTP/1.1\r\nHo', { end: true });
    assert.match(text, /^HTTP\/1.1 400 [^]*\r\n\r\n$/, 'a head that ends in its middle');
  });

  test('head: 431', async () => {
    for (const field of [`X: ${'y'.repeat(7000)}`, `X: ${'y'.repeat(100_000)}`, Array(200).fill('X: y').join('\r\n')]) {
      isProblem(await raw(system.url, get(authorized(), field)), 431, 'Request header too large');
    }
    assert.equal((await raw(system.url, get(authorized(), `X: ${'y'.repeat(5000)}`, 'Connection: close'))).status, 404);
  });

  test('head of a later request: 431, once', async () => {
    for (const field of [`X: ${'y'.repeat(7000)}`, `X: ${'y'.repeat(7500)}`, `X: ${'y'.repeat(100_000)}`, Array(200).fill('X: y').join('\r\n')]) {
      const answer = await raw(system.url, get(authorized()) + get(authorized(), field));
      assert.deepEqual(statuses(answer.text), [404, 431], answer.text);
      isProblem(parse(answer.text.slice(answer.text.indexOf('HTTP/1.1 431'))), 431, 'Request header too large');
    }
  });

  test('slow head: 408', async () => {
    for (const part of ['G', 'GET / HT', get().slice(0, -2), '\r\n', `GET ${NOWHERE} HTTP/1.1\r\nHost: x\r\nX: `]) {
      const answer = await raw(impatient, part, { ms: 10_000 });
      isProblem(answer, 408, 'Request timeout');
      assert.equal(answer.open, false);
    }
  });

  test('slow head behind an answer: 408', async () => {
    const answer = await raw(impatient, get(authorized()) + 'GET / HTTP', { ms: 10_000 });
    assert.deepEqual(statuses(answer.text), [404, 408], answer.text);
    assert.equal(answer.open, false);
  });

  test('a head that drips does not gain time', async () => {
    let timer;
    const answer = await raw(impatient, (socket) => {
      socket.write(`GET ${NOWHERE} HTTP/1.1\r\n`);
      timer = setInterval(() => socket.writable && socket.write('X: y\r\n'), 50);
    }, { ms: 10_000 });
    clearInterval(timer);
    isProblem(answer, 408, 'Request timeout');
  });

  test('slow body: 408', async () => {
    const slow = [postText(a.token, '{', { length: 100 }), lines(`POST ${DECLARATIONS} HTTP/1.1`, 'Host: x', authorized(), 'Content-Type: application/json', 'Transfer-Encoding: chunked') + '5\r\nab'];
    for (const bytes of slow) {
      const answer = await raw(impatient, bytes, { ms: 10_000 });
      isProblem(answer, 408, 'Request timeout');
      assert.equal(answer.open, false);
    }
  });

  test('nothing at all, and an idle connection: closed in silence', async () => {
    const [silent, idle] = await Promise.all([raw(impatient, '', { ms: 10_000 }), raw(impatient, get(authorized()), { ms: 10_000 })]);
    assert.deepEqual([silent.text, silent.open], ['', false]);
    assert.deepEqual([statuses(idle.text), idle.open], [[404], false]);
  });

  test('garbage and half requests', async () => {
    for (const bytes of ['\0\0\0\0\r\n\r\n', '\xff'.repeat(10_000), 'x\r\n\r\n', '\r\n'.repeat(10_000), ' '.repeat(9000), Buffer.alloc(20_000, 'GET '), 'GET', 'GET / HTTP/1.1\r\nHost: x', postText(a.token, '{"data"', { length: 50 }), '']) {
      const answer = await raw(system.url, bytes, { end: true });
      const expected = /^[\r\n]*$/.test(bytes) ? [undefined] : [400, 414, 431]; // empty lines are nothing
      assert.ok(expected.includes(answer.status) && !answer.open, answer.text);
    }
  });

  test('a client that goes away while its answer is made', async () => {
    system.pause('validation');
    try {
      await Promise.all(Array(20).fill(0).map(() => raw(system.url, postText(a.token, wrong), { ms: 200 })));
    } finally {
      system.proceed('validation');
    }
  });

  test('a client that does not read', async () => {
    const pipelined = get(authorized()).repeat(2000);
    await raw(system.url, (socket) => { socket.pause(); socket.write(pipelined); }, { ms: 500 });
  });
});

describe('limits', () => {
  test('100 pipelined requests get 100 answers in order', async () => {
    const all = Array(99).fill(0).map((_, i) => (i % 3 ? get(authorized()) : postText(a.token, wrong))).join('') + get(authorized(), 'Connection: close');
    const answer = await raw(system.url, all);
    assert.deepEqual(statuses(answer.text), Array(99).fill(0).map((_, i) => (i % 3 ? 404 : 422)).concat(404));
  });

  test('connections: 503 with Retry-After', async () => {
    for (const env of [{ ECF2_MAX_CONNECTIONS: '4' }, { ECF2_MAX_CONNECTIONS_PER_ADDRESS: '4' }]) {
      const { url, name } = await startFront(system, env);
      const sockets = [];
      const held = Array(4).fill(0).map(() => raw(url, 'GET / HT', { connected: (socket) => sockets.push(socket), ms: 15_000 }));
      await until('four connections', () => sockets.length === 4);
      // What the test's own look at its readiness left open counts too, so the first refusal may come earlier.
      const refused = await until('a refusal', async () => { const answer = await raw(url, get(authorized(), 'Connection: close')); return answer.status === 503 && answer; });
      isProblem(refused, 503, 'Service unavailable');
      hasRetryAfter(refused);
      for (const socket of sockets) socket.destroy();
      await Promise.all(held);
      await until('room again', async () => (await raw(url, get(authorized(), 'Connection: close'))).status === 404);
      await system.kill(name, 'SIGTERM');
    }
  });

  test('large bodies of strangers take no room from small ones', async () => {
    const { url, name } = await startFront(system, { ECF2_MAX_CONNECTIONS_PER_ADDRESS: '10000' });
    const sockets = [], held = [];
    const hold = async (size, n) => {
      for (let i = 0; i < n; i++) held.push(raw(url, postText('nobody', '', { length: size }) + ' '.repeat(size - 1), { connected: (socket) => sockets.push(socket), ms: 60_000 }));
      await until('they are connected', () => sockets.length === held.length);
    };
    await hold(1024 * 1024, 64);
    const padded = wrong + ' '.repeat(8192);
    // Small ones are always taken, so they fill what remains.
    const refused = await until('bodies have filled their memory', async () => { await hold(4000, 50); const answer = await raw(url, postText(a.token, padded, { headers: ['Connection: close'] })); return answer.status === 503 && answer; });
    isProblem(refused, 503, 'Service unavailable');
    hasRetryAfter(refused);
    assert.equal(refused.headers.location, undefined);
    await hold(1500, 100); // each in one piece, so that no room comes back by refusing the rest of it
    assert.equal((await raw(url, postText(a.token, wrong, { headers: ['Connection: close'] }))).status, 422, 'a small one is read');
    for (const socket of sockets) socket.destroy();
    await Promise.all(held);
    await until('room again', async () => (await raw(url, postText(a.token, padded, { headers: ['Connection: close'] }))).status === 422);
    await system.kill(name, 'SIGTERM');
  });

  test('requests in flight: 503 with Retry-After', async () => {
    const { url, name } = await startFront(system, { ECF2_MAX_IN_FLIGHT: '2' });
    await until('ready', async () => (await raw(url, get(authorized(), 'Connection: close'))).status === 404);
    system.pause('validation');
    let waiting;
    try {
      waiting = [1, 2].map(() => raw(url, postText(a.token, wrong, { headers: ['Connection: close'] })));
      const refused = await until('a refusal', async () => { const answer = await raw(url, get(authorized(), 'Connection: close')); return answer.status === 503 && answer; });
      isProblem(refused, 503, 'Service unavailable');
      hasRetryAfter(refused);
      assert.equal((await system.request('GET', '/healthcheck/live', { url })).status, 200, 'health is told all the same');
    } finally {
      system.proceed('validation');
    }
    assert.deepEqual((await Promise.all(waiting)).map(({ status }) => status), [422, 422]);
    await system.kill(name, 'SIGTERM');
  });

  for (const [setting, headers] of [['ECF2_LIMIT_WAIT', []], ['ECF2_LIMIT_ASYNC', ['Prefer: respond-async']]]) {
    test(`undecided submissions: 503 with Retry-After and without Location (${setting})`, async () => {
      const { url, name } = await startFront(system, { [setting]: '1' });
      const send = () => raw(url, postText(a.token, wrong, { headers: [...headers, 'Connection: close'] }));
      system.pause('validation');
      const waiting = [];
      let refused;
      try {
        // Counts come from the broker now and then, so a few more may pass.
        await until('a refusal', async () => {
          let done;
          const asked = send().then((answer) => (done = answer));
          waiting.push(asked);
          await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 300))]);
          if (done?.status === 503) refused = done;
          return refused;
        });
      } finally {
        system.proceed('validation');
      }
      isProblem(refused, 503, 'Service unavailable');
      hasRetryAfter(refused);
      assert.equal(refused.headers.location, undefined, 'nothing was accepted');
      for (const { status } of await Promise.all(waiting)) assert.ok([202, 422, 503].includes(status));
      await until('room again', async () => (await send()).status !== 503);
      await system.kill(name, 'SIGTERM');
    });
  }
});

describe('rate limits (lead-provider-api.md 3.2/1)', () => {
  const n = 6;
  let fronts, client = 0;
  before(async () => {
    fronts = await Promise.all([1, 2].map(() => startFront(system, { ECF2_RATE_TOKEN: String(n), ECF2_RATE_ADDRESS: '12', ECF2_RATE_PROTECTED: '3', ECF2_TRUSTED_PROXIES: '127.0.0.1' })));
  });
  after(async () => { for (const { name } of fronts ?? []) await system.kill(name, 'SIGTERM'); });
  const address = () => `192.0.2.${++client}`;
  const left = (period) => period - (Date.now() / 1000) % period;

  /** Runs `work` again from the start if the window ended meanwhile. */
  async function inOneWindow(work, period = 300) {
    for (;;) {
      const window = Math.floor(Date.now() / 1000 / period);
      const result = await work().catch((error) => error);
      if (window !== Math.floor(Date.now() / 1000 / period)) continue;
      if (result instanceof Error) throw result;
      return result;
    }
  }

  const ask = ({ url }, { token, from = address(), path = NOWHERE }) => raw(url, lines(`GET ${path} HTTP/1.1`, 'Host: x', ...(token ? [`Authorization: Bearer ${token}`] : []), `X-Forwarded-For: ${from}`, 'Connection: close'));

  function isLimited(answer, limit, period = 300) {
    assert.equal(answer.status, 429, answer.text);
    assert.equal(answer.body, '{"error": "Too many requests"}');
    hasRetryAfter(answer);
    const { headers } = answer;
    assert.deepEqual([headers['ratelimit-limit'], headers['ratelimit-remaining'], headers['ratelimit-reset']], [String(limit), '0', headers['retry-after']]);
    const seconds = Number(headers['retry-after']);
    assert.ok(seconds >= 1 && seconds <= period && Math.abs(seconds - left(period)) < 3, `${seconds} s, the window has ${left(period)}`);
  }

  for (const redis of ['running', 'stopped']) {
    test(`a token's: n pass, n + 1 does not; another one has its own (Redis ${redis})`, async () => {
      if (redis === 'stopped') await system.kill('redis');
      try {
        await inOneWindow(async () => {
          const [token, other] = [system.token(A), system.token(A)];
          for (let i = 0; i < n; i++) assert.equal((await ask(fronts[0], { token })).status, 404, `request ${i + 1}`);
          isLimited(await ask(fronts[0], { token }), n);
          isLimited(await ask(fronts[0], { token }), n);
          assert.equal((await ask(fronts[0], { token: other })).status, 404);
          if (redis === 'running') isLimited(await ask(fronts[1], { token }), n);
          else assert.equal((await ask(fronts[1], { token })).status, 404, 'alone, a front counts what it sees');
        });
      } finally {
        if (redis === 'stopped') await system.start('redis');
      }
    });
  }

  test('two fronts count together', () => inOneWindow(async () => {
    const token = system.token(A);
    const answers = await Promise.all(Array(2 * n).fill(0).map((_, i) => ask(fronts[i % 2], { token })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(n).fill(404), ...Array(n).fill(429)]);
  }));

  test('the raw value counts, before the token is looked at; a bad one never locks out a good one', () => inOneWindow(async () => {
    const [bad, good] = [`bad-${Math.random()}`, system.token(A)];
    for (let i = 0; i < n; i++) assert.equal((await ask(fronts[0], { token: bad })).status, 401);
    isLimited(await ask(fronts[0], { token: bad }), n);
    assert.equal((await ask(fronts[0], { token: good })).status, 404);
  }));

  test('an address\'s, whatever is asked for', () => inOneWindow(async () => {
    const from = address();
    for (let i = 0; i < 12; i++) assert.ok([401, 404].includes((await ask(fronts[i % 2], { from, path: i % 3 ? NOWHERE : '/nowhere' })).status));
    isLimited(await ask(fronts[0], { from }), 12);
    isLimited(await ask(fronts[1], { from, token: a.token, path: '/nowhere' }), 12);
    assert.equal((await ask(fronts[0], {})).status, 401, 'another address is not');
  }));

  test('IPv6 counts by its first 64 bits, and only what a trusted proxy says', () => inOneWindow(async () => {
    const net = `2001:db8:${(++client).toString(16)}:1`;
    for (let i = 0; i < 12; i++) assert.equal((await ask(fronts[0], { from: `${net}::${i + 1}` })).status, 401);
    isLimited(await ask(fronts[0], { from: `${net}:ffff::1` }), 12);
    assert.equal((await ask(fronts[0], { from: `${net.slice(0, -1)}2::1` })).status, 401);
    const from = address();
    for (let i = 0; i < 12; i++) assert.equal((await ask(fronts[0], { from: `10.0.0.${i}, ${from}` })).status, 401);
    isLimited(await ask(fronts[0], { from: `10.9.9.9, ${from}` }), 12);
  }));

  test('of many X-Forwarded-For the last ones count, which a client cannot write', () => inOneWindow(async () => {
    const from = address(), asked = (i) => raw(fronts[0].url, get(...Array.from({ length: 20 }, (_, n) => `X-Forwarded-For: 203.0.113.${n}, 198.51.100.${i}`), `X-Forwarded-For: ${from}`, 'Connection: close'));
    for (let i = 0; i < 12; i++) assert.equal((await asked(i)).status, 401);
    isLimited(await asked(13), 12);
  }));

  test('protected paths: 20 seconds', () => inOneWindow(async () => {
    const from = address();
    for (let i = 0; i < 3; i++) assert.equal((await ask(fronts[0], { from, path: '/healthcheck/live' })).status, 200);
    isLimited(await ask(fronts[0], { from, path: '/healthcheck/live' }), 3, 20);
  }, 20));
});

describe('when others are away', () => {
  for (const [name, token] of [['a token that is remembered', () => a.token], ['a new token', () => system.token(A)]]) {
    test(`no broker: 503 with Retry-After at once, and not ready (${name})`, async () => {
      await system.start('front-alone', { ECF2_BROKERS: `ipc://${system.dir}/nobody.sock` });
      try {
        const url = `http://${system.processes.get('front-alone').http}`;
        const sent = token();
        if (sent === a.token) assert.equal((await a.get(NOWHERE)).status, 404);
        for (const bytes of [postText(sent, wrong, { headers: ['Connection: close'] }), get(`Authorization: Bearer ${sent}`, 'Connection: close'), postText(sent, wrong, { headers: ['Prefer: respond-async', 'Connection: close'] })]) {
          const began = performance.now();
          const answer = await raw(url, bytes);
          isProblem(answer, 503, 'Service unavailable');
          hasRetryAfter(answer);
          assert.equal(answer.headers.location, undefined);
          assert.ok(performance.now() - began < 1500, `at once, not after ${performance.now() - began} ms`);
        }
        assert.equal((await system.request('GET', '/healthcheck/ready', { url })).status, 503);
        assert.equal((await system.request('GET', '/healthcheck/live', { url })).status, 200);
      } finally {
        await system.kill('front-alone', 'SIGTERM');
      }
    });
  }

  test('the broker dies and comes back', async () => {
    await system.kill('broker');
    const answer = await until('503', async () => { const one = await raw(system.url, postText(a.token, wrong, { headers: ['Connection: close'] })); return one.status === 503 && !one.headers.location && one; });
    isProblem(answer, 503, 'Service unavailable');
    hasRetryAfter(answer);
    await system.start('broker');
    await system.ready();
    assert.equal((await raw(system.url, postText(a.token, wrong, { headers: ['Connection: close'] }))).status, 422);
  });

  test('draining: what waits is answered, connections end, the front exits with 0', async () => {
    const { url, name } = await startFront(system);
    system.pause('validation');
    let waiting, idle;
    try {
      idle = raw(url, get(authorized()));
      waiting = raw(url, postText(a.token, wrong));
      await until('the submission is there', async () => (await system.db.query(
        'select from submissions s where not exists (select from submission_outcomes o where o.submission_id = s.id)')).rowCount > 0);
      system.processes.get(name).expected = 'SIGTERM';
      system.processes.get(name).child.kill('SIGTERM');
      await until('no connection is taken any more', async () => (await raw(url, get(authorized()), { ms: 1000 })).error === 'ECONNREFUSED');
      assert.equal(system.processes.get(name).child.exitCode, null, 'it waits for what is in hand');
    } finally {
      system.proceed('validation');
    }
    const answer = await waiting;
    assert.deepEqual([answer.status, answer.headers.connection?.toLowerCase(), answer.open], [422, 'close', false], answer.text);
    assert.equal((await idle).open, false);
    await until('the front ends', () => system.processes.get(name).child.exitCode === 0);
  });
});

test('nothing of all this has made a declaration', async () => {
  const { rows: [{ count }] } = await system.db.query('select count(*)::int from declarations d join teachers t on t.id = d.teacher_id where t.api_id = $1', [participant('errors')]);
  assert.equal(count, 0);
});
