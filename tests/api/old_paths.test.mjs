// The paths of ECF1 (lead-provider-api.md 11.1): served where the operator wants it, byte for byte as the new ones; by itself they
// are what they look like. Which have moved is read from front/openapi.yaml.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { document as theDocument } from '../support/contract.mjs';
import { NOBODY, listOf, sample } from '../support/samples.mjs';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, london, startFront } from './client.mjs';
import { A, world } from './world.mjs';

const document = theDocument(), moved = /^\/api\/v3\/(participants|partnerships|schools|unfunded-mentors)(?=\/|\?|$)/;
const operations = document.operations.filter(({ path }) => moved.test(path));
const old = (path) => path.replace(moved, (all) => `${all}/ecf`);

let system, a, url;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  a = new Provider(system, A);
  ({ url } = await startFront(system, { ECF2_OLD_PATHS: 'on' }));
});
after(() => system?.stop());

/** A request under the old path, of which the answer is that of the new one; and the same under the new. */
async function both(operation, options) {
  const made = sample(document, operation, options), ask = (path) => system.request(made.method, path, { token: a.token, url, headers: made.headers, body: made.body, as: made.path });
  return [await ask(old(made.path)), await ask(made.path)];
}

describe('where they are wanted', { skip: operations.length > 0 ? false : 'none of what has moved is served yet' }, () => {
  for (const operation of operations) {
    test(`${operation.method} ${old(operation.path)}`, async () => {
      const list = operation.path.includes('{id}') && listOf(document, operation);
      const id = list && (await a.get(sample(document, list).path)).body.data[0]?.id;
      // Of something that is there only what changes nothing.
      for (const options of [{ id: NOBODY }, ...(id && operation.method === 'get' ? [{ id }] : [])]) {
        const [answer, now] = await both(operation, options);
        assert.deepEqual([answer.status, answer.text, answer.headers.get('etag')], [now.status, now.text, now.headers.get('etag')]);
        if (options.id === id) assert.equal(answer.status, 200);
      }
      if (operation.method === 'get') assert.equal((await both(operation, { query: ['filter=x'] }))[0].status, 400, 'its query is read');
    });
  }

  test('the new ones are there as before', async () => {
    for (const operation of operations) {
      const made = sample(document, operation), ask = (to) => system.request(made.method, made.path, { token: a.token, url: to, headers: made.headers, body: made.body });
      const [one, other] = [await ask(url), await ask(undefined)];
      assert.deepEqual([one.status, one.text], [other.status, other.text], operation.name);
    }
  });
});

test('nothing else has moved', async () => {
  for (const [method, path, status] of [['GET', '/api/v3/participant-declarations/ecf', 404], ['GET', '/api/v3/participant-declarations/ecf/x', 404], ['GET', '/api/v3/submissions/ecf', 404], ['GET', '/api/v1/participants/ecf', 404], ['GET', '/api/v3/participants/ecf/', 404],
    ['DELETE', '/api/v3/participants/ecf', 404], ['GET', DECLARATIONS, 200]]) {
    const [one, other] = [await system.request(method, path, { token: a.token, url }), await system.request(method, path, { token: a.token })];
    assert.deepEqual([one.status, one.text, other.status], [status, other.text, status], path);
  }
});

test('by themselves they are ids, or nowhere', async () => {
  for (const operation of operations) {
    const made = sample(document, operation), { status, body } = await system.request(made.method, old(made.path), { token: a.token, headers: made.headers, body: made.body });
    assert.equal(status, 404, `${made.method} ${old(made.path)}`);
    assert.ok(body.error || body.errors[0].title === 'Resource not found');
  }
  const schools = document.find('GET', '/api/v3/schools/ecf');
  const { status } = await system.request('GET', '/api/v3/schools/ecf', { token: a.token });
  assert.equal(status, schools ? 400 : 404, 'an id of a school, without a cohort');
});
