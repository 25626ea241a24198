// Plain HTTP is redirected to HTTPS, except health checks (lead-provider-api.md 3.10 (2)): what the client spoke is what a
// trusted proxy says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, postText, raw, startFront } from './client.mjs';

const NOWHERE = `${DECLARATIONS}/00000000-0000-4000-8000-000000000000`;
let system, url;
before(async () => {
  system = await startSystem();
  ({ url } = await startFront(system, { ECF2_SERVICE_URL: 'ecf2.example', ECF2_TRUSTED_PROXIES: '127.0.0.1', ECF2_RATE_ADDRESS: '1000' }));
});
after(() => system?.stop());

const lines = (...all) => [...all, '', ''].join('\r\n');
const ask = (proto, { method = 'GET', path = NOWHERE, to = url, headers = [] } = {}) =>
  raw(to, lines(`${method} ${path} HTTP/1.1`, 'Host: evil.example', ...[proto].flat().filter((value) => value !== undefined).map((value) => `X-Forwarded-Proto: ${value}`), ...headers, 'Connection: close'));

function isRedirected(answer, status, path) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.location, `https://ecf2.example${path}`);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.deepEqual([answer.headers['strict-transport-security'], answer.headers['x-content-type-options'], answer.headers['x-robots-tag']], ['max-age=10800', 'nosniff', 'none']);
  assert.match(answer.headers['x-request-id'], /^[0-9a-f-]{36}$/);
}

test('what the nearest trusted proxy took by HTTPS is served', async () => {
  for (const proto of ['https', 'HTTPS', 'http, https', ['http', 'https']]) assert.equal((await ask(proto)).status, 401, String(proto));
});

test('what it took by plain HTTP, or does not speak of, is redirected before its token is looked at (lead-provider-api.md 3.10/2)', async () => {
  for (const proto of ['http', undefined, '', 'https, http', ['https', 'http'], 'ws', 'httpsx']) isRedirected(await ask(proto), 301, NOWHERE);
  isRedirected(await ask('http', { method: 'HEAD' }), 301, NOWHERE);
  isRedirected(await ask('http', { headers: ['Authorization: Bearer x'] }), 301, NOWHERE);
});

test('a path goes along as it was sent, with its query, known or not', async () => {
  for (const path of ['/', '/nowhere', `${NOWHERE}?`, `${NOWHERE}?filter=x`, '/a?b?c=%0d%0a&d[e]=f#g', '//evil.example/', '/@evil.example', '/healthcheckx', '/healthcheck/other']) isRedirected(await ask('http', { path }), 301, path);
  isRedirected(await ask('http', { path: `http://evil.example${NOWHERE}?a=b` }), 301, `${NOWHERE}?a=b`);
  assert.equal((await ask('http', { method: 'OPTIONS', path: '*' })).status, 404);
  assert.equal((await ask('http', { path: '@evil.example' })).status, 404);
});

test('a POST stays one, and nothing of it is taken', async () => {
  const answer = await raw(url, postText('x', '{', { headers: ['X-Forwarded-Proto: http', 'Connection: close'] }));
  isRedirected(answer, 308, DECLARATIONS);
});

test('health checks are served', async () => {
  for (const path of ['/healthcheck/live', '/healthcheck/ready', 'http://x/healthcheck/live']) assert.equal((await ask('http', { path })).status, 200, path);
  assert.ok([200, 503].includes((await ask('http', { path: '/healthcheck' })).status), 'well or not yet');
  assert.equal((await ask('http', { method: 'HEAD', path: '/healthcheck/live' })).status, 200);
});

test('a URL of any length that is taken is redirected', async () => {
  for (let size = 2500; size <= 4096; size += 37) {
    for (const query of [0, 1, size - 10]) {
      const path = `/${'x'.repeat(size - 1 - query)}${query ? '?' : ''}${'y'.repeat(Math.max(0, query - 1))}`;
      isRedirected(await ask('http', { path }), 301, path);
    }
  }
  const path = `/${'x'.repeat(4095)}`;
  const posted = await ask('http', { path, method: 'POST', headers: ['Content-Length: 0'] });
  isRedirected(posted, 308, path);
  assert.deepEqual([posted.body, posted.headers.connection, posted.open], ['{"error": "Use HTTPS"}', 'close', false]);
  const head = await ask('http', { path, method: 'HEAD' });
  isRedirected(head, 301, path);
  assert.deepEqual([head.headers['content-length'], head.body], ['22', '']);
  // The same room is taken by other fields.
  for (let size = 2000; size <= 6500; size += 50) {
    const answer = await ask('http', { path: `/${'x'.repeat(1000)}`, headers: [`X: ${'y'.repeat(size)}`] });
    assert.ok([301, 431].includes(answer.status), `${size}: ${answer.text}`);
  }
});

test('only a trusted proxy is believed', async () => {
  const { url: other } = await startFront(system, { ECF2_SERVICE_URL: 'https://ecf2.example', ECF2_TRUSTED_PROXIES: '192.0.2.1' });
  isRedirected(await ask('https', { to: other }), 301, NOWHERE);
});

test('rate limits come first', async () => {
  const { url: limited } = await startFront(system, { ECF2_SERVICE_URL: 'https://ecf2.example', ECF2_TRUSTED_PROXIES: '127.0.0.1', ECF2_RATE_ADDRESS: '5' });
  const seen = new Set();
  for (let i = 0; i < 12; i++) seen.add((await ask('http', { to: limited, headers: ['X-Forwarded-For: 192.0.2.9'] })).status); // perhaps in two windows
  assert.deepEqual([...seen].sort(), [301, 429]);
});

test('without a service address by HTTPS nothing is redirected', async () => {
  for (const ECF2_SERVICE_URL of ['', 'localhost:8080', 'http://ecf2.example']) {
    const { url: plain } = await startFront(system, { ECF2_SERVICE_URL, ECF2_TRUSTED_PROXIES: '127.0.0.1' });
    assert.equal((await ask('http', { to: plain })).status, 401, ECF2_SERVICE_URL);
  }
});

test('by HTTPS without a trusted proxy the front does not start', async () => {
  await assert.rejects(startFront(system, { ECF2_SERVICE_URL: 'ecf2.example' }), /ECF2_TRUSTED_PROXIES must name/);
  system.complaints.length = 0; // that it ended was wanted
});
