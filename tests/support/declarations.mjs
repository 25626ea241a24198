// A world in which declarations can be made. Loaded by SQL, so that it needs no importer; for tests/faults.
import { createHmac, randomUUID } from 'node:crypto';

export const types = ['started', 'retained-1', 'retained-2', 'retained-3', 'retained-4', 'completed', 'extended-1', 'extended-2', 'extended-3'];

const day = 24 * 3600 * 1000;
const usualYear = 2024;

/**
 * `providers` lead providers, each with a token, an endpoint that is told what is decided, and an open statement; `people` ECTs in turn over them, eligible for
 * funding, so that everything they declare lands on a statement, in contract period `year`; with `mentors` every seventh is
 * one, whose `completed` ends his training. Gives { providers: [{ id, name, token }], people:
 * [{ id, apiId, subject, role, provider }] }.
 */
export async function loadWorld(system, { providers = 10, people = 300, year = usualYear, mentors = false } = {}) {
  const tokens = Array.from({ length: providers }, (_, i) => `token-of-provider-${i}-${randomUUID()}`);
  const digests = tokens.map((token) => createHmac('sha256', system.env.ECF2_TOKEN_KEY).update(token).digest());
  const { rows: made } = await system.db.query(
    `with years as (
       insert into contract_periods (year, started_on, finished_on, enabled, mentor_funding_enabled) values ($1, make_date($1, 6, 1), make_date($1 + 1, 5, 31), true, true)
     ), schedule as (
       insert into schedules (contract_period_year, identifier) values ($1, 'ecf-standard-september') returning id
     ), dates as (
       insert into milestones (schedule_id, declaration_type, start_date)
       select schedule.id, type::declaration_type, make_date($1, 6, 1) from schedule, unnest($2::text[]) as type
     ), places as (
       insert into gias_schools (urn, name, type_name, in_england, section_41_approved, eligible, local_authority_code)
       values (100001, 'The School', 'Academy converter', true, false, true, 202) returning urn
     ), school as (
       insert into schools (urn) select urn from places returning id
     ), partner as (
       insert into delivery_partners (name) values ('The Delivery Partner') returning id
     ), provider as (
       insert into lead_providers (name) select 'Provider ' || to_char(n, 'FM000') from generate_series(1, $3::integer) as n returning id, name
     ), token as (
       insert into api_tokens (kind, lead_provider_id, token_digest, token_hint, description)
       select 'lead_provider', id, ($4::bytea[])[row_number() over (order by name)], 'test', 'tests' from provider
     ), endpoint as (
       insert into webhook_endpoints (lead_provider_id, url, secret_encrypted, event_kinds)
       select id, 'https://provider.example/' || id, 'secret', '{submission.decided}' from provider
     ), period as (
       insert into provider_contract_periods (lead_provider_id, contract_period_year) select id, $1 from provider returning id, lead_provider_id
     ), contract as (
       insert into contracts (provider_contract_period_id, lead_provider_id, contract_period_year, contract_type, recruitment_target,
                              uplift_fee_per_declaration, setup_fee)
       select id, lead_provider_id, $1, 'ecf', 1000, 100, 0 from period returning id, lead_provider_id
     ), statement as (
       insert into statements (contract_id, lead_provider_id, contract_period_year, year, month, fee_type, deadline_date, payment_date)
       select id, lead_provider_id, $1, extract(year from now() + interval '2 months')::integer, extract(month from now() + interval '2 months')::integer,
              'output', (now() + interval '2 months')::date, (now() + interval '3 months')::date
       from contract
     ), delivery as (
       insert into delivery_partnerships (provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
       select period.id, period.lead_provider_id, $1, partner.id from period, partner returning id, lead_provider_id
     ), partnership as (
       insert into school_partnerships (school_id, delivery_partnership_id, lead_provider_id, contract_period_year)
       select school.id, delivery.id, delivery.lead_provider_id, $1 from school, delivery returning id, lead_provider_id
     )
     select provider.id::text, provider.name, partnership.id::text as partnership, (select id::text from school) as school, (select id::text from schedule) as schedule
     from provider join partnership on partnership.lead_provider_id = provider.id
     order by provider.name`,
    [year, types, providers, digests],
  );
  const list = made.map(({ id, name }, i) => ({ id, name, token: tokens[i] }));
  const { rows } = await system.db.query(
    `with person as (
       insert into teachers (trn, trs_first_name, trs_last_name)
       select to_char(1000000 + n, 'FM0000000'), 'Given' || n, 'Family' || n from generate_series(0, $1::integer - 1) as n
       returning id, api_id, trn, (case when $8 and trn::integer % 7 = 0 then 'mentor' else 'ect' end)::participant_role as role
     ), record as (
       insert into training_records (teacher_id, role, first_became_eligible_for_training_at)
       select id, role, make_date($2, 9, 1) from person
     ), stay as (
       insert into school_periods (teacher_id, role, school_id, started_on) select id, role, $3, make_date($2, 9, 1) from person returning id, teacher_id
     ), training as (
       insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, training_programme, contract_period_year,
                                     school_partnership_id, lead_provider_id, schedule_id)
       select stay.id, stay.teacher_id, person.role, $3, make_date($2, 9, 1), 'provider_led', $2, ($4::bigint[])[chosen.n], ($5::bigint[])[chosen.n], $6
       from stay join person on person.id = stay.teacher_id
       cross join lateral (select (person.trn::integer - 1000000) % $7::integer + 1 as n) as chosen
     )
     select id::text, api_id as "apiId", 'trn:' || trn as subject, role from person order by trn`,
    [people, year, made[0].school, made.map((p) => p.partnership), made.map((p) => p.id), made[0].schedule, providers, mentors],
  );
  await system.refreshDerived();
  return { providers: list, people: rows.map((person, i) => ({ ...person, provider: list[i % providers] })) };
}

/** The body of a declaration of this type, dated in the usual year; `more` are other attributes. */
export function declaration(person, type, more = {}) {
  return {
    data: {
      type: 'participant-declaration',
      attributes: {
        participant_id: person.apiId,
        declaration_type: type,
        declaration_date: new Date(Date.UTC(usualYear, 9, 1) + types.indexOf(type) * 7 * day).toISOString(),
        course_identifier: person.role === 'mentor' ? 'ecf-mentor' : 'ecf-induction',
        evidence_held: 'training-event-attended',
        ...more,
      },
    },
  };
}

/** The n-th thing that one person declares: each type once, and between them what is refused by validation; then again what
 *  has been declared. */
export function wish(person, n) {
  const type = types[Math.floor(n / 6) % types.length];
  return n % 6 === 0 ? declaration(person, type) : declaration(person, type, { declaration_date: '2999-01-01T00:00:00Z' });
}
