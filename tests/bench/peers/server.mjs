// The API on Fastify, a process for each core. PEER_MODE: what becomes of a declaration.
//   accept    it is inserted, and 202                          (pg)
//   add-job   it becomes a job, and 202                        (graphile-worker)
//   declare   it is judged and written in one transaction      (pg)
//   read      a page of participants is made by PostgreSQL     (pg)
// Tokens are read once and kept, the body is validated by its JSON schema, nothing is logged and nobody's rate is limited.
import cluster from 'node:cluster';
import { createHash, createHmac } from 'node:crypto';
import { availableParallelism } from 'node:os';
import Fastify from 'fastify';
import { makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import { declare, uuidV7 } from './declare.mjs';
import { page } from './participants.mjs';

const { PEER_MODE: mode, PEER_CONNECTION: connection, PEER_POOL: pool, PEER_TOKEN_KEY: key } = process.env;

const text = { type: 'string', minLength: 1, maxLength: 255 };
const schema = {
  body: {
    type: 'object',
    required: ['data'],
    properties: {
      data: {
        type: 'object',
        required: ['type', 'attributes'],
        properties: {
          type: { const: 'participant-declaration' },
          attributes: {
            type: 'object',
            required: ['participant_id', 'declaration_type', 'declaration_date', 'course_identifier'],
            properties: {
              participant_id: { type: 'string', format: 'uuid' },
              declaration_type: { enum: ['started', 'retained-1', 'retained-2', 'retained-3', 'retained-4', 'completed', 'extended-1', 'extended-2', 'extended-3'] },
              declaration_date: { type: 'string', format: 'date-time' },
              course_identifier: text,
              evidence_held: text,
            },
          },
        },
      },
    },
  },
};

const insert = {
  name: 'insert',
  text: `insert into submissions (id, accepted_at, kind, caller_type, caller_id, api_token_id, mode, subject, as_of, trace_id, payload,
                                  request_digest)
         select $1, uuid_v7_time($1), 'declaration.create', 'lead_provider', $2, $2, 'async',
                coalesce((select 'trn:' || trn from teachers where api_id = $3), 'declaration.create:' || $3::text), $4, $1::text, $5, $6`,
};

function accepted(reply, id, now) {
  reply.code(202).header('location', `/api/v3/submissions/${id}`).header('preference-applied', 'respond-async').header('retry-after', '1');
  return { data: { id, type: 'submission', attributes: { kind: 'declaration.create', state: 'received', result: null, accepted_at: now, updated_at: now, decided_at: null, batch_id: null, line: null, response: null, resource: null } } };
}

async function serve() {
  const clients = new pg.Pool({ ...JSON.parse(connection), max: Number(pool) });
  const { rows } = await clients.query('select token_digest, lead_provider_id from api_tokens where revoked_at is null');
  const providers = new Map(rows.map((row) => [row.token_digest.toString('hex'), row.lead_provider_id]));
  const jobs = mode === 'add-job' && (await makeWorkerUtils({ pgPool: clients }));
  const app = Fastify({ logger: false });
  app.decorateRequest('provider', null);
  app.addHook('onRequest', async (request, reply) => {
    const token = request.headers.authorization?.match(/^Bearer (.+)$/)?.[1] ?? '';
    request.provider = providers.get(createHmac('sha256', key).update(token).digest('hex'));
    if (!request.provider) return reply.code(401).send({ error: 'HTTP Token: Access denied' });
  });
  const handlers = {
    async accept(request, reply) {
      const id = uuidV7(), now = new Date(), body = JSON.stringify(request.body);
      await clients.query({ ...insert, values: [id, request.provider, request.body.data.attributes.participant_id, now, body, createHash('sha256').update(body).digest()] });
      return accepted(reply, id, now);
    },
    async 'add-job'(request, reply) {
      const job = await jobs.addJob('declare', { provider: request.provider, body: request.body });
      return accepted(reply, job.id, job.created_at);
    },
    async declare(request, reply) {
      const body = JSON.stringify(request.body);
      const client = await clients.connect();
      try {
        const answer = await declare(client, { provider: request.provider, body: request.body, text: body, digest: createHash('sha256').update(body).digest(), mode: 'wait' });
        return reply.code(answer.status).type('application/json').send(answer.body);
      } finally {
        client.release();
      }
    },
  };
  if (mode === 'read') {
    app.get('/api/v3/participants', async (request, reply) => {
      const take = Math.min(Number(request.query['page[per_page]'] ?? 100), 3000), number = Number(request.query['page[page]'] ?? 1);
      const { rows: [{ body }] } = await clients.query({ ...page, values: [request.provider, take, (number - 1) * take] });
      return reply.type('application/json; charset=utf-8').send(body);
    });
  } else {
    app.post('/api/v3/participant-declarations', { schema }, handlers[mode]);
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
}

if (cluster.isPrimary) {
  if (mode === 'add-job') {
    const utils = await makeWorkerUtils({ pgPool: new pg.Pool({ ...JSON.parse(connection), max: 2 }) });
    await utils.migrate();
    await utils.release();
  }
  const workers = Array.from({ length: availableParallelism() }, () => cluster.fork());
  let listening = 0;
  cluster.on('listening', (worker, address) => {
    if (++listening === workers.length) console.log(`ready ${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}`);
  });
  cluster.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => {
    cluster.removeAllListeners('exit');
    for (const worker of workers) worker.process.kill('SIGKILL');
    process.exit(0);
  });
} else {
  process.on('disconnect', () => process.exit(0));
  await serve();
}
