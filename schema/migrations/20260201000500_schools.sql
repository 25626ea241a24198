-- The register of schools, schools that use the service, their partnerships (data-model.md §4, §5).

-- migrate:up
create table gias_schools (
  urn integer primary key,
  name text not null,
  status gias_school_status not null default 'open',
  type_name text not null,
  phase_name text,
  in_england boolean not null,
  section_41_approved boolean not null,
  eligible boolean not null default false,
  local_authority_code integer not null,
  local_authority_name text,
  establishment_number integer,
  administrative_district_name text,
  ukprn integer,
  address_line1 text,
  address_line2 text,
  address_line3 text,
  postcode text,
  website text,
  primary_contact_email citext,
  secondary_contact_email citext,
  opened_on date,
  closed_on date,
  -- A postcode is found with and without its space.
  search tsvector not null generated always as (to_tsvector('unaccented',
    name || ' ' || coalesce(postcode, '') || ' ' || replace(coalesce(postcode, ''), ' ', '') || ' ' || urn::text)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint gias_schools_ukprn_key unique (ukprn)
);
create index gias_schools_search_idx on gias_schools using gin (search);
comment on column gias_schools.eligible is
  'open (or proposed to close), in England by type, and an eligible type or an independent one with section 41 approval (data-model.md 5.1)';

-- What `eligible` follows from, in the register's words (gias.md 3).
create function is_eligible_school(school gias_schools) returns boolean
  language sql stable
return school.status in ('open', 'proposed_to_close') and school.in_england
   and (school.type_name in (
      'Academy 16 to 19 sponsor led', 'Academy 16-19 converter', 'Academy alternative provision converter',
      'Academy alternative provision sponsor led', 'Academy converter', 'Academy secure 16 to 19',
      'Academy special converter', 'Academy special sponsor led', 'Academy sponsor led', 'City technology college',
      'Children''s centre', 'Children''s centre linked site', 'Community school', 'Community special school',
      'Foundation school', 'Foundation special school', 'Free schools', 'Free schools 16 to 19',
      'Free schools alternative provision', 'Free schools special', 'Further education', 'Local authority nursery school',
      'Non-maintained special school', 'Pupil referral unit', 'Secure units', 'Sixth form centres',
      'Special post 16 institution', 'Studio schools', 'University technical college', 'Voluntary aided school',
      'Voluntary controlled school')
        or (school.type_name in ('Other independent school', 'Other independent special school') and school.section_41_approved));

create table gias_school_links (
  id bigint generated always as identity primary key,
  urn integer not null references gias_schools,
  link_urn integer not null,
  link_type text not null,
  link_date date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint gias_school_links_urn_link_urn_key unique (urn, link_urn)
);
comment on column gias_school_links.link_urn is 'may be unknown to the register: no foreign key';

create table school_funding_eligibilities (
  id bigint generated always as identity primary key,
  gias_school_urn integer not null references gias_schools,
  contract_period_year integer not null references contract_periods,
  pupil_premium_uplift boolean not null default false,
  sparsity_uplift boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint school_funding_eligibilities_urn_year_key unique (gias_school_urn, contract_period_year)
);
create index school_funding_eligibilities_year_idx on school_funding_eligibilities (contract_period_year);

create table schools (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  urn integer not null references gias_schools,
  marked_as_eligible boolean not null default false,
  induction_tutor_name text,
  induction_tutor_email citext,
  induction_tutor_last_nominated_in integer references contract_periods,
  last_chosen_appropriate_body_id bigint references appropriate_bodies,
  last_chosen_training_programme training_programme,
  last_chosen_lead_provider_id bigint references lead_providers,
  opted_out_of_reminder_emails_until date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint schools_api_id_key unique (api_id),
  constraint schools_urn_key unique (urn),
  constraint schools_tutor_name_and_email check ((induction_tutor_name is null) = (induction_tutor_email is null)),
  constraint schools_nomination_needs_tutor
    check (induction_tutor_last_nominated_in is null or induction_tutor_email is not null),
  constraint schools_last_provider_when_provider_led check (
    (last_chosen_lead_provider_id is not null) = (last_chosen_training_programme is not distinct from 'provider_led'))
);
create index schools_created_idx on schools (created_at, id);
create index schools_nominated_in_idx on schools (induction_tutor_last_nominated_in);
create index schools_last_chosen_appropriate_body_id_idx on schools (last_chosen_appropriate_body_id);
create index schools_last_chosen_lead_provider_id_idx on schools (last_chosen_lead_provider_id);
comment on column schools.urn is 'changes when a successor replaces the school';
comment on column schools.marked_as_eligible is 'staff override: eligible = this or the register''s';

create table school_partnerships (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  school_id bigint not null references schools,
  delivery_partnership_id bigint not null,
  lead_provider_id bigint not null,
  contract_period_year integer not null,
  api_updated_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint school_partnerships_api_id_key unique (api_id),
  constraint school_partnerships_school_delivery_partnership_key unique (school_id, delivery_partnership_id),
  constraint school_partnerships_id_school_provider_year_key
    unique (id, school_id, lead_provider_id, contract_period_year),
  constraint school_partnerships_delivery_partnership_fkey
    foreign key (delivery_partnership_id, lead_provider_id, contract_period_year)
    references delivery_partnerships (id, lead_provider_id, contract_period_year) deferrable initially immediate
);
create index school_partnerships_delivery_partnership_id_idx on school_partnerships (delivery_partnership_id);
create index school_partnerships_provider_year_created_idx
  on school_partnerships (lead_provider_id, contract_period_year, created_at, id);
create index school_partnerships_provider_created_idx on school_partnerships (lead_provider_id, created_at, id);
create index school_partnerships_provider_updated_idx on school_partnerships (lead_provider_id, api_updated_at, id);
comment on table school_partnerships is
  'DM-13: several of one provider, school and year are possible, so nothing forbids them. DM-14: the delivery partner may change to another of the same provider and year only';

-- migrate:down
drop table school_partnerships;
drop table schools;
drop table school_funding_eligibilities;
drop table gias_school_links;
drop function is_eligible_school(gias_schools);
drop table gias_schools;
