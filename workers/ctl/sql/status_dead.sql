-- Dead letters that nobody has resolved.
-- One row: dead, oldest_seconds (null without any).
select count(*) as dead, extract(epoch from clock_timestamp() - min(dead_at))::bigint as oldest_seconds
from submission_dead_letters
where resolved_at is null
