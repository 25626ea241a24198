-- Lead providers, delivery partners, who works with whom in which year (data-model.md §4).

-- migrate:up
create table lead_providers (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  ecf1_cpd_lead_provider_id uuid,
  name text not null,
  vat_registered boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint lead_providers_api_id_key unique (api_id),
  constraint lead_providers_ecf1_cpd_id_key unique (ecf1_cpd_lead_provider_id),
  constraint lead_providers_name_key unique (name)
);
comment on column lead_providers.api_id is 'the predecessor''s lead_providers.id (DM-1: never shown is id, shown is this)';

create table delivery_partners (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  name citext not null,
  dfe_sign_in_organisation_id bigint references dfe_sign_in_organisations,
  api_updated_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint delivery_partners_api_id_key unique (api_id),
  constraint delivery_partners_name_key unique (name),
  constraint delivery_partners_organisation_key unique (dfe_sign_in_organisation_id)
);
comment on column delivery_partners.dfe_sign_in_organisation_id is 'present = its staff may use DfE Sign-in (delivery-partners.md D4)';

create table provider_contract_periods (
  id bigint generated always as identity primary key,
  lead_provider_id bigint not null references lead_providers,
  contract_period_year integer not null references contract_periods,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint provider_contract_periods_provider_year_key unique (lead_provider_id, contract_period_year),
  constraint provider_contract_periods_id_year_key unique (id, contract_period_year),
  constraint provider_contract_periods_id_provider_year_key unique (id, lead_provider_id, contract_period_year)
);
create index provider_contract_periods_year_idx on provider_contract_periods (contract_period_year);
comment on table provider_contract_periods is 'A lead provider in one contract period ("PCP" of the payments documents)';

create table delivery_partnerships (
  id bigint generated always as identity primary key,
  provider_contract_period_id bigint not null,
  lead_provider_id bigint not null,
  contract_period_year integer not null,
  delivery_partner_id bigint not null references delivery_partners,
  ecf1_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint delivery_partnerships_ecf1_id_key unique (ecf1_id),
  constraint delivery_partnerships_period_partner_key unique (provider_contract_period_id, delivery_partner_id),
  constraint delivery_partnerships_id_provider_year_key unique (id, lead_provider_id, contract_period_year),
  constraint delivery_partnerships_provider_contract_period_fkey
    foreign key (provider_contract_period_id, lead_provider_id, contract_period_year)
    references provider_contract_periods (id, lead_provider_id, contract_period_year) deferrable initially immediate
);
create index delivery_partnerships_delivery_partner_id_idx on delivery_partnerships (delivery_partner_id);

-- migrate:down
drop table delivery_partnerships;
drop table provider_contract_periods;
drop table delivery_partners;
drop table lead_providers;
