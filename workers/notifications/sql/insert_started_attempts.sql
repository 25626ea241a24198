-- insert_started_attempts: attempts that are about to be made; committed before anything is sent (notifications.md NT-33).
--
--   $1 ids       uuid[]         deliveries
--   $2 created   timestamptz[]  the millisecond in each id
--   $3 n         integer[]
--   $4 wait_ms   bigint[]       if nothing more is heard of it, it is due again in so many milliseconds
--   $5 worker    text
insert into webhook_attempts (delivery_created_at, delivery_id, n, phase, worker, started_at, next_at)
select asked.created_at, asked.id, asked.n, 'started', $5::text, clock_timestamp(),
       clock_timestamp() + asked.wait_ms * interval '1 millisecond'
  from unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::bigint[]) as asked (id, created_at, n, wait_ms);
