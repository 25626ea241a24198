-- Commercial terms: bands of capacity, contracts, prices (data-model-operations.md §1, payments.md §2).

-- migrate:up
create table provider_bands (
  id bigint generated always as identity primary key,
  provider_contract_period_id bigint not null references provider_contract_periods,
  allocation_order integer not null,
  capacity integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint provider_bands_period_order_key unique (provider_contract_period_id, allocation_order),
  constraint provider_bands_id_period_key unique (id, provider_contract_period_id),
  constraint provider_bands_order_positive check (allocation_order > 0),
  constraint provider_bands_capacity_positive check (capacity > 0)
);
comment on table provider_bands is
  'Band n covers the declarations after the sum of the earlier capacities. Capacity may only grow, only the last band may change (payments.md 2.2)';

create function check_band_is_last() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  if exists (select from provider_bands b
      where b.provider_contract_period_id = old.provider_contract_period_id and b.allocation_order > old.allocation_order) then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('provider_bands: band %s is not the last one', old.allocation_order);
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;

create trigger provider_bands_place_never_changes before update of provider_contract_period_id, allocation_order on provider_bands
  for each row when (old.provider_contract_period_id <> new.provider_contract_period_id or
    old.allocation_order <> new.allocation_order)
  execute function refuse_change('a band keeps its provider contract period and its order');
create trigger provider_bands_capacity_only_grows before update of capacity on provider_bands
  for each row when (new.capacity < old.capacity) execute function refuse_change('capacity may only grow');
create trigger provider_bands_only_last_changes before update of capacity on provider_bands
  for each row when (new.capacity > old.capacity) execute function check_band_is_last();
create trigger provider_bands_only_last_deleted before delete on provider_bands
  for each row execute function check_band_is_last();

create table contracts (
  id bigint generated always as identity primary key,
  provider_contract_period_id bigint not null,
  lead_provider_id bigint not null,
  contract_period_year integer not null,
  contract_type contract_type not null,
  vat_rate numeric(3,2) not null default 0.20,
  recruitment_target integer not null,
  uplift_fee_per_declaration numeric(12,2) not null,
  uplift_target_ratio numeric(5,4),
  monthly_service_fee numeric(12,2),
  setup_fee numeric(12,2) not null,
  mentor_recruitment_target integer,
  mentor_fee_per_declaration numeric(12,2),
  ecf1_contract_version text,
  ecf1_mentor_contract_version text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contracts_id_provider_year_key unique (id, lead_provider_id, contract_period_year),
  constraint contracts_id_period_key unique (id, provider_contract_period_id),
  constraint contracts_provider_contract_period_fkey
    foreign key (provider_contract_period_id, lead_provider_id, contract_period_year)
    references provider_contract_periods (id, lead_provider_id, contract_period_year) deferrable initially immediate,
  constraint contracts_vat_rate_in_range check (vat_rate between 0 and 1),
  constraint contracts_recruitment_target_not_negative check (recruitment_target >= 0),
  constraint contracts_uplift_fee_not_negative check (uplift_fee_per_declaration >= 0),
  constraint contracts_uplift_target_in_range check (uplift_target_ratio between 0 and 1),
  constraint contracts_monthly_service_fee_not_negative check (monthly_service_fee >= 0),
  constraint contracts_setup_fee_not_negative check (setup_fee >= 0),
  constraint contracts_mentor_target_positive check (mentor_recruitment_target > 0),
  constraint contracts_mentor_fee_positive check (mentor_fee_per_declaration > 0),
  constraint contracts_mentor_terms_of_type check (
    (mentor_recruitment_target is not null) = (contract_type = 'ittecf_ectp') and
    (mentor_fee_per_declaration is not null) = (contract_type = 'ittecf_ectp'))
);
create unique index contracts_ecf1_versions_key
  on contracts (provider_contract_period_id, ecf1_contract_version, ecf1_mentor_contract_version) nulls not distinct
  where ecf1_contract_version is not null;
create index contracts_provider_contract_period_id_idx on contracts (provider_contract_period_id);
create trigger contracts_period_never_changes before update of provider_contract_period_id on contracts
  for each row when (old.provider_contract_period_id <> new.provider_contract_period_id)
  execute function refuse_change('a contract keeps its provider contract period');
comment on column contracts.monthly_service_fee is 'null = computed; 0 = none';
comment on column contracts.uplift_target_ratio is 'display only';

create table contract_band_terms (
  id bigint generated always as identity primary key,
  contract_id bigint not null,
  band_id bigint not null,
  provider_contract_period_id bigint not null,
  fee_per_declaration numeric(12,2) not null,
  output_fee_ratio numeric(3,2) not null,
  service_fee_ratio numeric(3,2) not null,
  capacity_at_version integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contract_band_terms_contract_band_key unique (contract_id, band_id),
  constraint contract_band_terms_contract_fkey foreign key (contract_id, provider_contract_period_id)
    references contracts (id, provider_contract_period_id) deferrable initially immediate,
  constraint contract_band_terms_band_fkey foreign key (band_id, provider_contract_period_id)
    references provider_bands (id, provider_contract_period_id) deferrable initially immediate,
  constraint contract_band_terms_fee_positive check (fee_per_declaration > 0),
  constraint contract_band_terms_output_ratio_in_range check (output_fee_ratio between 0 and 1),
  constraint contract_band_terms_ratios_sum_to_one check (output_fee_ratio + service_fee_ratio = 1),
  constraint contract_band_terms_capacity_positive check (capacity_at_version > 0)
);
create index contract_band_terms_band_id_idx on contract_band_terms (band_id);
comment on column contract_band_terms.capacity_at_version is 'imports only: a lower ceiling that an old version had (DM-27)';

-- migrate:down
drop table contract_band_terms;
drop table contracts;
drop table provider_bands;
drop function check_band_is_last();
