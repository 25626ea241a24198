// Requests made of the document alone (front/openapi.yaml): for each operation one that is well formed. What it asks for need
// not be there.

export const NOBODY = '00000000-0000-4000-8000-000000000000';
export const MIB = 1 << 20;

/** What a schema describes, through its references. */
export function schemaOf(document, schema) {
  const reference = schema?.$ref;
  return reference ? schemaOf(document, { ...document.at(...reference.slice(2).split('/')).node, ...schema, $ref: undefined }) : schema ?? {};
}

/** A value that a schema describes. */
export function valueOf(document, schema) {
  const { example, examples, default: usual, const: only, enum: words, type, format, properties, items, anyOf } = schemaOf(document, schema);
  if (example !== undefined) return example;
  if (examples?.length) return examples[0];
  if (usual !== undefined) return usual;
  if (only !== undefined) return only;
  if (words) return words[0];
  if (anyOf) return valueOf(document, anyOf[0]);
  if (properties || type === 'object') return Object.fromEntries(Object.entries(properties ?? {}).map(([name, one]) => [name, valueOf(document, one)]));
  if (type === 'array') return [valueOf(document, items)];
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  if (format === 'uuid') return NOBODY;
  if (format === 'date-time') return '2024-10-07T09:00:00Z';
  if (format === 'date') return '2024-10-07';
  return 'x';
}

/** The operation whose body a line of a bulk request has. */
export const singleOf = (document, operation) => document.find(operation.method, operation.path.replace(/\/bulk$/, ''));

export const isBulk = (operation) => operation.body?.type === 'application/x-ndjson';

export function bodyOf(document, operation) {
  const { body } = isBulk(operation) ? singleOf(document, operation) : operation;
  return body.example ?? { data: { attributes: Object.fromEntries(Object.entries(body.attributes).map(([name, schema]) => [name, valueOf(document, schema)])) } };
}

/** What its query must have. */
export const neededQuery = (document, operation) => operation.parameters.filter((one) => one.in === 'query' && one.required)
  .map((one) => `${one.name}=${encodeURIComponent(one.example ?? valueOf(document, one.schema))}`);

/** { method, path, headers, body } for System.request; id: which stands in its path. */
export function sample(document, operation, { id = NOBODY, query = [] } = {}) {
  const all = [...neededQuery(document, operation), ...query];
  return {
    method: operation.method.toUpperCase(),
    path: operation.path.replace(/\{[^}]+\}/g, id) + (all.length > 0 ? `?${all.join('&')}` : ''),
    headers: operation.body ? { 'content-type': operation.body.type } : {},
    body: operation.body ? JSON.stringify(bodyOf(document, operation)) : undefined,
  };
}

/** Of an operation on one record the list that has it: /x of /x/{id}, /x/transfers of /x/{id}/transfers. */
export function listOf(document, operation) {
  const paths = [operation.path.replace(/\/\{[^}]+\}/, ''), operation.path.replace(/\/\{[^}]+\}.*/, '')];
  return paths.map((path) => document.operations.find((one) => one.method === 'get' && one.path === path)).find(Boolean);
}
