-- A person by participant id or TRN.
--   $1 text
-- Rows: none or one: id, api_id, trs_qts_awarded_on (null where it is not known). The old id of a merged person finds nobody
-- (declarations.md 3.2).
select id, api_id, trs_qts_awarded_on
  from teachers
 where anonymisation_reason is distinct from 'teacher_record_merged'
   and case when $1::text ~ '^[0-9]{7}$' then trn = $1::text
            when $1::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then api_id = $1::uuid
       end
