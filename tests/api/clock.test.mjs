// X-With-Server-Date (lead-provider-api.md 3.10 (3)): the whole request runs as if it were that instant, where a switch
// allows it; never in production.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london, raw, startFront, titles } from './client.mjs';
import { A, participant, world } from './world.mjs';

let system, a, on;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  a = new Provider(system, A);
  ({ url: on } = await startFront(system, { ECF2_REQUEST_CLOCK: 'on' }));
});
after(() => system?.stop());

const ect = { participant_id: participant('waits'), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z' };
const at = (instant, url = on) => a.send(ect, { url, headers: { 'x-with-server-date': instant } });

test('without the switch it is ignored, whatever it holds', async () => {
  const later = { ...ect, declaration_date: '2025-06-01T09:00:00Z' };
  for (const instant of ['2025-10-01T10:00:00Z', 'nonsense']) {
    const answer = await a.send(later, { headers: { 'x-with-server-date': instant } });
    assert.deepEqual([answer.status, titles(answer)], [422, ['declaration_date']], answer.text);
  }
});

test('what is no date-time is 400, once the token is known', async () => {
  for (const instant of ['nonsense', '', '2024-10-08', '2024-10-08 10:00:00', '2024-13-01T10:00:00Z', '1728381600', '2024-10-08T10:00:00+25:00']) {
    for (const answer of [await at(instant), await a.get(`${DECLARATIONS}/x`, { url: on, headers: { 'x-with-server-date': instant } })]) {
      assert.deepEqual([answer.status, titles(answer)], [400, ['Bad request']], `${instant}: ${answer.text}`);
    }
  }
  assert.equal((await system.request('POST', DECLARATIONS, { url: on, token: 'x', headers: { 'x-with-server-date': 'nonsense' }, body: body(ect) })).status, 401);
});

test('it is the time at which the request is judged (lead-provider-api.md 3.10/3)', async () => {
  const early = await at('2024-10-06T10:00:00Z');
  assert.deepEqual([early.status, titles(early)], [422, ['declaration_date']], early.text);
  const blanks = await raw(on, `GET ${DECLARATIONS}/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.token}\r\nX-With-Server-Date: 2024-10-08T10:00:00Z \t\r\nConnection: close\r\n\r\n`);
  assert.equal(blanks.status, 404, 'blanks behind a value are none of it');
  const then = await at('2024-10-08T10:00:00+01:00');
  assert.equal(then.status, 200, then.text);
  assert.equal(then.body.data.attributes.created_at, '2024-10-08T09:00:00Z');
});

test('in production the switch keeps the front from starting', async () => {
  await assert.rejects(startFront(system, { ECF2_REQUEST_CLOCK: 'on', ECF2_ENVIRONMENT: 'production' }), /ECF2_REQUEST_CLOCK is on; in production/);
  system.complaints.length = 0; // that it ended was wanted
});
