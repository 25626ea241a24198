// A whole system for a test: real front, broker, workers, PostgreSQL and Redis in a folder of its own.
//
//   const system = await startSystem({ world: 'tests/worlds/small' });
//   after(() => system.stop());
//   const answer = await system.request('GET', '/api/v3/statements', { token: system.token('Provider A') });
//
// Nothing here sleeps and hopes: readiness is looked at until it is there, with a limit.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { isAbsolute, join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { hold } from './contract.mjs';
import { Wire } from './proxy.mjs';
import { bin, connect, copyDatabase, dropDatabase, root, script, sharedCluster, temporaryFolder, worldTemplate } from './cluster.mjs';

const READY_MS = 60_000;
const STOP_MS = 40_000; // a worker may take 30 s to finish what it has (pipeline.md PL-56)
const LOOK_MS = 20;
const everyWorker = { intake: 1, validation: 1, eligibility: 1, payments: 1, query: 1, scheduler: 1, notifications: 1 };

/** Looks until `look` gives something true, and gives that; throws `what` after `ms`. */
export async function until(what, look, ms = READY_MS) {
  const end = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > end) throw new Error(`${typeof what === 'function' ? what() : what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const living = new Set(); // systems of this process that have not ended

process.on('exit', () => {
  for (const system of living) system.abandon();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

let count = 0;

class System {
  processes = new Map(); // by name: "broker", "broker-2", "intake", …: { service, child, log, address, expected }
  wires = { front: [], worker: [] }; // one to each broker, where they are asked for
  complaints = []; // what went wrong without a request noticing: told by stop()

  constructor(options) {
    this.options = options;
    this.dir = temporaryFolder('test');
    mkdirSync(join(this.dir, 'logs'));
    mkdirSync(join(this.dir, 'run'));
    this.ownCluster = options.ownCluster ?? false;
    this.cluster = this.ownCluster ? this.dir : sharedCluster();
    this.database = options.database ?? (this.ownCluster ? 'ecf2' : `test_${process.pid}_${++count}`);
    living.add(this);
  }

  settings(database = this.database) {
    const endpoints = range(this.options.brokers).map((i) => `ipc://${this.dir}/broker${i}.sock`);
    return {
      ECF2_RUNTIME_DIR: this.dir,
      ECF2_DATABASE: `host=${this.cluster}/pg port=5432 dbname=${database}`,
      ECF2_REDIS: `${this.dir}/redis.sock`,
      ECF2_BROKERS: endpoints.join(','),
      ECF2_LISTEN: '127.0.0.1:0',
      ECF2_TOKEN_KEY: 'the key of the tests, which is no secret',
      ECF2_WEBHOOK_KEY: 'the other key of the tests, no secret either',
      // Limits count in tests too; those that are about limits set their own.
      ECF2_RATE_TOKEN: '1000000',
      ECF2_RATE_PUBLIC: '1000000',
      ECF2_RATE_ADDRESS: '1000000',
      ECF2_RATE_PROTECTED: '1000000',
      ...this.options.env,
    };
  }

  // The environment of the tests is not the system's: only where programs are, and the sanitizers' options.
  environment(more = {}) {
    const kept = Object.entries(process.env).filter(([name]) => /^(PATH|HOME|TMPDIR|LANG|LC_.*|[AUL]*SAN_OPTIONS)$/.test(name));
    return { ...Object.fromEntries(kept), ...this.env, ...more };
  }

  async begin() {
    this.env = this.settings();
    await this.makeDatabase();
    script('redis', 'start', this.dir);
    const { brokers, workers, fronts } = this.options;
    if (this.options.wires) {
      for (const [side, wires] of Object.entries(this.wires)) for (const i of range(brokers)) wires.push(new Wire(`${this.dir}/${side}${i}.sock`, `${this.dir}/broker${i}.sock`));
    }
    for (const i of range(brokers)) this.launch(named('broker', i));
    for (const [service, n] of Object.entries(workers)) for (const i of range(n)) this.launch(named(service, i));
    for (const i of range(fronts)) this.launch(named('front', i));
    await Promise.all([...this.processes.keys()].map((name) => this.isUp(name)));
    await this.ready();
    this.db = await connect(this.cluster, this.database);
    return this;
  }

  async makeDatabase() {
    const { world, database } = this.options;
    if (database) {
      return;
    } else if (this.ownCluster) {
      script('postgres', 'start', this.cluster);
      if (world) this.load(world, this.database);
    } else {
      const folder = world && (isAbsolute(world) ? world : join(root, world));
      const template = world
        ? await worldTemplate(this.cluster, folder + (this.options.env.ECF2_CLOCK ?? ''), (name) => this.load(folder, name))
        : 'ecf2';
      await copyDatabase(this.cluster, template, this.database);
    }
  }

  load(world, database) {
    const done = spawnSync(join(bin, 'ecf2ctl'), ['import', world], { encoding: 'utf8', env: this.environment(this.settings(database)) });
    if (done.status !== 0) throw new Error(`ecf2ctl import ${world}: ${done.stdout}${done.stderr}`);
  }

  // ---- processes

  launch(name, more = {}) {
    const [service, number = '1'] = name.split('-');
    const log = join(this.dir, 'logs', `${name}.log`);
    const output = openSync(log, 'a');
    const before = this.processes.get(name);
    const env = this.environment({
      ...(service === 'broker' && { ECF2_BROKER_BIND: `ipc://${this.dir}/broker${number}.sock` }),
      ...(this.options.wires && service !== 'broker' && {
        ECF2_BROKERS: range(this.options.brokers).map((i) => `ipc://${this.dir}/${service === 'front' ? 'front' : 'worker'}${i}.sock`).join(','),
      }),
      // One that comes back is where it was.
      ...(before?.http && { ECF2_LISTEN: before.http }),
      ...more,
    });
    const child = spawn(join(bin, `ecf2-${service}`), [], { env, cwd: this.dir, stdio: ['ignore', output, output] });
    closeSync(output);
    const process = { service, child, log, http: before?.http, expected: false };
    process.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    child.once('error', (error) => this.complaints.push(`${name}: ${error.message}`));
    process.ended.then(({ code, signal }) => {
      if (!process.expected || (code !== 0 && signal !== 'SIGKILL' && process.expected !== signal)) {
        this.complaints.push(`${name} ended with ${code ?? signal}:\n${tail(log)}`);
      }
    });
    this.processes.set(name, process);
  }

  /** What a process says of itself (common/process.h), once it does. */
  async isUp(name) {
    const process = this.processes.get(name);
    const file = join(this.dir, 'run', `${process.service}-${process.child.pid}.json`);
    const seen = await until(
      () => `${name} did not start\n${tail(process.log)}`,
      () => {
        if (process.child.exitCode !== null || process.child.signalCode !== null) throw new Error(`${name} ended at start\n${tail(process.log)}`);
        const said = existsSync(file) && JSON.parse(readFileSync(file, 'utf8'));
        return said && (process.service !== 'front' || said.http) && said;
      },
    );
    Object.assign(process, { metrics: seen.metrics, http: seen.http });
  }

  named(service) {
    return [...this.processes].filter(([, p]) => p.service === service && p.child.exitCode === null && p.child.signalCode === null);
  }

  /** The front's address; the first one's. */
  get url() {
    return `http://${this.processes.get('front').http}`;
  }

  get urls() {
    return this.named('front').map(([, process]) => `http://${process.http}`);
  }

  /** What every broker and the database know: `ecf2ctl status --json`. */
  status() {
    return JSON.parse(this.ctl('status', '--json').stdout);
  }

  /** Every worker has found every broker, and every front says that it is ready. */
  async ready() {
    const counted = Object.keys(this.options.workers).filter((service) => service !== 'scheduler');
    for (const [broker] of this.named('broker')) {
      await until(`not every worker has found ${broker}`, async () => {
        const seen = await this.metrics(broker).catch(() => undefined);
        return seen && counted.every((s) => (seen.get(`ecf2_broker_workers{service="${s}"}`) ?? 0) >= this.named(s).length);
      });
    }
    for (const url of this.urls) {
      await until(`${url} is not ready`, async () => (await this.request('GET', '/healthcheck/ready', { url }).catch(() => undefined))?.status === 200);
    }
  }

  /** Empties the cache: who changes rows by SQL has told nobody (pipeline.md PL-52). */
  forgetReads() {
    const { status, stderr } = spawnSync('redis-cli', ['-s', join(this.dir, 'redis.sock'), 'flushall'], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }

  /** Ends "intake", "broker-2", "front", "postgres" or "redis" at once; with SIGTERM: asks it to, and waits. */
  async kill(name, signal = 'SIGKILL') {
    if (name === 'postgres') {
      if (!this.ownCluster) throw new Error('a test that kills PostgreSQL needs startSystem({ ownCluster: true })');
      script('postgres', signal === 'SIGKILL' ? 'kill' : 'stop', this.cluster);
    } else if (name === 'redis') {
      script('redis', signal === 'SIGKILL' ? 'kill' : 'stop', this.dir);
    } else {
      const process = this.processes.get(name);
      process.expected = signal;
      process.child.kill(signal);
      await until(() => `${name} does not end\n${tail(process.log)}`, () => process.child.exitCode !== null || process.child.signalCode !== null, STOP_MS);
    }
  }

  /** Starts what was killed again, or one more ("intake-2"), and waits until it is up (not until it is ready). */
  async start(name, more = {}) {
    if (name === 'postgres') script('postgres', 'up', this.cluster);
    else if (name === 'redis') script('redis', 'start', this.dir);
    else {
      this.launch(name, more);
      await this.isUp(name);
    }
  }

  /** Stops it where it stands, as a machine that hangs; `proceed` lets it go on. "postgres" and "redis" too. */
  pause(name) {
    this.signal(name, 'SIGSTOP');
  }

  proceed(name) {
    this.signal(name, 'SIGCONT');
  }

  signal(name, signal) {
    if (name === 'postgres' && !this.ownCluster) throw new Error('a test that stops PostgreSQL needs startSystem({ ownCluster: true })');
    if (name === 'postgres') script('postgres', signal === 'SIGSTOP' ? 'pause' : 'proceed', this.cluster);
    else if (name === 'redis') process.kill(Number(readFileSync(join(this.dir, 'redis.pid'), 'utf8')), signal);
    else this.processes.get(name).child.kill(signal);
  }

  /** The processes from which all of it comes: those of this program, PostgreSQL, Redis. */
  pids() {
    const first = (...file) => Number(readFileSync(join(...file), 'utf8').split('\n')[0]);
    return [process.pid, first(this.cluster, 'pg', 'data', 'postmaster.pid'), first(this.dir, 'redis.pid')];
  }

  /** The log of a process ("intake", "intake-2", "postgres", "redis") as text. */
  logs(name) {
    if (name === 'postgres') return readFileSync(join(this.cluster, 'pg', 'log'), 'utf8');
    return readFileSync(name === 'redis' ? join(this.dir, 'redis.log') : join(this.dir, 'logs', `${name}.log`), 'utf8');
  }

  /** The Prometheus text of a process as a Map from "name{labels}" to number. */
  async metrics(name) {
    // A connection of its own: one that is kept may just be ended by the server, which keeps none for long.
    const text = await new Promise((resolve, reject) => {
      const asked = get(`http://${this.processes.get(name).metrics}/metrics`, { agent: false }, (answer) => answer.toArray().then((parts) => resolve(Buffer.concat(parts).toString()), reject));
      asked.on('error', reject);
    });
    return new Map(text.split('\n').filter((line) => line && line[0] !== '#').map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }));
  }

  // ---- talking to it

  /** `ecf2ctl …`: { status, stdout, stderr }. */
  ctl(...args) {
    return spawnSync(join(bin, 'ecf2ctl'), args, { encoding: 'utf8', env: this.environment(), maxBuffer: 1 << 28 });
  }

  /** The same without waiting for it here, with other settings: a promise of it. */
  ctlBeside(args, env = {}) {
    const child = spawn(join(bin, 'ecf2ctl'), args, { env: this.environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      Promise.all([child.stdout, child.stderr].map((stream) => stream.toArray())).then(([stdout, stderr]) => {
        const said = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
        if (child.exitCode !== null || child.signalCode !== null) resolve({ status: child.exitCode, ...said });
        else child.once('exit', (status) => resolve({ status, ...said }));
      }, reject);
    });
  }

  /** A new token of a lead provider, by name or API id. */
  token(leadProvider) {
    const made = this.ctl('token', 'create', '--lead-provider', leadProvider);
    if (made.status !== 0) throw new Error(made.stderr);
    return made.stdout.split(/\s/, 1)[0];
  }

  /**
   * One request. body: an object is sent as JSON; text, bytes and streams as they are. The answer: { status, headers, text, body },
   * which must be one that front/openapi.yaml promises (contract.mjs); as: the path under which it has it, if it is another.
   */
  async request(method, path, { token, body, headers = {}, url = this.url, as } = {}) {
    const target = new URL(url + path), isStream = body?.getReader !== undefined;
    const sent = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    };
    const answer = await fetch(target, {
      method,
      headers: sent,
      body: body === undefined || typeof body === 'string' || body instanceof Uint8Array || isStream ? body : JSON.stringify(body),
      redirect: 'manual',
      ...(isStream && { duplex: 'half' }),
    });
    const text = await answer.text();
    const json = /\bjson\b/.test(answer.headers.get('content-type') ?? '') && text !== '';
    const told = { status: answer.status, headers: answer.headers, text, body: json ? JSON.parse(text) : undefined };
    this.holds(method, as ?? target.pathname + target.search, sent, told);
    return told;
  }

  /** Who catches what is thrown here is told of it all the same, at the end. */
  holds(method, path, sent, answer) {
    try {
      hold(method, path, Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value])), answer);
    } catch (error) {
      if (!this.complaints.includes(error.message)) this.complaints.push(error.message);
      throw error;
    }
  }

  /** Polls a submission until it is decided, and gives its attributes. */
  async decided(location, token, ms = READY_MS) {
    return until(`${location} is not decided`, async () => {
      const { body } = await this.request('GET', location, { token });
      return body?.data?.attributes.state === 'decided' && body.data.attributes;
    }, ms);
  }

  // ---- the end

  /** Ends everything in the order in which work flows and removes the folder. Throws when a process ended by itself, with
   *  another status than 0, or said something that a sanitizer says. */
  async stop() {
    if (!living.has(this)) return;
    await this.db?.end().catch(() => {});
    const services = new Set([...this.processes.values()].map(({ service }) => service));
    for (const service of ['front', ...[...services].filter((s) => s !== 'front' && s !== 'broker'), 'broker']) {
      await Promise.all(this.named(service).map(([name]) => {
        this.proceed(name); // one that was paused would not end
        return this.kill(name, 'SIGTERM').catch((error) => this.complaints.push(error.message));
      }));
    }
    for (const file of readdirSync(join(this.dir, 'logs'))) this.readSanitizers(file);
    this.verifyDerived();
    if (!this.ownCluster && !this.options.database) await dropDatabase(this.cluster, this.database).catch((error) => this.complaints.push(error.message));
    this.abandon();
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }

  /** What is derived from other rows is kept as it is computed (DM-36): whoever wrote, and whatever died meanwhile. Rows that a
   *  test writes by SQL, past every writer, want refreshDerived(). */
  verifyDerived() {
    if (!this.db || this.options.derived === false) return; // it never came up
    const { status, stdout, stderr } = this.ctl('verify', 'derived');
    if (status === 1 && stdout === '' && this.ownCluster) return; // its database is down
    if (status !== 0) this.complaints.push(`derived data:\n${stdout.slice(0, 8000)}${stderr}`);
  }

  /** What follows from rows that a test wrote by SQL, as a writer does it behind his rows (common/derived.h); of everybody. */
  async refreshDerived(at = this.options.env.ECF2_CLOCK) {
    const instant = /^\d{4}-/.test(at ?? '') ? new Date(at) : new Date();
    const day = instant.toLocaleDateString('sv-SE', { timeZone: 'Europe/London' });
    const statement = (name) => readFileSync(join(root, 'common/sql', `${name}.sql`), 'utf8');
    const { rows: [{ teachers, schools }] } = await this.db.query(
      "select coalesce((select array_agg(id) from teachers), '{}') as teachers, coalesce((select array_agg(id) from schools), '{}') as schools");
    const each = (list, value) => list.map(() => value);
    await this.db.query(statement('refresh_people'), [teachers, each(teachers, day), each(teachers, instant), each(teachers, null),
      each(teachers, '0'), each(teachers, false), each(teachers, false)]);
    await this.db.query(statement('refresh_schools'), [schools, each(schools, null), each(schools, '0')]);
  }

  /** A benchmark's log is larger than a string may be. */
  readSanitizers(file) {
    const { stdout } = spawnSync('grep', ['-aE', '-m1', '-A60', 'ERROR: (Address|Leak)Sanitizer|: runtime error: ', join(this.dir, 'logs', file)], { encoding: 'utf8' });
    if (stdout) this.complaints.push(`${file}:\n${stdout.slice(0, 8000)}`);
  }

  /** Without waiting or asking; also at the end of this process, where nothing can be awaited. */
  abandon() {
    living.delete(this);
    for (const wire of Object.values(this.wires).flat()) wire.close();
    for (const { child } of this.processes.values()) child.kill('SIGKILL');
    const ends = [['redis', 'stop'], ...(this.ownCluster ? [['postgres', 'discard']] : [])];
    for (const [service, verb] of ends) {
      try {
        this.proceed(service); // as above
      } catch {
        // it is not there
      }
      try {
        script(service, verb, this.dir);
      } catch (error) {
        this.complaints.push(error.message);
      }
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const range = (n) => Array.from({ length: n }, (_, i) => i + 1);
const named = (service, i) => (i === 1 ? service : `${service}-${i}`);

function tail(file, bytes = 4000) {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-bytes) : '';
}

/**
 * brokers, fronts  how many
 * workers          how many of each; a service that is left out does not run
 * env              settings (ECF2_…) of all processes
 * world            folder of CSV files for `ecf2ctl import`; relative to the top of the repository
 * database         one of the shared cluster that is there already, and stays
 * ownCluster       a PostgreSQL of its own, which the test may kill
 * wires            between processes and brokers, which the test may cut (proxy.mjs): system.wires.front, .worker
 */
export async function startSystem({ brokers = 1, fronts = 1, workers = everyWorker, env = {}, world, database, ownCluster, wires, derived } = {}) {
  const system = new System({ brokers, fronts, workers, env, world, database, ownCluster, wires, derived });
  try {
    return await system.begin();
  } catch (error) {
    await system.stop().catch((end) => (error.message += `\n${end.message}`));
    throw error;
  }
}
