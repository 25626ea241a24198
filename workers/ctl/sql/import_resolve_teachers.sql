-- import: who a row means: the participant id, else whoever has the TRN, else somebody new. Rows of
-- import_raw_teachers with api_id and trnless.
select r.*, coalesce(r.participant_id, t.api_id, gen_random_uuid()) as api_id, r.trn is null as trnless
from import_raw_teachers r
left join teachers t on t.trn = r.trn and r.participant_id is null
