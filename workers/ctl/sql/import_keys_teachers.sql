-- import: what files may call a person: TRN or participant id; those of the file, then those of the database that the
-- other files name. (Nobody is looked for in an empty database.)
create temp table import_key_teachers as
select trn as key, id from import_teachers where trn is not null and not duplicate
union all
select api_id::text, id from import_teachers where not duplicate;

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
