// More places for the world of world.mjs, written by SQL, so that times, flags and links are those that a case needs: delivery
// partners, schools and partnerships of Provider A, B and C. Each row of `places` is read back by the tests, which say what of
// it is to be seen.
import { A, B, C } from './world.mjs';

export const schoolCount = 63;

/** Makes them. */
export async function fillPlaces(system) {
  const run = (text, values) => system.db.query(text, values);
  const providers = [A, B, C];
  await run(`insert into delivery_partners (name, created_at, api_updated_at)
    select format('Partner %s', n), '2023-05-01 00:00Z'::timestamptz + (n / 3) * interval '1 hour', '2025-03-01 00:00Z'::timestamptz + (n % 4) * interval '1 day 3 microseconds'
    from generate_series(1, 12) as n`);
  // Partner n works with A in the years where a bit is set, with B where another one is; 11 with C only, 12 with nobody.
  await run(`insert into delivery_partnerships (provider_contract_period_id, lead_provider_id, contract_period_year, delivery_partner_id)
    select p.id, p.lead_provider_id, p.contract_period_year, d.id
    from delivery_partners d cross join provider_contract_periods p join lead_providers lp on lp.id = p.lead_provider_id
    cross join lateral (select substr(d.name::text, 9)::integer as n) as number
    where d.name ~ '^Partner [0-9]+$' and case lp.name when $1 then n <= 8 and (n + p.contract_period_year) % 3 <> 0 when $2 then n between 5 and 10 and (n + p.contract_period_year) % 2 = 0
      when $3 then n = 11 and p.contract_period_year = 2025 else false end`, providers);
  await run(`insert into gias_schools (urn, name, type_name, in_england, section_41_approved, eligible, local_authority_code, primary_contact_email, secondary_contact_email)
    select 200000 + n, format('School "%s" of Ynys M%sn', n, chr(244)), case when n % 3 = 0 then 'Other independent school' else 'Community school' end, true, false, n % 3 <> 0, 201, case when n % 4 > 1 then format('first%s@school.example', n) end,
           case when n % 2 = 0 then format('second%s@school.example', n) end
    from generate_series(1, $1::integer) as n`, [schoolCount]);
  await run(`insert into schools (urn, marked_as_eligible, induction_tutor_name, induction_tutor_email, created_at)
    select 200000 + n, n % 12 = 3, case when n % 5 = 0 then format('Tutor %s', n) end, case when n % 5 = 0 then format('tutor%s@school.example', n) end,
           '2024-07-01 00:00Z'::timestamptz + (n / 4) * interval '1 day' - n % 2 * interval '60 days'
    from generate_series(1, $1::integer) as n`, [schoolCount]);
  // Years began to be known at different times; 2024 later than most of the schools.
  await run(`update contract_periods set created_at = case when year = 2024 then '2024-07-05 00:00Z'::timestamptz else '2021-01-01 00:00Z' end`);
  await run(`insert into school_partnerships (school_id, delivery_partnership_id, lead_provider_id, contract_period_year, created_at, api_updated_at)
    select s.id, w.id, w.lead_provider_id, w.contract_period_year, '2024-08-01 00:00Z'::timestamptz + (s.urn % 10) * interval '1 day', '2025-02-01 00:00Z'::timestamptz + (s.urn % 7) * interval '1 day 5 microseconds'
    from schools s cross join delivery_partnerships w join delivery_partners d on d.id = w.delivery_partner_id join lead_providers lp on lp.id = w.lead_provider_id
    where s.urn > 200000 and ((lp.name = $1 and d.name = case when s.urn % 2 = 0 then 'Partner 1' else 'Partner 2' end and s.urn % 3 <> 1)
                           or (lp.name = $2 and d.name = 'Partner 5' and s.urn % 5 = 1))`, [A, B]);
  await run(`insert into school_year_status (contract_period_year, school_id, in_partnership, programme_choice, api_updated_at)
    select y.year, s.id, exists (select from school_partnerships p where p.school_id = s.id and p.contract_period_year = y.year),
           (array['not_yet_known', 'provider_led', 'school_led'])[s.urn % 3 + 1]::programme_choice, '2025-04-01 00:00Z'::timestamptz + (s.urn % 9) * interval '1 hour 2 microseconds' + (y.year - 2022) * interval '1 minute'
    from schools s cross join contract_periods y where s.urn > 200000
    on conflict (contract_period_year, school_id) do update set in_partnership = excluded.in_partnership, programme_choice = excluded.programme_choice, api_updated_at = excluded.api_updated_at`);
  await run(`insert into school_provider_year_status (lead_provider_id, contract_period_year, school_id, has_expression_of_interest, has_partnership)
    select lp.id, y.year, s.id, s.urn % 7 < 2, s.urn % 7 in (1, 2)
    from schools s cross join contract_periods y cross join lead_providers lp
    where s.urn > 200000 and s.urn % 7 < 3 and ((lp.name = $1 and y.year >= 2024) or (lp.name = $2 and y.year = 2025 and s.urn % 2 = 0))`, [A, B]);
  system.forgetReads();
}

const instant = (column) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Delivery partners, by creation: { n, id, name, created, updated, years: { 'Provider A': [2024, …] } }. */
export async function readPartners(system) {
  return (await system.db.query(
    `select d.id::integer as n, d.api_id as id, d.name::text, ${instant('d.created_at')} as created, ${instant('d.api_updated_at')} as updated,
            coalesce((select jsonb_object_agg(name, years) from (select lp.name, jsonb_agg(w.contract_period_year order by w.contract_period_year) as years
               from delivery_partnerships w join lead_providers lp on lp.id = w.lead_provider_id where w.delivery_partner_id = d.id group by lp.name) as by_provider), '{}') as years
     from delivery_partners d order by d.created_at, d.id`)).rows;
}

/** Partnerships, by creation, with the days of their training: { …, training: [[started, finished or null], …] }. */
export async function readPartnerships(system) {
  return (await system.db.query(
    `select p.id::integer as n, p.api_id as id, lp.name as lead_provider, p.contract_period_year as cohort, s.urn, s.api_id as school_id, d.api_id as partner_id, d.name::text as partner,
            s.induction_tutor_name as tutor_name, s.induction_tutor_email::text as tutor_email, g.primary_contact_email::text as first_email, g.secondary_contact_email::text as second_email,
            ${instant('p.created_at')} as created, ${instant('p.api_updated_at')} as updated,
            coalesce((select jsonb_agg(jsonb_build_array(t.started_on, t.finished_on)) from training_periods t where t.school_partnership_id = p.id), '[]') as training
     from school_partnerships p join lead_providers lp on lp.id = p.lead_provider_id join schools s on s.id = p.school_id join gias_schools g on g.urn = s.urn
     join delivery_partnerships w on w.id = p.delivery_partnership_id join delivery_partners d on d.id = w.delivery_partner_id order by p.created_at, p.id`)).rows;
}

/** Schools, by creation, with what they are in each cohort: { …, years: { 2024: { … } }, interest: { 'Provider A': [2024, …] } }. */
export async function readSchools(system) {
  return (await system.db.query(
    `select s.id::integer as n, s.api_id as id, s.urn, g.name, s.marked_as_eligible or g.eligible as eligible, s.induction_tutor_name as tutor_name, s.induction_tutor_email::text as tutor_email,
            g.primary_contact_email::text as first_email, g.secondary_contact_email::text as second_email, ${instant('s.created_at')} as created,
            (select jsonb_object_agg(y.contract_period_year, jsonb_build_object('in_partnership', exists (select from school_partnerships p
               where p.school_id = s.id and p.contract_period_year = y.contract_period_year), 'choice', y.programme_choice, 'updated', ${instant('y.api_updated_at')},
               'known', ${instant('greatest(s.created_at, c.created_at)')})) from school_year_status y join contract_periods c on c.year = y.contract_period_year where y.school_id = s.id) as years,
            coalesce((select jsonb_object_agg(name, years) from (select lp.name, jsonb_agg(i.contract_period_year) as years
               from school_provider_year_status i join lead_providers lp on lp.id = i.lead_provider_id where i.school_id = s.id group by lp.name) as by_provider), '{}') as interest
     from schools s join gias_schools g on g.urn = s.urn order by s.created_at, s.id`)).rows;
}

/** What is derived, as it follows from the rows (data-model-operations.md 9), where SQL has made others. */
export async function deriveAll(system) {
  await system.db.query('delete from school_provider_year_status');
  await system.db.query('insert into school_provider_year_status select * from school_provider_year_status_of(array(select id from schools))');
  await system.db.query(`update school_year_status as kept set in_partnership = made.in_partnership, programme_choice = made.programme_choice
    from school_year_status_of(array(select id from schools)) as made where made.school_id = kept.school_id and made.contract_period_year = kept.contract_period_year`);
  system.forgetReads();
}

/** Where what is derived is not what it would be if it were computed now (3.13: nowhere, after any write). */
export async function notAsDerived(system, day) {
  return (await system.db.query(
    `select to_jsonb(d) as difference from school_year_status_differences(array(select id from schools)) d
     union all select to_jsonb(d) from school_provider_year_status_differences(array(select id from schools)) d
     union all select to_jsonb(d) from teacher_provider_status_differences(array(select id from teachers), array(select $1::date from teachers)) d`, [day])).rows.map(({ difference }) => difference);
}

let people = 0;

/**
 * Somebody at a school (its URN) whose training names a provider and a year; `partnership`: the id of one under which he trains,
 * by that or another provider; `programme`: school_led names none. Gives { teacher_id, api_id, training_period_id, name }.
 */
export async function trains(system, { urn, provider, year, role = 'ect', started = '2025-09-01', finished = null, partnership = null, programme = 'provider_led', trn = true }) {
  const n = ++people, name = `Waiting ${n}`;
  const { rows: [made] } = await system.db.query(
    `with teacher as (insert into teachers (trn, trnless, trs_first_name, trs_last_name) values (case when $9 then $1 end, not $9, 'Waiting', $2) returning id, api_id),
     record as (insert into training_records (teacher_id, role) select id, $3::participant_role from teacher returning teacher_id),
     place as (insert into school_periods (teacher_id, role, school_id, started_on, finished_on)
       select record.teacher_id, $3::participant_role, s.id, $4::date, $5::date from record cross join schools s where s.urn = $6 returning id, teacher_id, role, school_id)
     insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme, contract_period_year, school_partnership_id, lead_provider_id,
       expression_of_interest_id, schedule_id)
     select place.id, place.teacher_id, place.role, place.school_id, $4::date, $5::date, $10::training_programme, case when $10 = 'provider_led' then $8::integer end, $7::bigint,
            (select lead_provider_id from school_partnerships where id = $7::bigint),
            case when $7::bigint is null then (select p.id from provider_contract_periods p join lead_providers lp on lp.id = p.lead_provider_id where lp.name = $11 and p.contract_period_year = $8::integer) end,
            case when $10 = 'provider_led' then (select id from schedules where contract_period_year = $8::integer and identifier = 'ecf-standard-september') end
     from place returning id as training_period_id, teacher_id, (select api_id from teacher) as api_id`,
    [String(8_000_000 + n), String(n), role, started, finished, urn, partnership, year, trn, programme, provider]);
  return { ...made, name };
}
