-- import: people whom no other file and no second import could name. Rows: line, column_name, value, reason.
select t.line, 'participant_id' as column_name, '' as value, 'missing, and there is no trn either' as reason
from import_teachers t
where t.participant_id is null and t.trn is null and not t.bad
