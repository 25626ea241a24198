-- count_dead_deliveries: deliveries that were given up and that nobody has sent on their way again (NT-51).
--
-- One row: dead.
select count(*) as dead
  from webhook_attempts as a
 where a.final
   and a.outcome in ('permanent', 'transient', 'ambiguous')
   and not exists (select
                     from webhook_attempts as later
                    where later.delivery_created_at = a.delivery_created_at
                      and later.delivery_id = a.delivery_id
                      and later.n > a.n);
