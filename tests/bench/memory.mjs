// Resident memory: the front with 10 000 idle plain connections that have each made a request, each worker after load.
import net from 'node:net';
import { join } from 'node:path';
import { memoryMib } from './lib/measure.mjs';
import { folder, load } from './lib/load.mjs';
import { startOurs } from './lib/ours.mjs';
import { reset, token, worldOf, writeRequests } from './lib/world.mjs';

export const name = 'memory';

const connections = 10_000, atOnce = 200, declarations = 20_000;

/** Opens a connection, makes a request on it that is answered, and leaves it open. */
const idle = (address) => new Promise((resolve, reject) => {
  const [host, port] = address.split(':');
  const socket = net.connect(Number(port), host);
  socket.once('error', reject).once('data', () => resolve(socket));
  socket.write(`GET /api/v3/submissions/00000000-0000-7000-8000-000000000000 HTTP/1.1\r\nHost: ${address}\r\nAuthorization: Bearer ${token(1)}\r\n\r\n`);
});

async function openIdle(address) {
  const sockets = [];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (sockets.length + atOnce <= connections || sockets.length < connections - atOnce) sockets.push(await idle(address));
  }));
  while (sockets.length < connections) sockets.push(await idle(address));
  return sockets;
}

export async function run({ log }) {
  const world = await worldOf(100_000, log);
  await reset(world);
  const system = await startOurs(world, { ECF2_MAX_CONNECTIONS: String(connections + 10), ECF2_IDLE_TIMEOUT_MS: '600000' });
  const rows = [];
  try {
    const front = system.processes.get('front');
    const sockets = await openIdle(front.http);
    const open = sockets.filter((socket) => !socket.destroyed).length;
    if (open < connections) throw new Error(`only ${open} connections are open`);
    rows.push({ name: `memory of the front, ${connections} idle connections`, ours: memoryMib(front.child.pid), goal: '< 96', unit: 'MiB' });
    for (const socket of sockets) socket.destroy();
    const requests = writeRequests(join(folder(), 'memory'), world, declarations);
    await load({ url: system.url, requests, connections: 256, seconds: 120, expect: [200] });
    for (const [service, { child }] of system.processes) {
      if (service !== 'front') rows.push({ name: `memory of ${service} after ${declarations} declarations`, ours: memoryMib(child.pid), goal: service === 'broker' ? undefined : '< 64', unit: 'MiB' });
    }
    return rows;
  } finally {
    await system.stop();
  }
}
