// Behind all files of tests/api (tests/run): what they have exercised of front/openapi.yaml is all of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { document } from './contract.mjs';
import { coverage, summary } from './coverage.mjs';

test('every operation, parameter, status and shape of front/openapi.yaml was exercised', () => {
  const lines = readFileSync(join(process.env.ECF2_TEST_RUN, 'exercised'), 'utf8').trim().split('\n');
  const { counts, missing } = coverage(document(), [...new Set(lines)].map((line) => JSON.parse(line)));
  console.log(`front/openapi.yaml: ${summary(counts)}`);
  assert.deepEqual(missing, []);
});
