// What operations 9 to 12 and submissions answer has the shape that the project itself tells: the words of
// common/declaration.h, the attributes of the example in README.md, in its order, and front/openapi.yaml, which describes each
// row of the route table and nothing else. Where the published contract is there (contract/lead-provider-api-v3.openapi.yaml),
// the same answers are also held against what it promises.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { bin, root } from '../support/cluster.mjs';
import { Document, published } from '../support/contract.mjs';
import { differences, routesOf } from '../support/coverage.mjs';
import { startSystem, until } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london } from './client.mjs';
import { P, fillStatus, makePerson, makePlaces } from './people.mjs';
import { A, participant, uuidOf, world } from './world.mjs';

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

const header = ['declaration', 'participant'].map((name) => readFileSync(join(root, `common/${name}.h`), 'utf8')).join('');

/** The words of a list of common/declaration.h or common/participant.h as the API has them: the last text of each row. */
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
said.declarations = object({ data: { type: 'array', items: said.declaration.properties.data } });
said.submissions = object({ data: { type: 'array', items: said.submission.properties.data } });
const ours = Object.fromEntries(Object.entries(said).map(([name, schema]) => [name, validator().compile(schema)]));

const answers = []; // { path, method, answer }

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
    isOurs('submission', DECLARATIONS, 'post', accepted);
    const location = accepted.headers.get('location');
    await system.decided(location, provider.token);
    const decided = await provider.get(location);
    isOurs('submission', location, 'get', decided);
    holds(ours.errors, { body: decided.body.data.attributes.response.body });
    assert.deepEqual(Object.keys(accepted.body.data.attributes), Object.keys(decided.body.data.attributes), 'in the same order');
  });

  test('lists, and what they refuse', async () => {
    for (const [name, path] of [['declarations', DECLARATIONS], ['submissions', '/api/v3/submissions']]) {
      const list = await provider.get(`${path}?page[per_page]=3000`);
      assert.ok(list.body.data.length >= 2, name);
      isOurs(name, path, 'get', list);
      isOurs(name, path, 'get', await provider.get(`${path}?page[page]=9999`));
      isOurs('errors', path, 'get', await provider.get(`${path}?page=x`));
      isOurs('errors', path, 'get', await provider.get(`${path}?filter=x`));
      isOurs('error', path, 'get', await system.request('GET', path));
    }
    assert.ok((await provider.get(DECLARATIONS)).body.data.some((one) => one.attributes.state === 'voided'));
    const location = '/api/v3/submissions/x';
    isOurs('errors', location, 'get', await provider.get(location));
    isOurs('error', location, 'get', await system.request('GET', location));
    for (const path of ['/healthcheck', '/healthcheck/live', '/healthcheck/ready']) answers.push({ path, method: 'get', answer: await system.request('GET', path) });
  });

  test('places: lists, records, and what they refuse', async () => {
    for (const [path, needed] of [['/api/v3/statements', ''], ['/api/v3/delivery-partners', ''], ['/api/v3/partnerships', ''], ['/api/v3/schools', 'filter[cohort]=2024']]) {
      const list = await provider.get(`${path}?${needed}`);
      assert.equal(list.status, 200, list.text);
      const [{ id }] = list.body.data;
      for (const answer of [list, await provider.get(`${path}?${needed}&page[page]=9999`), await provider.get(`${path}?${needed}&page=x`), await provider.get(`${path}?filter=x`),
        await system.request('GET', path)]) answers.push({ path, method: 'get', answer });
      for (const answer of [await provider.get(`${path}/${id}?${needed}`), await provider.get(`${path}/x?${needed}`), await system.request('GET', `${path}/x`),
        ...(needed ? [await provider.get(`${path}/${id}`)] : [])]) answers.push({ path: `${path}/${id}`, method: 'get', answer });
    }
  });

  test('participants, their transfers, unfunded mentors', async () => {
    await makePlaces(system.db);
    await makePerson(system.db, 'a mentor', { places: [{ role: 'mentor', from: '2020-09-01', training: [] }] });
    await makePerson(system.db, 'moves', {
      records: { ect: { eligible: '2022-09-10T09:00:00Z' } }, changes: [{ from: uuidOf('retired'), at: '2024-10-01T10:00:00Z' }],
      places: [
        { school: 'S2', from: '2022-09-01', to: '2024-08-31', pattern: 'full_time', training: [{ year: 2022, withdrawn: ['2024-08-30T10:00:00Z', 'moved_school'] }] },
        { email: 'moves@s1.example', mentors: [{ by: 'a mentor' }], training: [{ to: '2024-09-30', deferred: ['2024-09-30T10:00:00Z', 'other'] }] },
        { role: 'mentor', school: 'S3', from: '2024-09-01', to: '2024-09-15' },
      ],
    });
    await fillStatus(system);
    const asked = new Provider(system, P);
    for (const [path, show] of [['/api/v3/participants', (id) => `/api/v3/participants/${id}`], ['/api/v3/participants/transfers', (id) => `/api/v3/participants/${id}/transfers`],
      ['/api/v3/unfunded-mentors', (id) => `/api/v3/unfunded-mentors/${id}`]]) {
      const list = await asked.get(path);
      assert.equal(list.body.data.length, 1, path);
      answers.push({ path, method: 'get', answer: list }, { path: show(list.body.data[0].id), method: 'get', answer: await asked.get(show(list.body.data[0].id)) });
      isOurs('errors', path, 'get', await asked.get(`${path}?page=x`));
      isOurs('error', path, 'get', await system.request('GET', path));
      isOurs('errors', show('x'), 'get', await asked.get(show('x')));
      isOurs('error', show('x'), 'get', await system.request('GET', show('x')));
    }
  });

  test('a dry run', async () => {
    const headers = { prefer: 'handling=dry-run' };
    for (const attributes of [ect({ declaration_type: 'retained-1', declaration_date: '2024-10-19T09:00:00Z' }), ect({ declaration_type: 'started' })]) {
      const tried = await provider.send(attributes, { headers });
      assert.equal(tried.status, 200, tried.text);
      assert.equal(tried.body.data.id, null);
      answers.push({ path: DECLARATIONS, method: 'post', answer: tried });
    }
    const [{ id }] = (await provider.get(DECLARATIONS)).body.data, path = `${DECLARATIONS}/${id}/void`;
    const tried = await system.request('PUT', path, { token: provider.token, headers });
    assert.equal(tried.body.data.attributes.rules.length > 1, true, tried.text);
    answers.push({ path, method: 'put', answer: tried });
  });

  test('a bulk request, its batch, and what became of its lines', async () => {
    const path = `${DECLARATIONS}/bulk`, lines = [body(ect({ declaration_type: 'nonsense' })), '{', body(ect({ declaration_type: 'extended-1' }))];
    const send = (text) => system.request('POST', path, { token: provider.token, body: text, headers: { 'content-type': 'application/x-ndjson' } });
    const accepted = await send(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    assert.equal(accepted.status, 202, accepted.text);
    const location = accepted.headers.get('location');
    let batch;
    await until('the batch is not finished', async () => (batch = await provider.get(location)).body.data.attributes.finished_at !== null);
    const results = await provider.get(`${location}/results`), told = results.text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(told.map(({ line, result }) => [line, result]), [[1, 'rejected'], [2, 'rejected'], [3, 'rejected']]);
    answers.push({ path, method: 'post', answer: accepted }, { path, method: 'post', answer: await send('') }, { path, method: 'post', answer: await send('{}\n'.repeat(10_001)) });
    answers.push({ path: location, method: 'get', answer: batch }, { path: '/api/v3/batches/x', method: 'get', answer: await provider.get('/api/v3/batches/x') });
    answers.push({ path: `${location}/results`, method: 'get', answer: results });
    answers.push({ path: '/api/v3/batches/x/results', method: 'get', answer: await provider.get('/api/v3/batches/x/results') });
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

const pointer = (part) => `/${encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))}`;

describe('front/openapi.yaml', () => {
  const text = readFileSync(join(root, 'front/openapi.yaml'), 'utf8');
  const document = new Document(text, { strict: true });

  test('has every row of the route table, with its query and its attributes, and nothing else', () => {
    const routes = routesOf(execFileSync(join(bin, 'ecf2-front'), ['--routes'], { encoding: 'utf8' }));
    assert.ok(routes.length >= 10);
    assert.deepEqual(differences(document, routes), []);
    const bent = routes.map((route, i) => (i > 0 ? route : { ...route, name: 'get /other' }));
    assert.equal(differences(document, bent).length, 2, 'what differs is found');
    for (const change of [{ isOpen: !routes[0].isOpen }, { parameters: ['filter[x]'] }]) assert.equal(differences(document, [{ ...routes[0], ...change }, ...routes.slice(1)]).length, 1);
  });

  test('is served to everybody, under both names, with an entity tag', async () => {
    for (const path of ['/api/docs/v3/openapi.yaml', '/api/docs/v3/swagger.yaml']) {
      const served = await system.request('GET', path);
      assert.deepEqual([served.status, served.headers.get('content-type'), served.text], [200, 'application/yaml; charset=utf-8', text]);
      const same = await system.request('GET', path, { headers: { 'if-none-match': served.headers.get('etag') } });
      assert.deepEqual([same.status, same.text], [304, '']);
      assert.equal((await system.request('GET', path, { token: 'nonsense' })).status, 200);
    }
    for (const path of ['/api/docs/v2/openapi.yaml', '/api/docs/v3/openapi.json']) assert.equal((await system.request('GET', path)).status, 404);
  });

  test('every reference leads somewhere, every schema compiles, every example is one', () => {
    const walk = (node, at) => {
      if (typeof node !== 'object' || node === null) return;
      if (typeof node.$ref === 'string') assert.ok(node.$ref.slice(2).split('/').reduce((n, key) => n?.[key.replaceAll('~1', '/')], document.contract), `${at}: ${node.$ref}`);
      if (node.schema && node.example !== undefined) assert.ok(document.ajv.compile({ $ref: `contract#${at}/schema` })(node.example), `${at}: the example`);
      for (const [key, value] of Object.entries(node)) walk(value, `${at}${pointer(key)}`);
    };
    walk(document.contract, '');
    for (const name of Object.keys(document.contract.components.schemas)) document.validator('components', 'schemas', name);
    assert.equal(new Set(document.operations.map(({ name }) => name)).size, document.operations.length);
    for (const { name, place } of document.operations) {
      const { operationId, summary, tags } = document.at(...place).node;
      assert.ok(operationId && summary && tags.length === 1, name);
    }
  });

  test('its lists of words are those of the code', () => {
    const { schemas } = document.contract.components;
    assert.deepEqual(schemas.DeclarationType.enum, words('DECLARATION_TYPES'));
    assert.deepEqual(schemas.Evidence.enum.toSorted(), words('EVIDENCE_TYPES').toSorted());
    assert.deepEqual(schemas.CourseIdentifier.enum, words('PARTICIPANT_ROLES'));
    assert.deepEqual(schemas.WithdrawalReason.enum, words('WITHDRAWAL_REASONS'));
    assert.deepEqual(schemas.DeferralReason.enum, words('DEFERRAL_REASONS'));
    assert.deepEqual(schemas.ScheduleIdentifier.enum, words('SCHEDULE_IDENTIFIERS'));
    const { properties: enrolment } = schemas.Enrolment;
    assert.deepEqual(enrolment.training_status.enum, words('TRAINING_STATUSES'));
    assert.deepEqual(enrolment.participant_status.enum, words('PARTICIPANT_STATUSES'));
    assert.deepEqual(enrolment.mentor_ineligible_for_funding_reason.enum, [...words('FUNDING_END_REASONS'), null]);
    assert.deepEqual(schemas.Declaration.properties.attributes.properties.state.enum.toSorted(), states.toSorted());
  });

  test('every answer above is one that it promises', () => {
    assert.ok(answers.length >= 25, `${answers.length} answers`);
    for (const one of answers) document.conforms(one);
  });

  test('an answer that it does not promise would be found', () => {
    const { path, method, answer } = answers.find((one) => one.answer.body?.data?.type === 'participant-declaration');
    const bent = (change) => { const body = structuredClone(answer.body); change(body); return { path, method, answer: { ...answer, body, text: JSON.stringify(body) } }; };
    for (const change of [(b) => delete b.data.attributes.mentor_id, (b) => (b.data.attributes.more = 1), (b) => (b.data.attributes.state = 'x'), (b) => (b.data.id = b.data.id.toUpperCase())]) {
      assert.throws(() => document.conforms(bent(change)));
    }
    assert.throws(() => document.conforms({ path, method, answer: { ...answer, status: 418 } }));
  });
});

describe('the published contract', { skip: published() ? false : 'contract/lead-provider-api-v3.openapi.yaml is not there' }, () => {
  const contract = published();
  const isOurOwn = ({ path, answer }) => !contract.template(path) || answer.status === 202 || path.endsWith('/bulk') || answer.body?.data?.attributes?.rules !== undefined;

  test('every answer above of an operation that it has is one that it promises', () => {
    const its = answers.filter((one) => !isOurOwn(one));
    assert.ok(its.length >= 14, `${its.length} answers`);
    for (const one of its) contract.conforms(one);
    for (const one of answers) if (isOurOwn(one)) assert.match(one.path, /^\/(api\/v3\/(submissions|batches|participant-declarations)|healthcheck)/);
  });

  test('what it has of our operations is what our document has: statuses, query, attributes', () => {
    const names = (list) => list.filter((one) => one.in === 'query').map((one) => one.name).sort();
    const document = new Document(readFileSync(join(root, 'front/openapi.yaml'), 'utf8'));
    const both = contract.operations.map((its) => [its, document.operations.find(({ method, path }) => method === its.method && path === its.path)]).filter(([, ours]) => ours);
    assert.ok(both.length >= 4);
    for (const [its, ours] of both) {
      assert.deepEqual(its.statuses.filter((status) => !ours.statuses.includes(status)), [], ours.name);
      assert.deepEqual(names(ours.parameters), names(its.parameters), ours.name);
      assert.deepEqual(Object.keys(ours.body?.attributes ?? {}).sort(), Object.keys(its.body?.attributes ?? {}).sort(), ours.name);
    }
  });

  test('its request is one that the service understands', async () => {
    assert.ok(contract.contract.paths[DECLARATIONS].post.requestBody, 'documented');
    const answer = await system.request('POST', DECLARATIONS, { token: provider.token, body: body(ect({ participant_id: 'nobody' })) });
    assert.equal(answer.status, 422);
  });
});
