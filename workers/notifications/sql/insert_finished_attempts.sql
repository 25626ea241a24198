-- insert_finished_attempts: what became of attempts (notifications.md NT-33, NT-51).
--
--   $1 ids       uuid[]         deliveries
--   $2 created   timestamptz[]  the millisecond in each id
--   $3 n         integer[]
--   $4 took_ms   bigint[]       since it was begun
--   $5 outcomes  text[]
--   $6 wait_ms   bigint[]       it is due again in so many milliseconds; null: never, this one is final
--   $7 codes     integer[]      HTTP status; null: none was received
--   $8 errors    text[]         null: none
--   $9 worker    text
--
-- One that is there already stays: its commit was not heard of.
insert into webhook_attempts (delivery_created_at, delivery_id, n, phase, worker, started_at, finished_at, outcome, final,
                              next_at, code, error)
select done.created_at, done.id, done.n, 'finished', $9::text,
       clock_timestamp() - done.took_ms * interval '1 millisecond', clock_timestamp(), done.outcome, done.wait_ms is null,
       clock_timestamp() + done.wait_ms * interval '1 millisecond', done.code, done.error
  from unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::bigint[], $5::text[], $6::bigint[], $7::integer[],
              $8::text[]) as done (id, created_at, n, took_ms, outcome, wait_ms, code, error)
on conflict do nothing;
