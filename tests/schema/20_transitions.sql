-- The states of declarations and statements move only as declarations.md §2 and DM-19 list: every pair is tried.
begin;
\ir fixtures.sqlinc

-- A declaration in each payment status, with what that status asks for, and a paid one in each clawback status. Each is of a
-- type of its own, because only one of a type is live.
create temporary table made (status text, id bigint);
create function pg_temp.declaration_in(payment payment_status, clawback clawback_status, type declaration_type) returns bigint
  language sql as $$
  insert into declarations (training_period_id, teacher_id, role, lead_provider_id, contract_period_year, declaration_type,
      declaration_date, payment_status, clawback_status, payment_statement_id, clawback_statement_id, delivery_partner_when_created_id)
    values (3, 3, 'ect', 2, 2024, type, '2024-10-07', payment, clawback, case when payment <> 'no_payment' then 4 end,
      case when clawback <> 'no_clawback' then 4 end, 1)
    returning id $$;
insert into made select s::text, pg_temp.declaration_in(s, 'no_clawback', t)
  from unnest(enum_range(null::payment_status), (enum_range(null::declaration_type))[:5]) u (s, t);
insert into made select s::text, pg_temp.declaration_in('paid', s, t)
  from unnest(enum_range(null::clawback_status), (enum_range(null::declaration_type))[6:8]) u (s, t);

select plan(5 * 5 + 3 * 3 + 3 * 3 + 18);

select is(
    pg_temp.outcome_of(format($$update declarations set payment_status = %L, payment_statement_id = %s where id = %s$$, new,
      case when new = 'no_payment' or (old, new) = ('no_payment', 'voided') then 'null' else '4' end, made.id)),
    case when old = new or (old, new) in (('no_payment', 'eligible'), ('eligible', 'payable'), ('payable', 'paid'),
        ('no_payment', 'voided'), ('eligible', 'voided'), ('payable', 'voided'))
      then 'accepted' else 'declarations_status_transition' end,
    format('payment status: %s to %s', old, new))
  from unnest(enum_range(null::payment_status)) old, unnest(enum_range(null::payment_status)) new, made
  where made.status = old::text;

select is(
    pg_temp.outcome_of(format($$update declarations set clawback_status = %L, clawback_statement_id = %s where id = %s$$, new,
      case when new = 'no_clawback' then 'null' else '4' end, made.id)),
    case when old = new or (old, new) in (('no_clawback', 'awaiting_clawback'), ('awaiting_clawback', 'clawed_back'))
      then 'accepted' else 'declarations_status_transition' end,
    format('clawback status of a paid declaration: %s to %s', old, new))
  from unnest(enum_range(null::clawback_status)) old, unnest(enum_range(null::clawback_status)) new, made
  where made.status = old::text;

select is(
    pg_temp.outcome_of(format(
      $$update declarations set payment_status = 'paid', clawback_status = 'awaiting_clawback', clawback_statement_id = 4 where id = %s$$, id)),
    'declarations_status_transition', 'not paid and clawed back at once')
  from made where status = 'payable';
select is(
    pg_temp.outcome_of(format(
      $$update declarations set clawback_status = 'awaiting_clawback', clawback_statement_id = 4 where id = %s$$, id)),
    'declarations_status_transition', 'clawback is for paid ones: not from ' || status)
  from made where status in ('no_payment', 'eligible', 'payable', 'voided');
select is(
    pg_temp.outcome_of(format(
      $$insert into declarations select * from declarations where id = %s on conflict (id) do update set payment_status = 'no_payment'$$, id)),
    '428C9 cannot insert a non-DEFAULT value into column "id"', 'an id is never chosen')
  from made where status = 'paid';
select is(
    pg_temp.outcome_of(format($$update declarations set payment_status = 'voided' where id in (%s, %s)$$, a.id, b.id)),
    'declarations_status_transition', 'one bad row of a statement fails all of it')
  from made a, made b where a.status = 'eligible' and b.status = 'paid';

-- ---- statements: 1 is open, 2 payable (calculation 4 is its paid one), 3 paid
select is(
    pg_temp.outcome_of(format($$update statements set status = %L, marked_payable_at = %L, marked_as_paid_at = %L%s where id = %s$$,
      new, case when new <> 'open' then '2025-05-01' end, case when new = 'paid' then '2025-05-02' end,
      case when new = 'paid' then case s.id when 3 then '' else ', paid_calculation_id = 4' end else '' end, s.id)),
    case when old = new or (old, new) in (('open', 'payable'), ('payable', 'paid')) then 'accepted' else 'statements_status_transition' end,
    format('statement: %s to %s', old, new))
  from (values ('open'::statement_status, 1), ('payable', 2), ('paid', 3)) s (old, id), unnest(enum_range(null::statement_status)) new
  order by 1;
select is(pg_temp.outcome_of($$update statements set status = 'payable' where id = 1$$), 'statements_status_transition',
  'payable needs its instant');
select is(pg_temp.outcome_of($$update statements set status = 'paid', paid_calculation_id = 4 where id = 2$$),
  'statements_status_transition', 'paid needs its instant');
select is(pg_temp.outcome_of($$update statements set status = 'paid', marked_as_paid_at = now() where id = 2$$),
  'statements_status_transition', 'paid needs its calculation, where figures were calculated (DM-24)');
select is(pg_temp.outcome_of($$update statements set status = 'payable', marked_payable_at = '2025-05-01' where id = 4;
  update statements set status = 'paid', marked_as_paid_at = now() where id = 4$$),
  'accepted', 'and needs none where none were: a run stores them later, as those of imported ones');
select is(pg_temp.outcome_of($$insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type,
    status, deadline_date, payment_date) values (1, 1, 2024, 2024, 12, 'output', 'paid', '2024-11-30', '2024-12-25')$$),
  'accepted', 'an import brings paid statements as they are, without instants; their calculation follows');

-- ---- read models: whether a teacher's rows are of several providers; the fixtures have one
create temporary view shared as select array_agg(has_others order by lead_provider_id) as flags from teacher_provider_status where teacher_id = 1;
select is((select flags from shared), '{f}', 'a teacher of one provider has no others');
insert into teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id, latest_ect_contract_period_year)
  values (2, 1, 3, 2024), (2, 2, 3, 2024);
select is((select flags from shared), '{t,t}', 'with a second provider each of them has, whoever was first');
delete from teacher_provider_status where lead_provider_id = 1 and teacher_id = 1;
select is((select flags from shared), '{f}', 'and none when it is gone');

-- ---- and when the teacher was created, whatever who writes the row says of it
create temporary view late as
  select count(*)::integer from teacher_provider_status s join teachers t on t.id = s.teacher_id where s.teacher_created_at is distinct from t.created_at;
select is((select count from late), 0, 'rows have the teacher''s instant');
insert into teacher_provider_status (lead_provider_id, teacher_id, latest_ect_training_period_id, latest_ect_contract_period_year, teacher_created_at)
  values (1, 1, 3, 2024, '2001-01-01');
select is((select count from late), 0, 'a row that comes has it');
update teachers set created_at = '2002-02-02' where id in (1, 2);
select is((select count from late), 0, 'and follows it');

select * from finish();
rollback;
