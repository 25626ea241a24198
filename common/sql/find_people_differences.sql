-- find_people_differences: whose teacher_provider_status is not what it is to be, in one slice of all people (DM-36).
--   $1 bigint   behind this teacher's id; 0 = from the first
--   $2 integer  so many people
--   $3 date     London's day
-- Rows: one for each difference, or a single one where there is none:
--   last         bigint, the slice's last id; null = it is empty, all were looked at
--   id           bigint, the teacher; null where there is no difference, then nothing else is set
--   table_name, kept, recomputed  as in refresh_people
select slice.last, coalesce((difference.kept).teacher_id, (difference.computed).teacher_id) as id,
       'teacher_provider_status' as table_name, to_json(difference.kept)::text as kept,
       to_json(difference.computed)::text as recomputed
from (select coalesce(array_agg(id), '{}') as ids, max(id) as last
      from (select id from teachers where id > $1::bigint order by id limit $2::integer) as next) as slice
left join lateral teacher_provider_status_differences(slice.ids, array_fill($3::date, array[cardinality(slice.ids)]))
  as difference on true
