-- Recomputable answers to frequent questions (data-model-operations.md §9, DM-35 to DM-37). Written in the transaction of
-- the change; their foreign keys wait for the commit, so that a row may be deleted before what pointed to it is recomputed.

-- migrate:up
create table teacher_provider_status (
  lead_provider_id bigint not null references lead_providers,
  teacher_id bigint not null references teachers deferrable initially deferred,
  latest_ect_training_period_id bigint references training_periods deferrable initially deferred,
  latest_ect_contract_period_year integer references contract_periods,
  latest_mentor_training_period_id bigint references training_periods deferrable initially deferred,
  latest_mentor_contract_period_year integer references contract_periods,
  assigned_mentor_school_period_id bigint references school_periods deferrable initially deferred,
  involved_in_school_transfer boolean not null default false,
  has_others boolean not null default false,
  teacher_created_at timestamptz,
  primary key (lead_provider_id, teacher_id),
  constraint teacher_provider_status_ect_with_year
    check ((latest_ect_training_period_id is null) = (latest_ect_contract_period_year is null)),
  constraint teacher_provider_status_mentor_with_year
    check ((latest_mentor_training_period_id is null) = (latest_mentor_contract_period_year is null)),
  constraint teacher_provider_status_some_training
    check (num_nonnulls(latest_ect_training_period_id, latest_mentor_training_period_id) > 0)
);
create index teacher_provider_status_teacher_id_idx on teacher_provider_status (teacher_id);
create index teacher_provider_status_provider_ect_year_idx
  on teacher_provider_status (lead_provider_id, latest_ect_contract_period_year);
create index teacher_provider_status_provider_mentor_year_idx
  on teacher_provider_status (lead_provider_id, latest_mentor_contract_period_year);
create index teacher_provider_status_ect_year_idx on teacher_provider_status (latest_ect_contract_period_year);
create index teacher_provider_status_mentor_year_idx on teacher_provider_status (latest_mentor_contract_period_year);
create index teacher_provider_status_ect_training_idx on teacher_provider_status (latest_ect_training_period_id);
create index teacher_provider_status_mentor_training_idx on teacher_provider_status (latest_mentor_training_period_id);
create index teacher_provider_status_provider_created_idx
  on teacher_provider_status (lead_provider_id, teacher_created_at, teacher_id);
create index teacher_provider_status_transfers_idx on teacher_provider_status (lead_provider_id, teacher_id)
  where involved_in_school_transfer;
create index teacher_provider_status_assigned_mentor_idx
  on teacher_provider_status (assigned_mentor_school_period_id, lead_provider_id)
  where assigned_mentor_school_period_id is not null;
create index teacher_provider_status_has_others_idx on teacher_provider_status (lead_provider_id, teacher_id) where has_others;
comment on table teacher_provider_status is 'One row per teacher and provider with a confirmed training period';
comment on column teacher_provider_status.assigned_mentor_school_period_id is
  'mentor''s school period of the earliest current-or-future mentorship of the school period of the latest ECT training';

comment on column teacher_provider_status.has_others is
  'another provider trains or trained the teacher too: only then can there be declarations of others to show (lead-provider-api.md 7.1)';

-- Kept here and not by the writers: it follows from the rows that there are, and all rows of a teacher are written under the
-- teacher's lock or the gate (pipeline.md section 3).
create function refresh_has_others() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.teacher_provider_status as status
     set has_others = counted.has_others
    from (select teacher_id, count(*) > 1 as has_others
            from public.teacher_provider_status
           where teacher_id in (select teacher_id from changed)
           group by teacher_id) as counted
   where status.teacher_id = counted.teacher_id and status.has_others <> counted.has_others;
  return null;
end $$;
create trigger teacher_provider_status_others_come after insert on teacher_provider_status
  referencing new table as changed for each statement execute function refresh_has_others();
create trigger teacher_provider_status_others_go after delete on teacher_provider_status
  referencing old table as changed for each statement execute function refresh_has_others();

comment on column teacher_provider_status.teacher_created_at is
  'teachers.created_at: a provider''s participants are listed in this order (lead-provider-api.md 3.14, number 1)';

-- Likewise kept here: a copy, so that a page is read from one index whoever else is in the table.
create function fill_teacher_created_at() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  select created_at into new.teacher_created_at from public.teachers where id = new.teacher_id;
  return new;
end $$;
create trigger teacher_provider_status_created_comes before insert or update of teacher_id on teacher_provider_status
  for each row execute function fill_teacher_created_at();
create function follow_teacher_created_at() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.teacher_provider_status set teacher_created_at = new.created_at where teacher_id = new.id;
  return null;
end $$;
create trigger teachers_created_at_moves after update of created_at on teachers
  for each row when (new.created_at is distinct from old.created_at) execute function follow_teacher_created_at();

create table school_year_status (
  contract_period_year integer not null references contract_periods,
  school_id bigint not null references schools deferrable initially deferred,
  in_partnership boolean not null default false,
  programme_choice programme_choice not null default 'not_yet_known',
  api_updated_at timestamptz not null default clock_timestamp(),
  primary key (contract_period_year, school_id)
);
create index school_year_status_school_id_idx on school_year_status (school_id);
create index school_year_status_year_updated_idx on school_year_status (contract_period_year, api_updated_at, school_id);
comment on column school_year_status.api_updated_at is 'DM-37: the one fact here that cannot be recomputed';

create table school_provider_year_status (
  lead_provider_id bigint not null references lead_providers,
  contract_period_year integer not null references contract_periods,
  school_id bigint not null references schools deferrable initially deferred,
  has_expression_of_interest boolean not null default false,
  has_partnership boolean not null default false,
  primary key (lead_provider_id, contract_period_year, school_id),
  constraint school_provider_year_status_some_relation check (has_expression_of_interest or has_partnership)
);
create index school_provider_year_status_school_id_idx on school_provider_year_status (school_id);
create index school_provider_year_status_year_idx on school_provider_year_status (contract_period_year);
comment on table school_provider_year_status is 'No row = no relation';

-- ---- what the rows are, each said once: who writes, compares or imports them asks here. The look-ups start from the ids,
-- by index, and no two derived sets are joined, so that one plan serves a person and a million (PL-36). `days` are London's,
-- one for each teacher: who mentors moves with the calendar.
create function teacher_provider_status_of(teachers bigint[], days date[]) returns setof teacher_provider_status
  language sql stable
begin atomic
  -- the latest training periods by started_on: those of a person in a role never share a day
  select trained.lead_provider_id,
         trained.teacher_id,
         trained.ect[1][1],
         trained.ect[1][2]::integer,
         trained.mentor[1][1],
         trained.mentor[1][2]::integer,
         (select mentorship.mentor_school_period_id
            from mentorship_periods as mentorship
           where mentorship.ect_school_period_id = trained.ect[1][3]
             and (mentorship.finished_on is null or mentorship.finished_on >= trained.day)
           order by mentorship.started_on
           limit 1),
         trained.is_in_transfer,
         count(*) over (partition by trained.teacher_id) > 1,
         (select who.created_at from teachers as who where who.id = trained.teacher_id)
    from (select provider.id as lead_provider_id,
                 step.teacher_id,
                 step.day,
                 array_agg(array[step.training_id, step.year, step.school_period_id] order by step.trained_from desc)
                     filter (where provider.is_own and step.role = 'ect') as ect,
                 array_agg(array[step.training_id, step.year, step.school_period_id] order by step.trained_from desc)
                     filter (where provider.is_own and step.role = 'mentor') as mentor,
                 bool_or(step.is_transfer) as is_in_transfer
            from (select place.*,
                         -- lead-provider-api.md 6: P has a finish date, and L (the last training of P) is there and has
                         -- one; N is another school, or there is none and the induction is not complete (offset 0:
                         -- looked up, not all of them read into a hash)
                         place.training_id is not null
                             and place.next_id is distinct from place.school_period_id
                             and place.left_on is not null
                             and place.trained_until is not null
                             and case
                                   when place.next_id is not null then place.next_school_id <> place.school_id
                                   else not exists (select from induction_periods as induction
                                                     where induction.teacher_id = place.teacher_id
                                                       and induction.outcome is not null offset 0)
                                        and not exists (select from teachers as who
                                                         where who.id = place.teacher_id
                                                           and who.trs_induction_completed_date is not null offset 0)
                                 end as is_transfer
                    from (select asked.teacher_id, asked.day, period.role, period.id as school_period_id, period.school_id,
                                 period.finished_on as left_on,
                                 training.id as training_id, training.lead_provider_id,
                                 training.contract_period_year::bigint as year,
                                 training.started_on as trained_from, training.finished_on as trained_until,
                                 -- behind the last training of P stands N, with its first one (J) where it has any
                                 lead(period.id) over behind as next_id,
                                 lead(period.school_id) over behind as next_school_id,
                                 lead(training.lead_provider_id) over behind as next_lead_provider_id
                            from (select who.id as teacher_id, max(who.day) as day
                                    from unnest(teachers, days) as who (id, day)
                                   group by who.id) as asked
                            join school_periods as period on period.teacher_id = asked.teacher_id
                            left join training_periods as training on training.school_period_id = period.id
                          window behind as (partition by asked.teacher_id, period.role
                                                order by period.started_on, period.id, training.started_on)) as place) as step
           cross join lateral (values (step.lead_provider_id, true),
                                      (case when step.is_transfer then step.next_lead_provider_id end, false))
                   as provider (id, is_own)
           where provider.id is not null
           group by provider.id, step.teacher_id, step.day) as trained;
end;
comment on function teacher_provider_status_of is 'DM-35: the one definition of teacher_provider_status (lead-provider-api.md 4, 6)';

create function school_year_status_of(schools bigint[]) returns setof school_year_status
  language sql stable
begin atomic
  select found.year, found.school_id, bool_or(found.is_partnered),
         (case
            when bool_or(found.is_provider_led) then 'provider_led'
            when bool_or(found.is_trained) then 'school_led'
            else 'not_yet_known'
          end)::programme_choice,
         null::timestamptz
    from (select period.year, asked.id as school_id, false as is_partnered, false as is_trained, false as is_provider_led
            from unnest(schools) as asked (id)
           cross join contract_periods as period
          union all
          select partnership.contract_period_year, partnership.school_id, true, false, false
            from unnest(schools) as asked (id)
            join school_partnerships as partnership on partnership.school_id = asked.id
          union all
          -- training in the cohort by partnership or interest, school-led by its first day; any provider-led training of the
          -- same school period decides (a mentor's always is: mentors who only mentor have none)
          select coalesce(training.contract_period_year, year.year), place.school_id, false, true,
                 bool_or(training.training_programme = 'provider_led') over (partition by place.id)
            from unnest(schools) as asked (id)
            join school_periods as place on place.school_id = asked.id
            join training_periods as training on training.school_period_id = place.id
            left join contract_periods as year
              on training.contract_period_year is null and year.period @> training.started_on) as found
   where found.year is not null
   group by found.year, found.school_id;
end;
comment on function school_year_status_of is
  'DM-35: the one definition of school_year_status (lead-provider-api.md 10); without api_updated_at, which is kept (DM-37)';

create function school_provider_year_status_of(schools bigint[]) returns setof school_provider_year_status
  language sql stable
begin atomic
  -- Who asked for one provider and is trained by another counts for the one who was asked (lead-provider-api.md 10).
  select provider.id, training.contract_period_year, place.school_id, bool_or(provider.is_asked), bool_or(not provider.is_asked)
    from unnest(schools) as asked (id)
    join school_periods as place on place.school_id = asked.id
    join training_periods as training on training.school_period_id = place.id
    left join provider_contract_periods as interest on interest.id = training.expression_of_interest_id
   cross join lateral (values (interest.lead_provider_id, true),
                              (case
                                 when interest.lead_provider_id is null
                                      or interest.lead_provider_id = training.lead_provider_id then training.lead_provider_id
                               end, false)) as provider (id, is_asked)
   where provider.id is not null
   group by provider.id, training.contract_period_year, place.school_id;
end;
comment on function school_provider_year_status_of is
  'DM-35: the one definition of school_provider_year_status; a row = `expression_of_interest` (lead-provider-api.md 10)';

-- ---- where what is kept is something else; a row that is not there has no key
create function teacher_provider_status_differences(teachers bigint[], days date[])
  returns table (kept teacher_provider_status, computed teacher_provider_status)
  language sql stable
begin atomic
  select stored.status, computed
    from (select status, status.lead_provider_id, status.teacher_id
            from (select distinct id from unnest(teachers) as who (id)) as asked
            join teacher_provider_status as status on status.teacher_id = asked.id) as stored
    full join teacher_provider_status_of(teachers, days) as computed
      on computed.lead_provider_id = stored.lead_provider_id and computed.teacher_id = stored.teacher_id
   where stored.status is distinct from computed;
end;

create function school_year_status_differences(schools bigint[])
  returns table (kept school_year_status, computed school_year_status)
  language sql stable
begin atomic
  select stored.status, computed
    from (select status, status.contract_period_year, status.school_id
            from (select distinct id from unnest(schools) as which (id)) as asked
            join school_year_status as status on status.school_id = asked.id) as stored
    full join school_year_status_of(schools) as computed
      on computed.contract_period_year = stored.contract_period_year and computed.school_id = stored.school_id
   where ((stored.status).in_partnership, (stored.status).programme_choice)
         is distinct from (computed.in_partnership, computed.programme_choice);
end;

create function school_provider_year_status_differences(schools bigint[])
  returns table (kept school_provider_year_status, computed school_provider_year_status)
  language sql stable
begin atomic
  select stored.status, computed
    from (select status, status.lead_provider_id, status.contract_period_year, status.school_id
            from (select distinct id from unnest(schools) as which (id)) as asked
            join school_provider_year_status as status on status.school_id = asked.id) as stored
    full join school_provider_year_status_of(schools) as computed
      on computed.lead_provider_id = stored.lead_provider_id
     and computed.contract_period_year = stored.contract_period_year
     and computed.school_id = stored.school_id
   where stored.status is distinct from computed;
end;

create view declaration_resources as
select declaration.id,
       declaration.api_id,
       participant.api_id as participant_id,
       declaration.declaration_type,
       (extract(epoch from declaration.declaration_date) * 1000000)::bigint as declaration_us,
       declaration.role,
       mentor.api_id as mentor_id,
       declaration.payment_status,
       declaration.clawback_status,
       (extract(epoch from declaration.created_at) * 1000000)::bigint as created_us,
       (extract(epoch from declaration.api_updated_at) * 1000000)::bigint as updated_us,
       partner.api_id as delivery_partner_id,
       payment.api_id as statement_id,
       clawback.api_id as clawback_statement_id,
       declaration.pupil_premium_uplift,
       declaration.sparsity_uplift,
       declaration.evidence_type,
       provider.name as lead_provider_name
  from declarations as declaration
  join teachers as participant on participant.id = declaration.teacher_id
  join lead_providers as provider on provider.id = declaration.lead_provider_id
  join delivery_partners as partner on partner.id = declaration.delivery_partner_when_created_id
  left join mentorship_periods as mentorship on mentorship.id = declaration.mentorship_period_id
  left join teachers as mentor on mentor.id = mentorship.mentor_teacher_id
  left join statements as payment on payment.id = declaration.payment_statement_id
  left join statements as clawback on clawback.id = declaration.clawback_statement_id;
comment on view declaration_resources is
  'What the API shows of a declaration (lead-provider-api.md 7.1), in microseconds and words of the database; who may see it is for those to say who ask';

-- A function and not a view: its text becomes part of the statement that asks for one person after the other, where a view
-- with a window would be made for everybody first.
create function school_transfers(of_teacher_id bigint)
  returns table (role participant_role, leaving_started_on date, left_on date, leaving_school_id bigint,
    leaving_lead_provider_id bigint, leaving_created_at timestamptz, joining_training_period_id bigint, joined_on date,
    joining_school_id bigint, joining_lead_provider_id bigint, updated_at timestamptz)
  language sql stable parallel safe
as $$
  select place.role, leaving.started_on, leaving.finished_on, leaving.school_id, leaving.lead_provider_id, leaving.created_at,
         joining.id, joining.started_on, joining.school_id, joining.lead_provider_id,
         greatest(leaving.api_transfer_updated_at, joining.api_transfer_updated_at)
    from (select p.id, p.role, p.school_id, p.finished_on,
                 lead(p.id) over next_place as next_id, lead(p.school_id) over next_place as next_school_id
            from school_periods as p
           where p.teacher_id = of_teacher_id
          window next_place as (partition by p.role order by p.started_on, p.id)) as place
   cross join lateral (select t.*
                         from training_periods as t
                        where t.school_period_id = place.id
                        order by t.started_on desc
                        limit 1) as leaving
    left join lateral (select t.*
                         from training_periods as t
                        where t.school_period_id = place.next_id
                        order by t.started_on
                        limit 1) as joining on true
   where place.finished_on is not null
     and leaving.finished_on is not null
     and case
           when place.next_id is not null then place.next_school_id <> place.school_id
           else not exists (select from induction_periods as i where i.teacher_id = of_teacher_id and i.outcome is not null)
            and not exists (select from teachers as who where who.id = of_teacher_id and who.trs_induction_completed_date is not null)
         end
$$;
comment on function school_transfers(bigint) is
  'Moves of a person between schools (lead-provider-api.md 6, conditions 1 to 3), each as the last training there and the first one at the next school; whose they are (condition 4) is for those to say who ask';

-- migrate:down
drop function school_transfers(bigint);
drop view declaration_resources;
drop function school_provider_year_status_differences(bigint[]);
drop function school_year_status_differences(bigint[]);
drop function teacher_provider_status_differences(bigint[], date[]);
drop function school_provider_year_status_of(bigint[]);
drop function school_year_status_of(bigint[]);
drop function teacher_provider_status_of(bigint[], date[]);
drop table school_provider_year_status;
drop table school_year_status;
drop trigger teachers_created_at_moves on teachers;
drop table teacher_provider_status;
drop function follow_teacher_created_at();
drop function fill_teacher_created_at();
drop function refresh_has_others();
