// Behind all files of tests/api (tests/run): what they have exercised of front/openapi.yaml is all of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bin } from './cluster.mjs';
import { document, published } from './contract.mjs';
import { answered, coverage, routesOf, summary } from './coverage.mjs';

const exercised = () => [...new Set(readFileSync(join(process.env.ECF2_TEST_RUN, 'exercised'), 'utf8').trim().split('\n'))].map((line) => JSON.parse(line));

test('every operation, parameter, status and shape of front/openapi.yaml was exercised', () => {
  const { counts, missing } = coverage(document(), exercised());
  console.log(`front/openapi.yaml: ${summary(counts)}`);
  assert.deepEqual(missing, []);
});

test('every route, and every operation of the published contract, was answered with what it is for', () => {
  const entries = exercised(), routes = answered(routesOf(execFileSync(join(bin, 'ecf2-front'), ['--routes'], { encoding: 'utf8' })).map(({ name }) => name), entries);
  const contract = published() && answered(published().operations.map(({ method, path }) => `${method} ${path}`), entries);
  console.log(`${routes.seen} of ${routes.of} routes${contract ? `, ${contract.seen} of ${contract.of} operations of the published contract` : ''}`);
  assert.deepEqual([routes.missing, contract?.missing ?? []], [[], []]);
});
