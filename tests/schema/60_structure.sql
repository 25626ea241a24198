-- Rules that hold for all tables: DM-1, DM-4, DM-9, the indexes of data-model-operations.md §11, enum types.
begin;
set local search_path = public, pg_temp;

create temporary view tables as
  select c.oid, c.relname::text as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'schema_migrations';
create temporary view foreign_keys as
  select c.*, t.name from pg_constraint c join tables t on t.oid = c.conrelid where c.contype = 'f';
create temporary table indexes_wanted (of_table text, columns text, predicate text);
insert into indexes_wanted values
  ('teacher_provider_status', 'lead_provider_id, teacher_id', null),
  ('teacher_provider_status', 'lead_provider_id, latest_ect_contract_period_year', null),
  ('teacher_provider_status', 'lead_provider_id, latest_mentor_contract_period_year', null),
  ('teachers', 'api_updated_at', null), ('teacher_id_changes', 'api_from_teacher_id', null), ('teachers', 'created_at', null),
  ('teacher_provider_status', 'lead_provider_id, teacher_created_at, teacher_id', null),
  ('teacher_provider_status', 'lead_provider_id, teacher_id', 'involved_in_school_transfer'),
  ('teacher_provider_status', 'lead_provider_id, teacher_id', 'has_others'),
  ('training_periods', 'lead_provider_id, api_transfer_updated_at', null),
  ('teacher_provider_status', 'assigned_mentor_school_period_id, lead_provider_id', '(assigned_mentor_school_period_id IS NOT NULL)'),
  ('teachers', 'api_unfunded_mentor_updated_at', null),
  ('declarations', 'lead_provider_id, created_at, id', null), ('declarations', 'lead_provider_id, api_updated_at', null),
  ('declarations', 'teacher_id, role, created_at', null),
  ('declarations', 'delivery_partner_when_created_id, lead_provider_id', null),
  ('school_partnerships', 'lead_provider_id, contract_period_year, created_at, id', null),
  ('school_partnerships', 'lead_provider_id, created_at, id', null), ('school_partnerships', 'lead_provider_id, api_updated_at, id', null), ('delivery_partnerships', 'delivery_partner_id', null),
  ('school_year_status', 'contract_period_year, school_id', null), ('school_year_status', 'contract_period_year, api_updated_at, school_id', null),
  ('schools', 'urn', null), ('schools', 'created_at, id', null), ('teacher_provider_status', 'lead_provider_id, teacher_created_at, teacher_id', null), ('statements', 'lead_provider_id, payment_date, id', '(fee_type = ''output''::fee_type)'),
  ('statements', 'lead_provider_id, api_updated_at', null),
  ('statements', 'lead_provider_id, contract_period_year, deadline_date',
    '((fee_type = ''output''::fee_type) AND (status = ''open''::statement_status))'),
  ('declarations', 'payment_statement_id, role, declaration_type', null),
  ('declarations', 'clawback_statement_id, role, declaration_type', '(clawback_statement_id IS NOT NULL)'),
  ('induction_periods', 'appropriate_body_id, finished_on', null),
  ('school_periods', 'reported_appropriate_body_id', '(role = ''ect''::participant_role)'),
  ('school_periods', 'school_id, role, finished_on', null), ('teachers', 'search', null), ('gias_schools', 'search', null),
  ('teachers', 'trs_data_last_refreshed_at NULLS FIRST',
    '((trn IS NOT NULL) AND ((trs_response IS NULL) OR (trs_response = ''ok''::trs_response)))'),
  ('submissions', 'subject, accept_no', null), ('submissions', 'caller_type, caller_id, accepted_at DESC', null),
  ('submissions', 'accept_no', null), ('notifications', 'priority, due_at, id', null), ('legacy_ids', 'target_table, target_id', null),
  ('declarations', 'teacher_id, role, declaration_type',
    '((payment_status = ANY (ARRAY[''no_payment''::payment_status, ''eligible''::payment_status, ''payable''::payment_status, ''paid''::payment_status])) AND (clawback_status = ''no_clawback''::clawback_status))');
create temporary view indexes as
  select t.name as of_table, split_part(regexp_replace(pg_get_indexdef(x.indexrelid), '^.* USING \w+ \(', ''), ')', 1) as columns,
      pg_get_expr(x.indpred, x.indrelid) as predicate
    from pg_index x join tables t on t.oid = x.indrelid;
create temporary table enum_values (enum text, labels text[]);
insert into enum_values values
  ('participant_role', '{ect,mentor}'),
  ('training_programme', '{provider_led,school_led}'),
  ('programme_choice', '{not_yet_known,provider_led,school_led}'),
  ('working_pattern', '{part_time,full_time}'),
  ('declaration_type', '{started,retained-1,retained-2,retained-3,retained-4,completed,extended-1,extended-2,extended-3}'),
  ('payment_status', '{no_payment,eligible,payable,paid,voided}'),
  ('clawback_status', '{no_clawback,awaiting_clawback,clawed_back}'),
  ('evidence_type', '{training-event-attended,self-study-material-completed,materials-engaged-with-offline,75-percent-engagement-met,75-percent-engagement-met-reduced-induction,one-term-induction,other}'),
  ('withdrawal_reason', '{left_teaching_profession,moved_school,mentor_no_longer_being_mentor,switched_to_school_led,changed_lead_provider,other}'),
  ('deferral_reason', '{bereavement,long_term_sickness,parental_leave,career_break,other}'),
  ('training_status', '{active,deferred,withdrawn}'),
  ('participant_status', '{joining,active,leaving,left}'),
  ('fee_type', '{output,service}'),
  ('statement_status', '{open,payable,paid}'),
  ('contract_type', '{ecf,ittecf_ectp}'),
  ('induction_programme', '{fip,cip,diy,unknown,pre_september_2021}'),
  ('induction_outcome', '{pass,fail}'),
  ('trs_response', '{ok,not_found,gone,permanent_redirect}'),
  ('mentor_funding_end_reason', '{completed_declaration_received,completed_during_early_roll_out,started_not_completed}'),
  ('appropriate_body_type', '{teaching_school_hub,national,local_authority}'),
  ('gias_school_status', '{open,closed,proposed_to_close,proposed_to_open}'),
  ('bulk_upload_type', '{claim,action}'),
  ('bulk_upload_status', '{pending,processing,processed,completing,completed,failed}'),
  ('anonymisation_reason', '{registered_in_error,teacher_record_merged}'),
  ('migration_mode', '{not_migrated,all_induction_records,latest_induction_records}'),
  ('author_type', '{appropriate_body_user,school_user,dfe_staff_user,system,lead_provider_api}'),
  ('dfe_role', '{admin,user_manager,finance,product_team}'),
  ('support_query_state', '{pending,sending,sent,failed}'),
  ('schedule_identifier', '{ecf-standard-september,ecf-standard-january,ecf-standard-april,ecf-extended-september,ecf-extended-january,ecf-extended-april,ecf-reduced-september,ecf-reduced-january,ecf-reduced-april,ecf-replacement-september,ecf-replacement-january,ecf-replacement-april}');

select plan(15 + (select count(*)::integer from indexes_wanted) + (select count(*)::integer from enum_values));

select is_empty($$select name from tables where not exists (select from pg_constraint where conrelid = tables.oid and contype = 'p')$$,
  'every table has a primary key');
select is_empty($$select name, attname, attidentity from tables join pg_attribute on attrelid = oid
    where attname = 'id' and atttypid = 'bigint'::regtype and attidentity <> 'a' and name <> 'events'$$, 'DM-1: ids are generated, always');
select is_empty($$select name from tables join pg_attribute a on attrelid = oid where attname = 'api_id' and not (attnotnull
    and atttypid = 'uuid'::regtype and exists (select from pg_constraint c where conrelid = tables.oid and contype = 'u' and conkey = array[attnum]))$$,
  'DM-1: public ids are unique');
select is_empty($$select name, attname from tables join pg_attribute on attrelid = oid
    where atttypid in ('timestamp'::regtype, 'money'::regtype, 'real'::regtype, 'double precision'::regtype)$$,
  'DM-3, DM-8: instants have a zone, money is exact');
select is_empty($$select name from tables where exists (select from pg_attribute where attrelid = oid and attname = 'finished_on')
    and not exists (select from pg_attribute where attrelid = oid and attname = 'period' and attgenerated = 's')$$, 'DM-4: periods');
select is_empty($$select name, conname from foreign_keys where cardinality(conkey) > 1 and not (condeferrable and not condeferred)$$,
  'DM-9: composite foreign keys are deferrable, initially immediate');
select is_empty($$select name, conname from pg_constraint join tables t on t.oid = conrelid
    where contype = 'x' and not (condeferrable and not condeferred)$$, 'DM-9: so are exclusion constraints');
-- A key of this table (a partition's parent, too) whose first column is one of the foreign key's serves it.
select is_empty($$select name, conname from foreign_keys f where not exists (select from pg_index x
    where x.indrelid = f.conrelid and x.indkey[0] = any (f.conkey))$$, 'DM-9: foreign keys are indexed on the referencing side');
select is_empty($$select name, conname from foreign_keys where not convalidated$$, 'all of them are valid');
select is_empty($$select name, conname, confdeltype from foreign_keys where confdeltype <> 'a' and not (
    confdeltype = 'n' and name in ('events', 'notifications') or
    confdeltype = 'c' and name in ('statement_adjustments', 'statement_audit_notes', 'notification_attempts', 'notification_receipts'))$$,
  'DM-9: no action on deletion unless said otherwise (E6: events keep an empty link)');
select is_empty($$select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S')
    and c.relowner <> (select relowner from pg_class where oid = 'teachers'::regclass)
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')$$, 'one owner for all');
select lives_ok($$select refuse_late_acceptance(array[now(), now() - interval '1 day', clock_timestamp() + interval '1 hour'], '0')$$,
  'PL-11: what was over before the transaction, or is not over, fails no acceptance');
select lives_ok($$select refuse_late_acceptance(array[now() + interval '1 microsecond'], '1 hour')$$, 'nor does what is over for less than the grace');
select throws_ok($$select refuse_late_acceptance(array[clock_timestamp() + interval '1 hour', now() + interval '1 microsecond'], '0')$$, '40001', null,
  'what was over since then does: it is all done again');
select ok(to_tsvector('unaccented', 'Zoë O''Neil-Müller') @@ to_tsquery('unaccented', 'zoe & muller'), 'names are found without accents');

select ok(exists (select from indexes i where i.of_table = w.of_table and i.columns = w.columns and i.predicate is not distinct from w.predicate),
    format('index on %s (%s)%s', of_table, columns, ' where ' || predicate))
  from indexes_wanted w;
select is(stored, labels, enum) from enum_values, lateral (select array_agg(enumlabel::text order by enumsortorder) from pg_enum
    where enumtypid = to_regtype(enum)) e (stored);

select * from finish();
rollback;
