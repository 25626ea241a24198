// Lists are read from their indexes (lead-provider-api.md 3.14/1, data-model-operations.md section 11): each statement that finds
// the records of a page, planned as the query worker has it planned, in a world of 10 000 people.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { explain, lists } from '../bench/lib/plans.mjs';
import { endWorlds, worldOf } from '../bench/lib/world.mjs';

// What has as many rows as there are people, schools or declarations.
const large = /Seq Scan on (teachers|teacher_\w+|training_\w+|school\w*|gias_schools|mentorship_periods|declarations)\b/;

let db;
before(async () => {
  ({ db } = await worldOf(10_000, () => {}));
  await db.query(`insert into teacher_id_changes (teacher_id, api_from_teacher_id, api_to_teacher_id)
                  select id, gen_random_uuid(), api_id from teachers where id <= 2000`);
  await db.query('analyze teacher_id_changes');
  await db.query('set role ecf2_query');
});
after(() => endWorlds());

describe('3.14/1: a page is found by its index', () => {
  for (const list of lists()) {
    test(`${list.name}, ${list.asked}`, async () => {
      const plan = await explain(db, list);
      for (const index of list.indexes) assert.ok(plan.includes(index), `not by ${index}:\n${plan}`);
      assert.doesNotMatch(plan, large);
    });
  }

  test('what does not start from an index is noticed', async () => {
    await db.query('reset role');
    await db.query('begin');
    try {
      await db.query('drop index teacher_provider_status_provider_created_idx');
      const [all] = lists(), plan = await explain(db, all);
      assert.ok(!plan.includes(all.indexes[0]));
    } finally {
      await db.query('rollback');
    }
  });
});
