// What the tests have exercised of front/openapi.yaml, held against all of it; and the document against the route table that
// the front has (ecf2-front --routes).
import { titles } from './contract.mjs';

/** The lines of `ecf2-front --routes` as objects; HEAD is what GET has. */
export function routesOf(text) {
  return text.trim().split('\n').flatMap((line) => {
    const [methods, path, access, ...names] = line.split(' ');
    const [attributes, parameters] = [true, false].map((isBody) => names.filter((name) => name.startsWith('body:') === isBody).map((name) => name.replace('body:', '')));
    return methods.split(',').filter((method) => method !== 'HEAD').map((method) => ({ name: `${method.toLowerCase()} ${path}`, isOpen: access === 'open', attributes, parameters }));
  });
}

const sorted = (list) => [...list].sort().join(' ');

/** In what a document and a route table differ; texts. */
export function differences(document, routes) {
  const found = [], operations = new Map(document.operations.map((one) => [`${one.method} ${one.path}`, one]));
  for (const name of operations.keys()) if (!routes.some((route) => route.name === name)) found.push(`${name}: in the document, and no route`);
  for (const route of routes) {
    const operation = operations.get(route.name);
    if (!operation) {
      found.push(`${route.name}: a route, and not in the document`);
      continue;
    }
    const documented = operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
    if (operation.isOpen !== route.isOpen) found.push(`${route.name}: ${route.isOpen ? 'wants no token' : 'wants a token'}, and the document says otherwise`);
    if (sorted(documented) !== sorted(route.parameters)) found.push(`${route.name}: reads ${sorted(route.parameters) || 'no query'}, documented: ${sorted(documented) || 'none'}`);
    if (operation.body?.attributes && sorted(Object.keys(operation.body.attributes)) !== sorted(route.attributes)) {
      found.push(`${route.name}: takes ${sorted(route.attributes)}, documented: ${sorted(Object.keys(operation.body.attributes))}`);
    }
  }
  return found;
}

/** A list of what there is to exercise: { kind, what, is(entry) }. An entry is what Document.conforms gives. */
function* wanted(document) {
  for (const operation of document.operations) {
    const name = `${operation.method} ${operation.path}`, of = (is) => (entry) => entry.operation === name && is(entry);
    yield { kind: 'operations', what: name, is: of(() => true) };
    for (const parameter of operation.parameters) yield { kind: 'parameters', what: `${name}: ${parameter.name}`, is: of((entry) => entry.parameters.includes(parameter.name)) };
    for (const status of operation.statuses) {
      yield { kind: 'statuses', what: `${name}: ${status}`, is: of((entry) => entry.status === status) };
      const { node, where } = document.at(...operation.place, 'responses', status);
      for (const type of Object.keys(node.content ?? {})) {
        yield { kind: 'bodies', what: `${name}: ${status} ${type}`, is: of((entry) => entry.status === status && entry.type === type) };
        for (const i of document.alternatives([...where, 'content', type, 'schema']).keys()) {
          yield { kind: 'bodies', what: `${name}: ${status} ${type}, alternative ${i + 1}`, is: of((entry) => entry.status === status && entry.alternatives?.includes(i)) };
        }
      }
    }
    // Whatever an operation takes can be wrong.
    if (operation.statuses.includes('200') && operation.statuses.includes('422')) {
      for (const attribute of Object.keys(operation.body?.attributes ?? {})) {
        yield { kind: 'errors', what: `${name}: 422 ${attribute}`, is: of((entry) => entry.status === '422' && entry.titles.includes(attribute)) };
      }
    }
  }
  for (const [status, list] of Object.entries(titles)) {
    if (status === '422' || !document.operations.some(({ statuses }) => statuses.includes(status))) continue;
    for (const title of list) yield { kind: 'errors', what: `${status} ${title}`, is: (entry) => entry.status === status && entry.titles?.includes(title) };
  }
}

/** How much of a document is among entries: { counts: { kind: { of, seen } }, missing: [texts] }. */
export function coverage(document, entries) {
  const counts = {}, missing = [];
  for (const { kind, what, is } of wanted(document)) {
    const count = (counts[kind] ??= { seen: 0, of: 0 }), seen = entries.some(is);
    count.of++;
    if (seen) count.seen++;
    else missing.push(`never exercised: ${what}`);
  }
  return { counts, missing };
}

/** How many of these operations ("get /things") were exercised, and to a good end: { seen, of, missing }. A place of a path may have
 *  another name in each document. */
export function answered(names, entries) {
  const plain = (name) => name.replace(/\{[^}]+\}/g, '{}'), good = new Set(entries.filter(({ status }) => /^2/.test(status)).map(({ operation }) => plain(operation)));
  const missing = names.filter((name) => !good.has(plain(name)));
  return { seen: names.length - missing.length, of: names.length, missing };
}

export const summary = (counts) => Object.entries(counts).map(([kind, { seen, of }]) => `${seen} of ${of} ${kind}`).join(', ');
