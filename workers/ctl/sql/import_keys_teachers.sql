-- import: what files may call a person: TRN or participant id; those of the file, then those of the database that the
-- other files name. (Nobody is looked for in an empty database.) Of two people with one TRN, which is told, one: whom the
-- database knows by it, if anybody.
create temp table import_key_teachers as
select key, min(id) as id
from (select n.trn as key, n.id from import_teachers n
      where n.trn is not null and not n.duplicate
        and (n.existing or not exists (select from teachers t where t.trn = n.trn))
      union all
      select api_id::text, id from import_teachers where not duplicate) as called
group by key;

create temp table import_key_others as
select key
from (select teacher as key from import_raw_training_records
      union select teacher from import_raw_school_periods
      union select teacher from import_raw_training_periods
      union select ect from import_raw_mentorship_periods
      union select mentor from import_raw_mentorship_periods
      union select teacher from import_raw_induction_periods
      union select teacher from import_raw_declarations
      union select mentor from import_raw_declarations) as named
where exists (select from teachers) and key is not null
  and not exists (select from import_key_teachers k where k.key = named.key);
analyze import_key_others;

insert into import_key_teachers
select o.key, t.id from import_key_others o join teachers t on t.trn = o.key
union all
select o.key, t.id from import_key_others o join teachers t on t.api_id = case when length(o.key) = 36 then o.key::uuid end;
analyze import_key_teachers
