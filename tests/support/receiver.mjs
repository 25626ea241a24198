// Who is told by webhooks: an HTTP or HTTPS server that keeps what it got, checks its signature with the receivers' own
// library, and answers as the test says.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';

/** A certificate of 127.0.0.1 and localhost that is its own authority: { key, cert, file (of cert), end() }. */
export function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'ecf2-certificate-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert), file: cert, end: () => rmSync(folder, { recursive: true }) };
}

/**
 * `answer(message, response)` decides each answer; a number is its status; what gives nothing has answered itself, or never
 * will. `message`: { id, at (ms), path, headers, text, body, valid (secrets that it is signed with) }.
 */
export class Receiver {
  got = [];
  secrets = new Map(); // by path: those that may sign

  constructor(answer = 204, { tls } = {}) {
    this.answer = answer;
    this.tls = tls;
    const take = (request, response) => this.take(request, response).catch((error) => response.destroy(error));
    this.server = tls ? createSecureServer({ key: tls.key, cert: tls.cert }, take) : createServer(take);
  }

  async begin() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  url(path = '/', host = '127.0.0.1') {
    return `${this.tls ? 'https' : 'http'}://${host}:${this.server.address().port}${path}`;
  }

  async take(request, response) {
    const at = Date.now();
    const text = Buffer.concat(await request.toArray()).toString();
    const message = { id: request.headers['webhook-id'], at, path: request.url, method: request.method, headers: request.headers, text };
    message.valid = (this.secrets.get(request.url) ?? []).filter((secret) => {
      try {
        return new Webhook(secret).verify(text, request.headers);
      } catch {
        return false;
      }
    });
    message.body = JSON.parse(text);
    this.got.push(message);
    const answer = typeof this.answer === 'function' ? await this.answer(message, response) : this.answer;
    if (typeof answer === 'number') response.writeHead(answer).end();
  }

  of(path) {
    return this.got.filter((message) => message.path === path);
  }

  /** Takes no connection any more, and ends those that are there. */
  async end() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Adds an endpoint by `ecf2ctl webhook add`: { id, secret }; the receiver knows the secret. */
export function addEndpoint(system, receiver, owner, path, ...more) {
  const added = system.ctl('webhook', 'add', '--lead-provider', owner, '--url', receiver.url(path), ...more);
  if (added.status !== 0) throw new Error(added.stderr);
  const secret = added.stdout.split('\n')[1];
  receiver.secrets.set(path, [secret]);
  return { id: /^webhook endpoint (\d+) of/.exec(added.stdout)[1], secret };
}
