-- A delivery that tells of nothing, so that an endpoint can be tried.
--   $1 bigint  endpoint
-- Rows: one where there is such an endpoint and it is not disabled: id.
insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind)
select made.id, uuid_v7_time(made.id), made.endpoint_id, 'webhook.test'
from (select uuid_v7() as id, e.id as endpoint_id
      from webhook_endpoints as e
      where e.id = $1::bigint
        and e.disabled_at is null
      offset 0) as made
returning id
