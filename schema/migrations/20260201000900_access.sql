-- Who may sign in or hold a token (data-model-operations.md §5).

-- migrate:up
create table users (
  id bigint generated always as identity primary key,
  email citext not null,
  name text not null,
  role dfe_role not null default 'admin',
  otp_secret_encrypted bytea,
  otp_failed_attempts integer not null default 0,
  otp_locked_at timestamptz,
  otp_verified_at timestamptz,
  otp_school_urn integer,
  deactivated_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_email_key unique (email),
  constraint users_email_of_department check (email::text ~* '^[^@]+@education\.gov\.uk$'),
  constraint users_otp_failed_attempts_not_negative check (otp_failed_attempts >= 0)
);
comment on table users is 'Staff of the department';

create table external_users (
  id bigint generated always as identity primary key,
  email citext not null,
  name text not null,
  otp_secret_encrypted bytea,
  otp_failed_attempts integer not null default 0,
  otp_locked_at timestamptz,
  otp_verified_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint external_users_email_key unique (email),
  constraint external_users_otp_failed_attempts_not_negative check (otp_failed_attempts >= 0)
);
comment on table external_users is 'People who sign in with a one-time code instead of DfE Sign-in';

create table delivery_partner_users (
  external_user_id bigint not null references external_users,
  delivery_partner_id bigint not null references delivery_partners,
  created_by_user_id bigint references users,
  created_at timestamptz not null default now(),
  primary key (external_user_id, delivery_partner_id)
);
create index delivery_partner_users_delivery_partner_id_idx on delivery_partner_users (delivery_partner_id);
create index delivery_partner_users_created_by_user_id_idx on delivery_partner_users (created_by_user_id);

create table api_tokens (
  id bigint generated always as identity primary key,
  kind text not null,
  lead_provider_id bigint references lead_providers,
  urns integer[],
  user_id bigint references users,
  token_digest bytea not null,
  token_hint text not null,
  description text not null,
  created_by_user_id bigint references users,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint api_tokens_token_digest_key unique (token_digest),
  constraint api_tokens_kind_known check (kind in ('lead_provider', 'school', 'finance')),
  constraint api_tokens_owner_of_kind check (
    (lead_provider_id is not null) = (kind = 'lead_provider') and
    (urns is not null) = (kind = 'school') and
    (user_id is not null) = (kind = 'finance')),
  constraint api_tokens_urns_not_empty check (cardinality(urns) > 0),
  constraint api_tokens_token_digest_32_bytes check (octet_length(token_digest) = 32),
  constraint api_tokens_token_hint_4_characters check (char_length(token_hint) = 4)
);
create index api_tokens_lead_provider_id_idx on api_tokens (lead_provider_id) where revoked_at is null;
create index api_tokens_user_id_idx on api_tokens (user_id);
create index api_tokens_created_by_user_id_idx on api_tokens (created_by_user_id);
comment on column api_tokens.token_digest is 'keyed hash (OP-21); readable only by who authenticates and who makes tokens';
comment on column api_tokens.urns is 'the schools of a school system';
comment on column api_tokens.last_used_at is 'DM-28: written at most once a minute, off the request path';

-- migrate:down
drop table api_tokens;
drop table delivery_partner_users;
drop table external_users;
drop table users;
