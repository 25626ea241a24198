// The fault tests can fail: the commit is broken on purpose, in a copy, one promise of architecture.md section 4 at a time, and a
// test must then find something lost, doubled, out of order or decided on facts that have moved. `make faults-mutants`.
//   node mutants.mjs [TIMES [NAME]]   runs each test so often; exit status 1 when a mutation was not found each time.
//                                     Of the mutations only those whose name has NAME (`make faults-mutants NAME='joins'`)
//   node mutants.mjs check            only looks whether each mutation applies and compiles (`make check`)
// A mutation replaces text that must be there exactly once: whoever changes that code is told to look at this one too.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { root, script, temporaryFolder } from '../support/cluster.mjs';

const moved = { file: 'moved.test.mjs', pattern: /at the locks/ };
const actions = { file: 'actions.test.mjs', pattern: /undoes the rows/ };
const earlier = { file: 'earlier.test.mjs', pattern: /./ };
const answers = { file: 'answers.test.mjs', pattern: /^(payments|validation): the connection ends/ };
const poison = { file: 'poison.test.mjs', pattern: /^one that fails while the database says no/ };
const cross = { file: 'cross.test.mjs', pattern: /./ };
const keys = { file: 'keys.test.mjs', pattern: /./ };
const sync = { file: 'sync.test.mjs', pattern: /misses nothing/ };
const early = { file: 'early.test.mjs', pattern: /what it told before its commit/ };
const fresh = { file: 'freshness.test.mjs', pattern: /^reads through two fronts/ };
const late = { file: 'freshness.test.mjs', pattern: /an answer and a fill that are late|who reads meanwhile|where committers cannot|nor can they/ };
const tooLate = { file: 'late.test.mjs', pattern: /./ };
const stale = /^Expected values to be strictly deep-equal[^]*told voided/;

// by: what an assertion of the test must say.
const mutations = [
  {
    name: 'no locks are taken but the gate',
    test: moved,
    by: /^Expected values to be strictly deep-equal/,
    changes: [['common/commit.c', 'class == LOCK_KEY)\n            db_array_slice(params, commit->locks[i].key);', 'class == LOCK_KEY && false)\n            db_array_slice(params, commit->locks[i].key);'],
      ['common/commit.c', '            if (lock->class == LOCK_KEY)\n                continue;\n            if (column', '            if (lock->class <= LOCK_LIST)\n                continue;\n            if (column']],
  },
  {
    name: 'the gate is not taken',
    test: moved,
    by: /^Expected values to be strictly deep-equal/,
    changes: [['common/sql/take_locks.sql', 'select 0 as class, 0 as number, true as shared', 'select 0 as class, 1 as number, true as shared']],
  },
  {
    name: 'month-end does not lock its statement',
    test: moved,
    by: /^Expected values to be strictly deep-equal/,
    changes: [['common/sql/find_statement_locks.sql', 'select 2 as class, earlier.id as number', 'select 9 as class, earlier.id as number']],
  },
  {
    name: 'a void does not lock the statement that takes back',
    test: moved,
    by: /^Expected values to be strictly deep-equal/,
    changes: [['workers/payments/voids.c', '    commit_add_lock(commit, entry, LOCK_STATEMENT, one->effects.clawback_statement_id, /* shared= */ true);\n', '']],
  },
  {
    name: 'becoming eligible does not lock its person',
    test: moved,
    by: /^Expected values to be strictly equal/,
    changes: [['common/sql/marker_facts.sql', "array[coalesce('trn:' || t.trn, 'teacher:' || t.id)] as keys", "array['teacher:0'] as keys"]],
  },
  {
    name: 'whether there is an outcome is not looked for',
    test: answers,
    by: /it was decided, and nobody said so/,
    changes: [['common/commit.c', '!db_is_null(commit->look, row, columns[STATUS])', 'false']],
  },
  {
    name: 'an earlier one of the person may be undecided',
    test: earlier,
    by: /decided before one of \S+ that was acknowledged before it was sent/,
    changes: [['common/commit.c', 'db_bool(commit->look, row, columns[EARLIER])', 'false']],
  },
  {
    name: 'who buries does not lock the subjects',
    test: { ...poison, pattern: /^one that is decided while its burial waits/ },
    by: /a dead letter beside its outcome/,
    changes: [['workers/scheduler/bury.c', 'db_array_slice(params, burials[i].subject);', 'db_array_slice(params, burials[i].reason);']],
  },
  {
    name: 'an error holds nobody',
    test: poison,
    by: /^Expected values to be strictly deep-equal/,
    changes: [['common/sql/look_submissions.sql', "stage.stage <> 'records'", 'false']],
  },
  {
    name: 'the facts may have moved',
    test: moved,
    by: /^Expected values to be strictly deep-equal/,
    changes: [['common/commit.c', '!slice_equal(db_text(commit->facts, row, columns[DIGEST]), entry->digest) ||', '']],
  },
  {
    name: 'an outcome that came in spite of the locks leaves the rows of another',
    test: actions,
    by: /^Expected values to be strictly deep-equal/,
    changes: [['workers/validation/conclusion.c', '.has_rows = true};', '.has_rows = false};']],
  },
  {
    name: 'of a batch, two may write about one person',
    test: cross,
    by: /./,
    changes: [['common/commit.c', 'commit->entries[loser->entry].state = COMMIT_CROSSED;', '']],
  },
  {
    name: 'whom the facts name need not be locked',
    test: { ...cross, pattern: /gets a TRN/ },
    by: /decided without it/,
    changes: [['common/commit.c', '!is_locked(commit, entry, next_key(&keys))', '!is_locked(commit, entry, next_key(&keys)) && commit->count == 0']],
  },
  {
    name: 'the locks of idempotency keys are not taken',
    test: keys,
    by: /./,
    changes: [['workers/intake/sql/lock_keys.sql', 'where not pg_try_advisory_xact_lock(4, hashtext(key.text))', 'where false']],
  },
  {
    name: 'who holds an idempotency key is not looked for',
    test: keys,
    by: /./,
    changes: [['workers/intake/keys.c', '        entry->state = INTAKE_HELD;\n        entry->holder = holder;', '        entry->holder = holder;']],
  },
  {
    name: 'a list with updated_since waits for no writer',
    test: sync,
    by: /changes were missed/,
    changes: [['workers/query/sql/lock_list.sql', 'select pg_advisory_lock(', 'select pg_advisory_unlock(']],
  },
  {
    name: 'accepted is said before the commit',
    test: early,
    by: /lost: it was answered and is not stored/,
    changes: [['workers/intake/submissions.c', 'db_queue_commit(db);\n    bool good = db_pipeline_run(db, ++count, results, err);', 'db_queue_planning(db, DB_PLAN_ONCE);\n    bool good = db_pipeline_run(db, ++count, results, err);'],
      commitsLate()],
  },
  {
    name: 'decided is said before the commit',
    test: early,
    by: /told \{.*stored \d+/,
    changes: [['common/commit.c', '    db_queue_commit(db);\n    if (!db_pipeline_run(db, count, results, err))', '    db_queue_planning(db, DB_PLAN_ONCE);\n    if (!db_pipeline_run(db, count, results, err))'],
      commitsLate()],
  },
  {
    name: 'a commit may come as late as it likes',
    test: { ...tooLate, pattern: /^a submission/ },
    by: /accepted after it was told that it was not/,
    changes: [['workers/intake/sql/refuse_late.sql', 'when clock_timestamp() - now() >= $2::interval', 'when false']],
  },
  {
    name: 'so may that of a bulk request',
    test: { ...tooLate, pattern: /^a bulk request/ },
    by: /accepted after it was told that it was not/,
    changes: [['workers/intake/uploads.c', '*ret_new ? commit_in_time', '*ret_new && false ? commit_in_time']],
  },
  {
    name: 'an entry may be of another token',
    test: fresh,
    by: stale,
    changes: [['common/cache.c', 'if (!ret_look->has_token || !cache_token_equal(&ret_look->entry.token, &ret_look->token))\n        return CACHE_STALE;', '']],
  },
  {
    name: 'the cache is not touched before an outcome is told',
    test: fresh,
    by: stale,
    changes: [['common/worker_batch.c', '    worker_touch_cache(worker, items, count);\n', '']],
  },
  {
    name: 'nor before it is told to who polls',
    test: late,
    by: stale,
    changes: [['common/worker_batch.c', '    worker_touch_cache(worker, items, count);\n', '    if (strcmp(worker->definition->service, "query") != 0)\n        worker_touch_cache(worker, items, count);\n']],
  },
  {
    name: 'an entry lives longer than answers are held',
    test: late,
    by: stale,
    changes: [['common/cache.c', '*ret_until_ms = now_ms + CACHE_LIFE_MS;', '*ret_until_ms = now_ms + 60000;']],
  },
  {
    name: 'what Redis could not be told of is told at once',
    test: late,
    by: /^told after \d+ ms, and Redis was not/,
    changes: [['common/worker_cache.c', 'monotonic_now_us() + CACHE_HOLD_US}', 'monotonic_now_us()}']],
  },
  {
    name: 'who was told more joins',
    test: late,
    by: stale,
    changes: [['front/cached.c', 'cache_token_equal(&lookup->look.token, &miss->token) &&', '']],
  },
  {
    name: 'who comes late joins',
    test: late,
    by: stale,
    changes: [['front/cached.c', '&miss->token) &&\n           monotonic_now_us() - miss->begun_us < INT64_C(1000) * CACHE_LIFE_MS;', '&miss->token);']],
  },
];

/** The commit that was taken away from where it belongs, behind the answers. */
function commitsLate() {
  return ['common/worker_batch.c', '    worker_report(worker, items, count);\n    return stay;', '    worker_report(worker, items, count);\n    struct error late = {0};\n    if (worker->db != NULL && !db_commit(worker->db, &late))\n        db_rollback(worker->db);\n    return stay;'];
}

const check = process.argv[2] === 'check';
const times = check ? 0 : Number(process.argv[2] || 1);
const chosen = mutations.filter(({ name }) => name.includes(process.argv[3] ?? ''));
const variant = process.env.BUILD ?? '.build/gcc'; // as tests/run
const folder = temporaryFolder('mutants');
const copy = join(folder, 'tree');
process.once('exit', () => {
  if (!check) script('postgres', 'discard', join(folder, 'cluster'));
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** The tree with what is built of it, and times: only what a mutation touches is built again. */
function copyTree() {
  const left = ['.git', '.build', 'tests/node_modules', 'tests/bench/node_modules'];
  cpSync(root, copy, { recursive: true, preserveTimestamps: true, filter: (path) => !left.includes(relative(root, path)) });
  cpSync(join(root, variant), join(copy, variant), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(root, 'tests/node_modules'), join(copy, 'tests/node_modules'));
}

function build(...targets) {
  const made = spawnSync('make', ['-C', copy, '--no-print-directory', `-j${cpus().length}`, `BUILD=${variant}`, ...targets], { encoding: 'utf8', env: { ...process.env, MAKEFLAGS: '' } });
  if (made.status !== 0) throw new Error(`the copy does not build:\n${made.stdout}${made.stderr}`);
}

/** Changes files of the copy; gives what puts them back. */
function mutate(changes) {
  const before = new Map(), restore = () => before.forEach((text, path) => writeFileSync(path, text));
  for (const [file, from, to] of changes) {
    const path = join(copy, file), text = readFileSync(path, 'utf8');
    if (!before.has(path)) before.set(path, text);
    if (text.split(from).length !== 2) {
      restore();
      throw new Error(`${file} does not hold exactly once what a mutation replaces; look at tests/faults/mutants.mjs:\n${from}`);
    }
    writeFileSync(path, text.replace(from, () => to));
  }
  return restore;
}

/** Runs a test of the copy: { passed, failed: [what its failures said] }. */
async function runs({ file, pattern }) {
  const ended = { passed: 0, failed: [] };
  for await (const { type, data } of run({ files: [join(copy, 'tests/faults', file)], testNamePatterns: pattern, cwd: copy })) {
    if (data?.details?.type === 'suite') continue;
    if (type === 'test:pass' && !data.skip) ended.passed++;
    if (type === 'test:fail') {
      const error = data.details.error.cause ?? data.details.error;
      ended.failed.push({ assertion: error.code === 'ERR_ASSERTION', text: String(error.message ?? error) });
    }
  }
  return ended;
}

const rows = [];

/** Runs the test so often, and notes how often it ended as it should. */
async function tries(name, test, isGood) {
  let good = 0, last;
  for (let i = 0; i < times; i++) {
    last = await runs(test);
    if (isGood(last)) good++;
    else process.stdout.write(`${name}, ${test.file}: ${last.passed} passed\n${last.failed.map(({ text }) => text.slice(0, 2000)).join('\n').replace(/^/gm, '    ')}\n`);
  }
  rows.push([name, test.file, `${good} of ${times}`, good === times]);
}

copyTree();
if (check) {
  build('build');
  for (const { name, changes } of mutations) {
    let restore;
    try {
      restore = mutate(changes);
      const files = new Set(changes.map(([file]) => file));
      for (const file of files) if (file.endsWith('.c')) build(join(variant, 'obj', file.replace(/c$/, 'o')));
    } catch (error) {
      process.stderr.write(`${name}: ${error.message}\n`);
      process.exitCode = 1;
    }
    restore?.();
  }
  process.exit();
}
chmodSync(folder, 0o711); // PostgreSQL runs as another user, who must pass through
script('postgres', 'start', join(folder, 'cluster'));
Object.assign(process.env, { ECF2_TEST_RUN: folder, ECF2_TEST_CLUSTER: join(folder, 'cluster'), ECF2_BIN: join(copy, variant, 'bin') });
for (const name of ['ECF2_FAULTS', 'ECF2_FAULTS_RESULTS', 'NODE_TEST_CONTEXT']) delete process.env[name];

build('build');
for (const test of new Set(chosen.map((one) => one.test))) await tries('nothing is changed: passes', test, ({ passed, failed }) => passed > 0 && failed.length === 0);
for (const { name, test, by, changes } of chosen) {
  const restore = mutate(changes);
  build('build');
  await tries(`${name}: caught`, test, ({ failed }) => failed.some(({ assertion, text }) => assertion && by.test(text)));
  restore();
}

const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, file, text, good] of rows) process.stdout.write(`${good ? 'ok    ' : 'FAILED'} ${name.padEnd(width)}  ${file.padEnd(16)} ${text}\n`);
process.exitCode = rows.every(([, , , good]) => good) ? 0 : 1;
