// What operations 10 to 12 and submissions answer has the shape that the project itself tells: the words of
// common/declaration.h, the attributes of the example in README.md, in its order. Where the published contract is there
// (contract/lead-provider-api-v3.openapi.yaml), the same answers are also held against what it promises.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { root } from '../support/cluster.mjs';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london } from './client.mjs';
import { A, participant, world } from './world.mjs';

const file = ['contract', '../shared/contract'].map((folder) => join(root, folder, 'lead-provider-api-v3.openapi.yaml')).find(existsSync);

let system, provider;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  provider = new Provider(system, A);
});
after(() => system?.stop());

function validator() {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  (addFormats.default ?? addFormats)(ajv);
  return ajv;
}

function holds(validate, answer) {
  assert.ok(validate(answer.body), `${answer.text}\n${JSON.stringify(validate.errors, null, 1)}`);
}

// ---- what the project says

const header = readFileSync(join(root, 'common/declaration.h'), 'utf8');

/** The words of a list of common/declaration.h as the API has them: the last text of each row. */
function words(list) {
  const [, rows] = new RegExp(`#define ${list}\\(X\\)((?:.*\\\\\\n)*.*\\n)`).exec(header);
  return [...rows.matchAll(/X\(\w+, (?:"[^"]*", )*"([^"]*)"\)/g)].map(([, word]) => word);
}

/** The answer to a declaration that README.md shows. */
const example = (() => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, text] = /```\n(\{"data":\{"id":[^]*?)\n```/.exec(readme);
  return JSON.parse(text);
})();

const text = { type: 'string', minLength: 1 }, uuid = { type: 'string', format: 'uuid', pattern: '^[0-9a-f-]+$' };
const instant = { type: 'string', format: 'date-time', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' };
const orNull = (schema) => ({ anyOf: [schema, { type: 'null' }] });
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false });
const resource = (type, attributes) => object({ data: object({ id: uuid, type: { const: type }, attributes: object(attributes) }) });

const states = [...new Set([...words('PAYMENT_STATUSES'), ...words('CLAWBACK_STATUSES')])];
const said = {
  declaration: resource('participant-declaration', {
    participant_id: uuid, declaration_type: { enum: words('DECLARATION_TYPES') }, declaration_date: instant, course_identifier: { enum: words('PARTICIPANT_ROLES') },
    mentor_id: orNull(uuid), state: { enum: states }, updated_at: instant, created_at: instant, delivery_partner_id: uuid, statement_id: orNull(uuid),
    clawback_statement_id: orNull(uuid), ineligible_for_funding_reason: { type: 'null' }, uplift_paid: { type: 'boolean' },
    evidence_held: orNull({ enum: words('EVIDENCE_TYPES') }), lead_provider_name: text,
  }),
  submission: resource('submission', {
    kind: text, state: { enum: ['received', 'decided'] }, result: orNull({ enum: ['succeeded', 'rejected'] }), accepted_at: instant, updated_at: instant, decided_at: orNull(instant),
    batch_id: { type: 'null' }, line: { type: 'null' }, response: orNull(object({ status: { type: 'integer' }, body: { type: 'object' } })),
    resource: orNull(object({ type: text, id: uuid })),
  }),
  errors: object({ errors: { type: 'array', minItems: 1, items: object({ title: text, detail: text }) } }),
  error: object({ error: text }),
};
const ours = Object.fromEntries(Object.entries(said).map(([name, schema]) => [name, validator().compile(schema)]));

const answers = []; // { path, method, answer } of operations that the contract has

/** Holds an answer against what we say of it ourselves, and keeps it for the contract. */
function isOurs(name, path, method, answer) {
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  holds(ours[name], answer);
  answers.push({ path, method, answer });
}

const ect = (more) => ({ participant_id: participant('openapi'), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...more });
const mentor = { participant_id: participant('openapi mentor'), course_identifier: 'ecf-mentor', declaration_type: 'started', declaration_date: '2025-09-20T09:00:00Z', evidence_held: 'materials-engaged-with-offline' };

describe('what the project says', () => {
  test('the lists of words were found, and the example is an answer', () => {
    assert.deepEqual([words('DECLARATION_TYPES').length, words('EVIDENCE_TYPES').length, words('PARTICIPANT_ROLES'), states.length], [9, 7, ['ecf-induction', 'ecf-mentor'], 7]);
    holds(ours.declaration, { body: example });
  });

  for (const [name, attributes, at] of [['an ECT', ect(), '2024-10-20 10:00'], ['a mentor', mentor, '2025-10-20 10:00']]) {
    test(`create, show and void: ${name}`, async () => {
      const made = await provider.send(attributes, { at });
      assert.equal(made.status, 200, made.text);
      const path = `${DECLARATIONS}/${made.body.data.id}`, shown = await provider.get(path);
      isOurs('declaration', DECLARATIONS, 'post', made);
      isOurs('declaration', path, 'get', shown);
      assert.deepEqual(Object.keys(made.body.data.attributes), Object.keys(example.data.attributes), 'in the order of the example');
      assert.deepEqual(Object.keys(made.body.data), Object.keys(example.data));

      const voided = await provider.void(made.body.data.id, { at });
      assert.equal(voided.status, 200, voided.text);
      isOurs('declaration', `${path}/void`, 'put', voided);
      assert.deepEqual(Object.keys(voided.body.data.attributes), Object.keys(example.data.attributes));
      isOurs('errors', `${path}/void`, 'put', await provider.void(made.body.data.id, { at }));
    });
  }

  test('a submission, received and decided', async () => {
    const accepted = await provider.send(ect({ declaration_type: 'nonsense' }), { headers: { prefer: 'respond-async' } });
    assert.equal(accepted.status, 202);
    holds(ours.submission, accepted);
    const location = accepted.headers.get('location');
    await system.decided(location, provider.token);
    const decided = await provider.get(location);
    holds(ours.submission, decided);
    holds(ours.errors, { body: decided.body.data.attributes.response.body });
    assert.deepEqual(Object.keys(accepted.body.data.attributes), Object.keys(decided.body.data.attributes), 'in the same order');
  });

  test('errors', async () => {
    isOurs('errors', DECLARATIONS, 'post', await provider.send(ect({ declaration_type: 'extended-1', evidence_held: 'x' })));
    isOurs('errors', DECLARATIONS, 'post', await system.request('POST', DECLARATIONS, { token: provider.token, body: '{' }));
    isOurs('error', DECLARATIONS, 'post', await system.request('POST', DECLARATIONS, { token: 'x', body: body(ect()) }));
    isOurs('errors', `${DECLARATIONS}/x`, 'get', await provider.get(`${DECLARATIONS}/x`));
    isOurs('error', `${DECLARATIONS}/x`, 'get', await system.request('GET', `${DECLARATIONS}/x`));
    isOurs('errors', `${DECLARATIONS}/x/void`, 'put', await provider.void('x'));
    isOurs('error', `${DECLARATIONS}/x/void`, 'put', await system.request('PUT', `${DECLARATIONS}/x/void`));
    holds(ours.error, await provider.get('/nowhere'));
  });
});

describe('the published contract', { skip: file ? false : 'contract/lead-provider-api-v3.openapi.yaml is not there' }, () => {
  let contract, ajv;
  before(() => {
    contract = parse(readFileSync(file, 'utf8'));
    ajv = validator();
    ajv.addSchema({ $id: 'contract', ...contract });
  });

  const pointer = (...parts) => '/' + parts.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent).join('/');

  /** Holds an answer against what the contract says of this operation and status. */
  function conforms({ path, method, answer }) {
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
    holds(ajv.compile({ $ref: `contract#${pointer(...at, 'content', type, 'schema')}` }), answer);
  }

  test('every answer above is one that it promises', () => {
    assert.ok(answers.length >= 9, `${answers.length} answers`);
    for (const one of answers) conforms(one);
  });

  test('its request is one that the service understands', async () => {
    assert.ok(contract.paths[DECLARATIONS].post.requestBody, 'documented');
    const answer = await system.request('POST', DECLARATIONS, { token: provider.token, body: body(ect({ participant_id: 'nobody' })) });
    assert.equal(answer.status, 422);
  });
});
