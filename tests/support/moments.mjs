// How a test stands between two steps of a commit: sessions of its own, whose locks the committer meets, and what is seen of
// who waits. For tests/faults.
import { connect } from './cluster.mjs';
import { until } from './system.mjs';

/** Sessions of the test, each in a transaction. */
export async function inTransactions(system, names, work) {
  const sessions = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await connect(system.cluster, system.database)])));
  try {
    for (const session of Object.values(sessions)) await session.query('begin');
    return await work(sessions);
  } finally {
    await Promise.all(Object.values(sessions).map((session) => session.end()));
  }
}

/** Until a session of this name (a service, an application, a pid) waits for a lock of this kind. */
export const waits = (system, name, kind) => until(`${name} does not wait for its ${kind} lock`, async () => (await system.db.query(
  `select from pg_locks join pg_stat_activity as a using (pid)
   where not granted and locktype = $2 and a.datname = current_database() and (a.application_name like $1 || '-%' or a.application_name = $1 or a.pid::text = $1)`, [name, kind])).rowCount > 0);

/** Commits of outcomes wait from now on for `select pg_advisory_xact_lock(99, 0)`; whoever of these services waits may do so
 *  for as long as a busy machine needs. */
export async function stopCommits(system, services) {
  await system.db.query(`
    create function stop_before_commit() returns trigger language plpgsql security definer as $$
    begin
      perform pg_advisory_xact_lock_shared(99, 0);
      return new;
    end $$;
    create constraint trigger stop after insert on submission_outcomes deferrable initially deferred for each row execute function stop_before_commit()`);
  const roles = services.map((service) => `ecf2_${service}`);
  for (const role of roles) {
    await system.db.query(`alter role ${role} in database ${system.database} set lock_timeout = '60s'`);
    await system.db.query(`alter role ${role} in database ${system.database} set statement_timeout = '60s'`);
  }
  await system.db.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = any ($1) and datname = current_database()', [roles]);
}
