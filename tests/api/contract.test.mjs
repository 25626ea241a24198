// The measure that every answer is held against (support/contract.mjs) finds what is wrong with one, and what was never
// exercised (support/coverage.mjs) is told. No service runs here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Document, Violation, holdPublished } from '../support/contract.mjs';
import { answered, coverage, differences, routesOf, summary } from '../support/coverage.mjs';
import { NOBODY, sample } from '../support/samples.mjs';

const text = `
openapi: 3.1.0
info: {title: x, version: x}
security: [{token: []}]
paths:
  /things:
    get:
      operationId: listThings
      parameters:
      - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object, required: [cohort], properties: {cohort: {type: string, example: '2024'}, q: {$ref: '#/components/schemas/Word'}}}}
      responses:
        '200': {description: x, content: {application/json: {schema: {type: object, required: [data], properties: {data: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}}}}
        '400': {$ref: '#/components/responses/Bad'}
    post:
      operationId: makeThing
      parameters: [{name: Prefer, in: header, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object, properties: {data: {type: object, properties: {attributes: {type: object, properties: {cohort: {type: string}, reason: {type: string, enum: [a]}}}}}}}}}}
      responses:
        '200': {description: x, content: {application/json: {schema: {anyOf: [{$ref: '#/components/schemas/Thing'}, {$ref: '#/components/schemas/Tried'}]}}}}
        '202': {description: x, headers: {Location: {required: true, schema: {type: string}}, Retry-After: {required: true, schema: {type: integer, minimum: 1}}, Preference-Applied: {schema: {type: string}}}}
        '422': {$ref: '#/components/responses/Bad'}
  /things/all:
    get: {operationId: listAll, security: [], responses: {'200': {description: x, content: {application/x-ndjson: {schema: {$ref: '#/components/schemas/Thing'}}}}}}
  /things/{id}:
    get: {operationId: showThing, responses: {'200': {description: x, content: {application/json: {schema: {allOf: [{$ref: '#/components/schemas/Thing'}, {properties: {more: {type: string}}}]}}}}, '304': {description: x}}}
components:
  responses:
    Bad: {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Errors'}}}}
  schemas:
    Word: {type: string, enum: [some]}
    Thing: {type: object, required: [id, at, on], properties: {id: {type: string, format: uuid}, at: {type: string, format: date-time}, on: {anyOf: [{type: string, format: date}, {type: 'null'}]}}}
    Tried: {type: object, required: [rules], properties: {rules: {type: array}}}
    Errors: {type: object, required: [errors], properties: {errors: {type: array, items: {type: object, required: [title, detail], properties: {title: {type: string}, detail: {type: string}}}}}}
    Error: {type: object, required: [error], properties: {error: {type: string}}}
`;
const document = new Document(text, { strict: true });
const usual = {
  'content-type': 'application/json; charset=utf-8', 'x-request-id': NOBODY, 'strict-transport-security': 'max-age=10800', 'x-content-type-options': 'nosniff', 'x-robots-tag': 'none', 'cache-control': 'no-store',
};
const answer = (status, body, headers = {}) => ({ status, headers: new Headers(Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== null)), text: typeof body === 'string' ? body : JSON.stringify(body) });
const thing = { id: NOBODY, at: '2024-10-07T09:00:00Z', on: '2024-10-07' };
const conforms = (method, path, said, sent = {}) => document.conforms({ method, path, sent, answer: said });
const violates = (words, ...all) => assert.throws(() => conforms(...all), (error) => error instanceof Violation && words.test(error.message), String(words));
const errors = (title) => ({ errors: [{ title, detail: 'x' }] });

describe('an answer is held against its operation', () => {
  test('which is found by method and path, a path without a place first', () => {
    for (const [method, path, name] of [['GET', '/things', 'listThings'], ['HEAD', '/things?x=y', 'listThings'], ['POST', '/things', 'makeThing'], ['GET', '/things/all', 'listAll'], ['GET', '/things/x%2Fy', 'showThing'],
      ['GET', '/things/', undefined], ['PUT', '/things', undefined], ['GET', '/things/x/y', undefined], ['GET', '/things.', undefined]]) assert.equal(document.find(method, path)?.name, name, `${method} ${path}`);
  });

  test('one that is right passes, and tells what was exercised', () => {
    assert.deepEqual(conforms('GET', '/things?filter%5Bq%5D=x&filter[cohort]=2024&y', answer(200, { data: [thing] })), { operation: 'get /things', status: '200', type: 'application/json', alternatives: [], titles: [], parameters: ['filter[cohort]', 'filter[q]'] });
    assert.deepEqual(conforms('POST', '/things', answer(200, { rules: [] }), { prefer: 'x' }).alternatives, [1]);
    assert.deepEqual(conforms('POST', '/things', answer(422, errors('cohort'))).titles, ['cohort']);
    assert.equal(conforms('HEAD', '/things', answer(200, '')).type, null);
    conforms('GET', '/things/all', answer(200, `${JSON.stringify(thing)}\n${JSON.stringify(thing)}\n`, { 'content-type': 'application/x-ndjson' }));
    conforms('GET', '/things/x', answer(200, { ...thing, more: 'x' }));
    conforms('GET', '/things/x', answer(304, ''));
    conforms('POST', '/things', answer(202, '', { location: '/x', 'retry-after': '1', 'preference-applied': 'respond-async' }), { prefer: 'respond-async' });
    assert.equal(conforms('GET', '/nowhere', answer(404, { error: 'x' })), undefined);
    for (const [status, more] of [[308, { location: 'x' }], [414, {}]]) assert.equal(conforms('GET', '/things', answer(status, status === 308 ? { error: 'x' } : errors('URL too long'), more)), undefined);
  });

  const bad = (change) => answer(200, { data: [thing, { ...thing, ...change }] });
  for (const [name, words, ...all] of [
    ['more than its schema has', /listThings 200: \/data\/1 .*: more/, 'GET', '/things', bad({ more: 1 })],
    ['more around it', /listThings 200: \/ .*: meta/, 'GET', '/things', answer(200, { data: [], meta: {} })],
    ['more than all of its parts have', /showThing 200: \/ .*: other/, 'GET', '/things/x', answer(200, { ...thing, other: 1 })],
    ['less (lead-provider-api.md 3.7/2)', /\/data\/1 .*'on'/, 'GET', '/things', bad({ on: undefined })],
    ['an id in upper case', /\/data\/1\/id .*uuid/, 'GET', '/things', bad({ id: NOBODY.replace('8', 'A') })],
    ['parts of a second (lead-provider-api.md 3.7/3)', /\/data\/1\/at .*date-time/, 'GET', '/things', bad({ at: '2024-10-07T09:00:00.5Z' })],
    ['an offset', /\/data\/1\/at/, 'GET', '/things', bad({ at: '2024-10-07T09:00:00+00:00' })],
    ['a day that is none', /\/data\/1\/at/, 'GET', '/things', bad({ at: '2024-02-30T09:00:00Z' })],
    ['a date that is none', /\/data\/1\/on .*date/, 'GET', '/things', bad({ on: '2023-02-29' })],
    ['a line of many', /listAll 200: \/on/, 'GET', '/things/all', answer(200, `${JSON.stringify(thing)}\n${JSON.stringify({ ...thing, on: 1 })}\n`, { 'content-type': 'application/x-ndjson' })],
    ['another status', /listThings 404: a status/, 'GET', '/things', answer(404, errors('Resource not found'))],
    ['a status of nobody', /500: a status/, 'GET', '/things', answer(500, errors('x'))],
    ['another type (lead-provider-api.md 3.7/1)', /Content-Type is "text\/html"/, 'GET', '/things', answer(200, { data: [] }, { 'content-type': 'text/html' })],
    ['no JSON', /listThings 200/, 'GET', '/things', answer(200, '{')],
    ['a title that there is not (lead-provider-api.md 3.8/1, 3.8/4)', /\/errors: the title "contract_period"/, 'POST', '/things', answer(422, errors('contract_period'))],
    ['the title of another status', /\/errors: the title "cohort"/, 'GET', '/things', answer(400, errors('cohort'))],
    ['no Location', /no Location/, 'POST', '/things', answer(202, '', { 'retry-after': '1' })],
    ['a header that is no number', /Retry-After "soon"/, 'POST', '/things', answer(202, '', { location: '/x', 'retry-after': 'soon' })],
    ['a number that is too low', /Retry-After "0"/, 'POST', '/things', answer(202, '', { location: '/x', 'retry-after': '0' })],
    ['no word of what was honoured', /no Preference-Applied/, 'POST', '/things', answer(202, '', { location: '/x', 'retry-after': '1' }), { prefer: 'respond-async' }],
    ['no X-Request-Id (lead-provider-api.md 3.10/2)', /x-request-id is null/, 'GET', '/things', answer(200, { data: [] }, { 'x-request-id': null })],
    ['a body where there is none', /showThing 304: a body/, 'GET', '/things/x', answer(304, 'x')],
    ['a body of HEAD', /a body/, 'HEAD', '/things', answer(200, { data: [] })],
    ['something where nothing is', /no operation\) 200: not 404/, 'GET', '/nowhere', answer(200, '{}')],
    ['nothing, in the shape of a record', /no operation\) 404: \/ .*'error'/, 'GET', '/nowhere', answer(404, errors('Resource not found'))],
  ]) test(`${name} is found`, () => violates(words, ...all));
});

describe('what was never exercised', () => {
  const entries = () => [
    conforms('GET', '/things?filter[cohort]=1&filter[q]=', answer(200, { data: [] })), conforms('GET', '/things', answer(400, errors('Bad request'))), conforms('GET', '/things', answer(400, errors('Bad parameter'))),
    conforms('POST', '/things', answer(200, thing), { prefer: 'wait=1' }), conforms('POST', '/things', answer(200, { rules: [] })), conforms('POST', '/things', answer(202, '', { location: '/x', 'retry-after': '1' })),
    conforms('POST', '/things', answer(422, errors('cohort'))), conforms('POST', '/things', answer(422, errors('reason'))),
    conforms('GET', '/things/all', answer(200, '', { 'content-type': 'application/x-ndjson' })), conforms('GET', '/things/x', answer(200, thing)), conforms('GET', '/things/x', answer(304, '')),
  ];
  test('is nothing when all was', () => {
    const { counts, missing } = coverage(document, entries());
    assert.deepEqual(missing, []);
    assert.equal(summary(counts), '4 of 4 operations, 3 of 3 parameters, 8 of 8 statuses, 8 of 8 bodies, 4 of 4 errors');
  });
  test('is a filter that was only ever refused', () => {
    const refused = conforms('GET', '/things?filter[cohort]=1&filter[q]=', answer(400, errors('Bad request')));
    assert.deepEqual(refused.parameters, []);
    assert.deepEqual(coverage(document, [refused, ...entries().slice(1), conforms('GET', '/things', answer(200, { data: [] }))]).missing, ['never exercised: get /things: filter[cohort]', 'never exercised: get /things: filter[q]']);
  });
  test('is told of each', () => {
    const without = [['listThings: filter', 0], ['400 Bad request', 1], ['400 Bad parameter', 2], ['alternative 1', 3], ['alternative 2', 4], ['202', 5], ['422 cohort', 6], ['422 reason', 7], ['get /things/all', 8], ['200', 9], ['304', 10]];
    for (const [name, i] of without) assert.ok(coverage(document, entries().toSpliced(i, 1)).missing.length > 0, name);
    assert.deepEqual(coverage(document, entries().toSpliced(7, 1)).missing, ['never exercised: post /things: 422 reason']);
  });
  test('and of operations, whether they were answered with what they are for', () => {
    const names = ['get /things', 'post /things', 'get /things/all', 'get /things/{thing}'];
    assert.deepEqual(answered(names, entries()), { seen: 4, of: 4, missing: [] });
    assert.deepEqual(answered([...names, 'put /things'], entries()).missing, ['put /things']);
    assert.deepEqual(answered(names, entries().filter(({ operation, status }) => operation !== 'get /things' || status !== '200')), { seen: 3, of: 4, missing: ['get /things'] });
  });
  test('and where routes and document differ', () => {
    const routes = routesOf('GET,HEAD /things token filter[cohort] filter[q]\nPOST /things token body:cohort body:reason\nGET,HEAD /things/all open\nGET,HEAD /things/{id} token\n');
    assert.deepEqual(differences(document, routes), []);
    assert.deepEqual(differences(document, routes.slice(1)), ['get /things: in the document, and no route']);
    assert.deepEqual(differences(document, [...routes, ...routesOf('PUT,PATCH /other token')]), ['put /other: a route, and not in the document', 'patch /other: a route, and not in the document']);
    const [list, make, all, show] = routes;
    assert.equal(differences(document, [{ ...list, parameters: ['filter[q]'] }, { ...make, attributes: ['cohort'] }, { ...all, isOpen: false }, show]).length, 3);
  });
});

test('an answer is held against the published contract too, in what that has', () => {
  const contract = new Document(text.replace('operationId: makeThing', 'operationId: makeThing\n      x-error-titles: [cohort]').replace('required: [id, at, on]', 'required: [id, at, on, name]'));
  const holds = (method, path, said) => holdPublished(method, path, said, contract);
  for (const [method, path, said] of [['GET', '/other', answer(200, {})], ['HEAD', '/things', answer(200, '')], ['GET', '/things', answer(503, '')], ['POST', '/things', answer(422, errors('cohort'))], ['POST', '/things', answer(422, errors('idempotency_key'))],
    ['GET', '/things', answer(200, { data: [{ ...thing, name: 'x', more: 1 }] })], ['POST', '/things', answer(200, { other: 1 }, { 'preference-applied': 'handling=dry-run' })]]) holds(method, path, said);
  for (const [method, path, said] of [['GET', '/things', answer(200, { data: [thing] })], ['POST', '/things', answer(422, errors('reason'))], ['POST', '/things', answer(422, {})]]) assert.throws(() => holds(method, path, said), Violation);
});

test('a request is made of what the document says', () => {
  const [list, make, , show] = document.operations;
  assert.deepEqual(sample(document, list), { method: 'GET', path: '/things?filter[cohort]=2024', headers: {}, body: undefined });
  assert.deepEqual(sample(document, make), { method: 'POST', path: '/things', headers: { 'content-type': 'application/json' }, body: '{"data":{"attributes":{"cohort":"x","reason":"a"}}}' });
  assert.equal(sample(document, show, { id: 'y' }).path, '/things/y');
});
