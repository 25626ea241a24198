-- note_tokens_used: when tokens were last used, at most once a minute each (data-model-operations.md DM-28).
--
--   $1 token_ids  bigint[]  may repeat
--
-- Rows: none. A row that another intake is just writing is left alone: it gets the same minute.
update api_tokens
   set last_used_at = greatest(last_used_at, clock_timestamp())
 where id in (select id
                from api_tokens
               where id = any ($1::bigint[])
                 and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')
               order by id
                 for update skip locked);
