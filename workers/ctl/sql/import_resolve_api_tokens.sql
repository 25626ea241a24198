-- import: the staged text is the digest (64 digits) and the hint. Rows of import_raw_api_tokens with token_digest,
-- token_hint, kind and lead_provider_id (null = none).
select r.*, decode(left(r.token, 64), 'hex') as token_digest, right(r.token, 4) as token_hint,
       case when r.school_urns is null then 'lead_provider' else 'school' end as kind, l.id as lead_provider_id
from import_raw_api_tokens r
left join import_key_lead_providers l on l.key = r.lead_provider
