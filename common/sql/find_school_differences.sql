-- find_school_differences: which school_year_status and school_provider_year_status are not what they are to be, in one slice
-- of all schools (DM-36).
--   $1 bigint   behind this school's id; 0 = from the first
--   $2 integer  so many schools
-- Rows: one for each difference, or a single one where there is none:
--   last         bigint, the slice's last id; null = it is empty, all were looked at
--   id           bigint, the school; null where there is no difference, then nothing else is set
--   table_name, kept, recomputed  as in refresh_schools
select slice.last, difference.id, difference.table_name, difference.kept, difference.recomputed
from (select coalesce(array_agg(id), '{}') as ids, max(id) as last
      from (select id from schools where id > $1::bigint order by id limit $2::integer) as next) as slice
left join lateral (
  select coalesce((kept).school_id, (computed).school_id) as id, 'school_year_status' as table_name,
         (to_jsonb(kept) - 'api_updated_at')::text as kept, (to_jsonb(computed) - 'api_updated_at')::text as recomputed
  from school_year_status_differences(slice.ids)
  union all
  select coalesce((kept).school_id, (computed).school_id), 'school_provider_year_status', to_jsonb(kept)::text,
         to_jsonb(computed)::text
  from school_provider_year_status_differences(slice.ids)) as difference on true
