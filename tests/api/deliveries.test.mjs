// What a lead provider's endpoint is to be told is written with the decision itself (pipeline.md PL-54, data-model-operations.md
// DM-30): one delivery for each endpoint that asked for it, whatever the decision is; none for anybody else.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startSystem } from '../support/system.mjs';
import { DECLARATIONS, Provider, body, london } from './client.mjs';
import { A, B, participant, world } from './world.mjs';

let system, a, b;
before(async () => {
  system = await startSystem({ world: world(), env: { ECF2_CLOCK: london('2024-10-20 10:00') } });
  [a, b] = [A, B].map((name) => new Provider(system, name));
  await system.db.query(
    `insert into webhook_endpoints (lead_provider_id, url, secret_encrypted, event_kinds, disabled_at)
     select id, 'https://a.example/' || n, 'secret', case n when 'batches' then '{batch.finished}'::text[] else '{submission.decided,batch.finished}' end,
            case n when 'disabled' then now() end
     from lead_providers, unnest(array['first', 'second', 'batches', 'disabled']) as n where name = $1`, [A]);
});
after(() => system?.stop());

const ect = (name, more = {}) => ({
  participant_id: participant(name), course_identifier: 'ecf-induction', declaration_type: 'started', declaration_date: '2024-10-07T09:00:00Z', ...more,
});
const deliveriesOf = async (trace) => (await system.db.query(
  `select e.url, d.kind, d.submission_id = s.id as of_it, d.created_at = uuid_v7_time(d.id) as dated, abs(extract(epoch from now() - d.created_at)) < 60 as now
   from webhook_deliveries d join webhook_endpoints e on e.id = d.webhook_endpoint_id join submissions s on s.id = d.submission_id
   where d.trace_id = $1 order by e.url`, [trace])).rows;
const send = async (provider, attributes) => {
  const trace = randomUUID();
  const { status } = await system.request('POST', DECLARATIONS, { token: provider.token, body: body(attributes), headers: { 'x-request-id': trace } });
  return { status, deliveries: await deliveriesOf(trace) };
};
const both = ['first', 'second'].map((name) => ({ url: `https://a.example/${name}`, kind: 'submission.decided', of_it: true, dated: true, now: true }));

test('accepted, sent again, rejected: each endpoint that wants it is told once', async () => {
  assert.deepEqual(await send(a, ect('delivered')), { status: 200, deliveries: both });
  assert.deepEqual(await send(a, ect('delivered')), { status: 422, deliveries: both });
  assert.deepEqual(await send(a, ect('delivered', { declaration_date: '2999-01-01T00:00:00Z' })), { status: 422, deliveries: both });
});

test('of two at the same time, which become one record, each is told', async () => {
  const sent = await Promise.all(Array.from({ length: 4 }, () => send(a, ect('delivered together'))));
  for (const { deliveries } of sent) assert.deepEqual(deliveries, both);
});

test('a provider without endpoints is told nothing', async () => {
  assert.deepEqual((await send(b, ect('delivered'))).deliveries, []);
});

test('one that an operator gives up: it is decided, so each endpoint that wants it is told, once', async () => {
  await system.kill('validation', 'SIGTERM'); // or it would be decided before it is a dead letter
  try {
    for (const [provider, told] of [[a, both], [b, []]]) {
      const trace = randomUUID();
      const { status, headers } = await system.request('POST', DECLARATIONS, { token: provider.token, body: body(ect('delivered')), headers: { 'x-request-id': trace, prefer: 'respond-async' } });
      assert.equal(status, 202);
      const id = headers.get('location').split('/').at(-1);
      await system.db.query(`insert into submission_dead_letters (submission_id, stage, attempts, reason) values ($1, 'validation', 5, 'worker died')`, [id]);
      assert.deepEqual(await deliveriesOf(trace), []);
      for (let time = 1; time <= 2; time++) {
        const { status: dropped, stderr } = system.ctl('dead', 'drop', id);
        assert.equal(dropped, 0, stderr);
        assert.deepEqual(await deliveriesOf(trace), told);
      }
    }
  } finally {
    await system.start('validation');
  }
});
