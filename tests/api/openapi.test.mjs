// What operations 10 and 11 answer is what the published contract promises (contract/lead-provider-api-v3.openapi.yaml).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { root } from '../support/cluster.mjs';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, frontAt, london } from './client.mjs';
import { A, participant, world } from './world.mjs';

const file = ['contract', '../shared/contract'].map((folder) => join(root, folder, 'lead-provider-api-v3.openapi.yaml')).find(existsSync);

describe('the OpenAPI contract', { skip: file ? false : 'contract/lead-provider-api-v3.openapi.yaml is not there' }, () => {
  let system, provider, contract, ajv;
  before(async () => {
    contract = parse(readFileSync(file, 'utf8'));
    ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
    addFormats.default ? addFormats.default(ajv) : addFormats(ajv);
    ajv.addSchema({ $id: 'contract', ...contract });
    system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
    provider = new Provider(system, A);
  });
  after(() => system?.stop());

  const pointer = (...parts) => '/' + parts.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent).join('/');

  /** Holds an answer against what the contract says of this operation and status. */
  function conforms(path, method, answer) {
    const [template] = Object.keys(contract.paths).filter((one) => path === one || new RegExp(`^${one.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path));
    assert.ok(template, `no path ${path} in the contract`);
    let at = ['paths', template, method, 'responses', String(answer.status)];
    let response = at.reduce((node, key) => node?.[key], contract);
    assert.ok(response, `${method} ${template} promises no ${answer.status}`);
    if (response.$ref) {
      at = response.$ref.slice(2).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
      response = at.reduce((node, key) => node[key], contract);
    }
    if (!response.content) return;
    const [type] = Object.keys(response.content);
    assert.ok(answer.headers.get('content-type').startsWith(type), answer.headers.get('content-type'));
    const validate = ajv.compile({ $ref: `contract#${pointer(...at, 'content', type, 'schema')}` });
    assert.ok(validate(answer.body), `${answer.text}\n${JSON.stringify(validate.errors, null, 1)}`);
  }

  const ect = (more) => ({ participant_id: participant('openapi'), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...more });
  const mentor = { participant_id: participant('openapi mentor'), course_identifier: 'ecf-mentor', declaration_type: 'started', declaration_date: '2025-09-20T09:00:00Z', evidence_held: 'materials-engaged-with-offline' };

  for (const [name, attributes, at] of [['an ECT', ect(), '2024-10-20 10:00'], ['a mentor', mentor, '2025-10-20 10:00']]) {
    test(`create and show: ${name}`, async () => {
      const made = await provider.send(attributes, { at });
      assert.equal(made.status, 200, made.text);
      conforms(DECLARATIONS, 'post', made);
      const path = `${DECLARATIONS}/${made.body.data.id}`;
      conforms(path, 'get', await provider.get(path));
    });
  }

  test('errors', async () => {
    conforms(DECLARATIONS, 'post', await provider.send(ect({ declaration_type: 'extended-1', evidence_held: 'x' })));
    conforms(DECLARATIONS, 'post', await system.request('POST', DECLARATIONS, { token: provider.token, body: '{' }));
    conforms(DECLARATIONS, 'post', await system.request('POST', DECLARATIONS, { token: 'x', body: body(ect()) }));
    conforms(`${DECLARATIONS}/x`, 'get', await provider.get(`${DECLARATIONS}/x`));
    conforms(`${DECLARATIONS}/x`, 'get', await system.request('GET', `${DECLARATIONS}/x`));
  });

  test('the example of the request is one that the service understands', async () => {
    const post = contract.paths[DECLARATIONS].post;
    assert.ok(post.requestBody, 'documented');
    const answer = await system.request('POST', DECLARATIONS, { token: provider.token, url: await frontAt(system, london('2024-10-20 10:00')), body: body(ect({ participant_id: 'nobody' })) });
    assert.equal(answer.status, 422);
  });
});
