// The document of what is served (front/openapi.yaml), as the measure of every answer that a test gets, and what the tests
// have exercised of it. An answer must be of a status that the document has for its operation, with the headers that it says
// are there, and a body of its schema, read strictly: what it does not name may not be there, ids are in lower case, instants are
// whole seconds of UTC, and titles of errors are those of lead-provider-api.md 3.8. What no operation has is 404.
//
// Operations are found by method and path template: who adds one to the document needs to do nothing here.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { root } from './cluster.mjs';

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const unescape = (part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
const pointer = (...parts) => '/' + parts.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent).join('/');

// ---- what the document cannot say, as it holds of every answer

/** lead-provider-api.md 3.10, and what answers without an operation have. */
const everywhere = {
  'x-request-id': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'strict-transport-security': /^max-age=10800$/,
  'x-content-type-options': /^nosniff$/,
  'x-robots-tag': /^none$/,
  'cache-control': /^(max-age=0, private, must-revalidate|no-store)$/,
};

/** Of any request, whatever its operation: what HTTP itself has to say, and where HTTPS is wanted. */
const ofHttp = { 301: 'Error', 308: 'Error', 408: 'Errors', 413: 'Errors', 414: 'Errors', 431: 'Errors', 505: 'Errors' };

/** lead-provider-api.md 3.8: titles by status; those of 422 are attributes. */
export const titles = {
  400: ['Bad request', 'Bad parameter'],
  404: ['Resource not found'],
  409: ['Conflict'],
  413: ['Content too large'],
  422: ['cohort', 'school_id', 'delivery_partner_id', 'participant_id', 'course_identifier', 'participant_declaration_id', 'evidence_held', 'declaration_date', 'declaration_type', 'reason', 'schedule_identifier', 'idempotency_key'],
  503: ['Service unavailable'],
};

const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);

function strictFormats(ajv) {
  ajv.addFormat('uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  ajv.addFormat('date', (text) => { try { return isDay(text); } catch { return false; } });
  ajv.addFormat('date-time', (text) => /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text.replace('Z', '.000Z'));
}

/** Nothing may be in an answer that its schema does not name. Where schemas are put together (allOf), the whole is closed, and
 *  what else such a part is used for: parts has their references. */
function close(schema, parts, isPart = false) {
  if (typeof schema !== 'object' || schema === null) return;
  const named = schema.properties ?? schema.allOf ?? parts.has(schema.$ref);
  if (named && !isPart && schema.additionalProperties === undefined && schema.unevaluatedProperties === undefined) schema.unevaluatedProperties = false;
  for (const one of [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.prefixItems ?? []), schema.items, schema.additionalProperties]) close(one, parts);
  for (const one of schema.allOf ?? []) close(one, parts, true);
}

export class Violation extends assert.AssertionError {}

/** Of all that is wrong the one that lies deepest: of alternatives the one that was meant. */
const deepest = (errors) => errors.reduce((a, b) => (b.instancePath.length > a.instancePath.length ? b : a));

export class Document {
  /** strict: see above; else as it is written. */
  constructor(text, { strict = false } = {}) {
    this.contract = parse(text);
    this.strict = strict;
    this.ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
    (addFormats.default ?? addFormats)(this.ajv);
    if (strict) {
      strictFormats(this.ajv);
      this.closeAnswers();
    }
    this.ajv.addSchema({ $id: 'contract', ...this.contract });
    this.compiled = new Map();
    this.operations = Object.entries(this.contract.paths).flatMap(([path, item]) => methods.filter((method) => item[method]).map((method) => this.operation(method, path, item)));
  }

  closeAnswers() {
    const parts = new Set();
    const look = (node) => {
      if (typeof node !== 'object' || node === null) return;
      for (const one of Array.isArray(node.allOf) ? node.allOf : []) if (one.$ref) parts.add(one.$ref);
      Object.values(node).forEach(look);
    };
    look(this.contract);
    const { schemas = {}, responses = {} } = this.contract.components ?? {};
    for (const [name, schema] of Object.entries(schemas)) close(schema, parts, parts.has(`#/components/schemas/${name}`));
    const all = [...Object.values(responses), ...Object.values(this.contract.paths).flatMap((item) => methods.flatMap((method) => Object.values(item[method]?.responses ?? {})))];
    for (const { content = {} } of all) for (const { schema } of Object.values(content)) close(schema, parts);
  }

  /** What a place of the document has, and where that really is. */
  at(...parts) {
    let where = [], node = this.contract;
    for (const part of parts) {
      node = node?.[part];
      where.push(part);
      while (node?.$ref) {
        where = node.$ref.slice(2).split('/').map(unescape);
        node = where.reduce((inner, key) => inner?.[key], this.contract);
      }
    }
    return { node, where };
  }

  operation(method, path, item) {
    const place = ['paths', path, method];
    const parameters = [...(item.parameters ?? []).map((_, i) => ['paths', path, 'parameters', i]), ...(item[method].parameters ?? []).map((_, i) => [...place, 'parameters', i])]
      .map((where) => ({ ...this.at(...where).node, schema: this.at(...where, 'schema').node }));
    const type = Object.keys(item[method].requestBody?.content ?? {})[0];
    return {
      method, path, place, name: item[method].operationId ?? `${method} ${path}`,
      pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
      isOpen: (item[method].security ?? this.contract.security ?? []).length === 0,
      statuses: Object.keys(item[method].responses),
      // As they are sent: filter[cohort], page[page], sort, Prefer.
      parameters: parameters.filter((one) => one.in !== 'path').flatMap((one) => (one.style === 'deepObject'
        ? Object.entries(one.schema.properties ?? {}).map(([name, schema]) => ({ in: one.in, name: `${one.name}[${name}]`, schema, required: one.schema.required?.includes(name) ?? false }))
        : [{ in: one.in, name: one.name, schema: one.schema, required: one.required ?? false, example: one.example }])),
      body: type && { type, attributes: this.attributes([...place, 'requestBody', 'content', type, 'schema']), example: item[method].requestBody.content[type].example },
    };
  }

  /** The properties of a schema, of all its alternatives and parts: { name: where }. */
  properties(place) {
    const { node, where } = this.at(...place);
    const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (node?.[key] ?? []).map((_, i) => [...where, key, i]));
    return Object.assign({}, ...parts.map((part) => this.properties(part)), Object.fromEntries(Object.keys(node?.properties ?? {}).map((name) => [name, [...where, 'properties', name]])));
  }

  /** data.attributes of a body: { name: schema }; undefined: it has none. */
  attributes(place) {
    const { data } = this.properties(place), found = data && this.properties(data).attributes;
    if (!found) return undefined;
    const all = Object.entries(this.properties(found)).map(([name, where]) => [name, this.at(...where).node]);
    return all.length > 0 ? Object.fromEntries(all) : undefined;
  }

  /** The operation of a request; undefined: there is none. HEAD is GET without its body. */
  find(method, path) {
    const bare = path.split('?', 1)[0], asked = method.toLowerCase() === 'head' ? 'get' : method.toLowerCase();
    const fits = (one) => one.method === asked && one.pattern.test(bare);
    return this.operations.find((one) => one.method === asked && one.path === bare) ?? this.operations.find(fits);
  }

  template(path) {
    return this.operations.find((one) => one.path === path)?.path ?? this.operations.find((one) => one.pattern.test(path))?.path;
  }

  validator(...where) {
    const reference = `contract#${pointer(...where)}`;
    if (!this.compiled.has(reference)) this.compiled.set(reference, this.ajv.compile({ $ref: reference }));
    return this.compiled.get(reference);
  }

  fits(value, ...where) {
    const validate = this.validator(...where);
    return validate(value) ? undefined : deepest(validate.errors);
  }

  /**
   * Holds an answer against what the document says of its operation and status; throws a Violation, or gives what was
   * exercised. answer: { status, headers (get), text or body }; sent: the fields of the request.
   */
  conforms({ method, path, answer, sent = {} }) {
    const operation = this.find(method, path), status = String(answer.status);
    const name = operation?.name ?? `${method} ${path} (no operation)`;
    const wrong = (what) => {
      throw new Violation({ message: `${name} ${status}: ${what}\n${method.toUpperCase()} ${path}\n${String(answer.text ?? JSON.stringify(answer.body)).slice(0, 2000)}` });
    };
    if (this.strict) for (const [field, value] of Object.entries(everywhere)) if (!value.test(answer.headers.get(field) ?? '')) wrong(`${field} is ${answer.headers.get(field)}`);
    const documented = operation && this.at(...operation.place, 'responses', status);
    if (!documented?.node) {
      if (!this.strict || !(ofHttp[status] || (!operation && ['404', '429', '503'].includes(status)))) wrong(operation ? 'a status that the document does not have' : 'not 404');
      this.isOfNoOperation(method, status, answer, wrong);
      return undefined;
    }
    this.hasHeaders(documented, answer, sent, wrong);
    return { operation: `${operation.method} ${operation.path}`, status, ...this.hasBody(documented, method, answer, wrong), parameters: parametersSent(path, sent, operation, status) };
  }

  isOfNoOperation(method, status, answer, wrong) {
    if (method.toLowerCase() === 'head') return answer.text === '' || wrong('a body');
    const shape = ofHttp[status] ?? (status === '503' ? 'Errors' : 'Error');
    const error = this.fits(JSON.parse(answer.text), 'components', 'schemas', shape);
    if (error) wrong(`${error.instancePath || '/'} ${error.message}`);
    if (status === '503' && !/^[1-9]\d*$/.test(answer.headers.get('retry-after'))) wrong('no Retry-After');
  if (/^30/.test(status) && !answer.headers.get('location')) wrong('no Location');
  }

  hasHeaders({ node, where }, answer, sent, wrong) {
    for (const field of Object.keys(node.headers ?? {})) {
      const { node: header, where: place } = this.at(...where, 'headers', field), text = answer.headers.get(field);
      if (text === null || text === undefined) {
        if (header.required) wrong(`no ${field}`);
        continue;
      }
      const { node: schema } = this.at(...place, 'schema'), isNumber = schema.type === 'integer' && /^-?\d+$/.test(text);
      const error = this.fits(isNumber ? Number(text) : text, ...place, 'schema');
      if (error) wrong(`${field} "${text}" ${error.message}`);
    }
    // What was honoured is repeated (submissions.md section 2).
    if (this.strict && node.headers?.['Preference-Applied'] && answer.status === 202 && /^respond-async$/i.test(sent.prefer ?? '') && !answer.headers.get('idempotency-replayed') && answer.headers.get('preference-applied') !== 'respond-async') wrong('no Preference-Applied');
  }

  hasBody({ node, where }, method, answer, wrong) {
    const [type] = Object.keys(node.content ?? {}), given = answer.headers.get('content-type') ?? '';
    if (method.toLowerCase() === 'head') {
      if (answer.text) wrong('a body');
      return { type: null };
    }
    if (!type) {
      if (this.strict && answer.text) wrong('a body');
      return { type: null };
    }
    if (given !== type && given !== `${type}; charset=utf-8`) wrong(`Content-Type is "${given}"`);
    const place = [...where, 'content', type, 'schema'], found = new Set(), said = new Set();
    for (const value of valuesOf(type, answer, wrong)) {
      const error = this.fits(value, ...place);
      if (error) wrong(`${error.instancePath || '/'} ${error.message}${error.params?.unevaluatedProperty ? `: ${error.params.unevaluatedProperty}` : ''}${error.params?.additionalProperty ? `: ${error.params.additionalProperty}` : ''}${error.params?.allowedValue !== undefined ? `: ${error.params.allowedValue}` : ''}`);
      this.alternatives(place).forEach((one, i) => { if (!this.fits(value, ...one)) found.add(i); });
      for (const { title } of value?.errors ?? []) said.add(title);
    }
    const may = titles[answer.status];
    if (this.strict && may) for (const title of said) if (!may.includes(title)) wrong(`/errors: the title "${title}"`);
    return { type, alternatives: [...found], titles: [...said] };
  }

  /** Where the alternatives of a body are, if it has some. */
  alternatives(place) {
    const { node, where } = this.at(...place);
    return (node.anyOf ?? node.oneOf ?? []).map((_, i) => [...where, node.anyOf ? 'anyOf' : 'oneOf', i]);
  }
}

/** What schemas are about: the JSON of a body, of each of its lines, or its text. */
function* valuesOf(type, answer, wrong) {
  const json = (text) => { try { return JSON.parse(text); } catch (error) { return wrong(error.message); } };
  if (answer.text === undefined) yield answer.body;
  else if (/\bjson$/.test(type) && !/ndjson$/.test(type)) yield json(answer.text);
  else if (/ndjson$/.test(type)) for (const line of answer.text.split('\n').slice(0, -1)) yield json(line);
  else yield answer.text;
}

/** Which parameters an answer is of. What a query asks for is exercised only where it was answered: a filter that came to nothing
 *  but a refusal, of itself or of another, may do anything. */
function parametersSent(path, sent, operation, status) {
  const query = path.split('?', 2)[1] ?? '';
  const names = query.split('&').map((pair) => pair.split('=', 1)[0]).map((name) => { try { return decodeURIComponent(name); } catch { return name; } });
  return operation.parameters.filter((one) => (one.in === 'header' ? sent[one.name.toLowerCase()] !== undefined : status === '200' && names.includes(one.name))).map(({ name }) => name);
}

// ---- what this process has exercised

const exercised = new Set();
let served, promised;

/** The document of what is served. */
export function document() {
  served ??= new Document(readFileSync(join(root, 'front/openapi.yaml'), 'utf8'), { strict: true });
  return served;
}

/** The published contract (contract/lead-provider-api-v3.openapi.yaml), where it is; else undefined. */
export function published() {
  const file = ['contract', '../shared/contract'].map((folder) => join(root, folder, 'lead-provider-api-v3.openapi.yaml')).find(existsSync);
  promised ??= file && new Document(readFileSync(file, 'utf8'));
  return promised;
}

/** What the published contract has of an answer must be true of it too. What is ours it does not know: statuses of writes that do not
 *  wait, dry runs, keys. */
export function holdPublished(method, path, answer, contract = published()) {
  const operation = contract?.find(method, path), status = String(answer.status);
  if (status === '422' && /"title":"idempotency_key"/.test(answer.text)) return;
  if (!operation || method.toUpperCase() === 'HEAD' || !operation.statuses.includes(status) || answer.headers.get('preference-applied') === 'handling=dry-run') return;
  const { titles: said = [] } = contract.conforms({ method, path, answer }), may = contract.at(...operation.place).node['x-error-titles'];
  if (status !== '422' || !may) return;
  for (const title of said) if (!may.includes(title)) throw new Violation({ message: `${operation.name} 422: the published contract has no title "${title}"\n${answer.text}` });
}

/**
 * Holds an answer against the document, and against the published contract; throws. sent: the fields of the request by their names in lower case. isCounted:
 * whether it counts as exercised; what is made at random does not.
 */
export function hold(method, path, sent, answer, { isCounted = true } = {}) {
  const what = document().conforms({ method, path, sent, answer });
  holdPublished(method, path, answer);
  if (what && isCounted && method.toLowerCase() !== 'head') exercised.add(JSON.stringify(what));
  return what;
}

if (process.env.ECF2_TEST_RUN) {
  process.on('exit', () => {
    if (exercised.size > 0) appendFileSync(join(process.env.ECF2_TEST_RUN, 'exercised'), `${[...exercised].join('\n')}\n`);
  });
}
