// A world at the beginning of a school year, as a folder for `ecf2ctl import`: in June 2025 schools have asked lead providers to
// train next year's people, and nobody has confirmed it yet; people of 2024 are in the middle of their training. Small, to live
// a year in (tests/api/year.test.mjs), or with many schools (tests/faults/lists.test.mjs).
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csv } from '../api/import_world.mjs';
import { uuidOf } from '../api/world.mjs';
import { root } from './cluster.mjs';

const reference = join(root, 'schema/reference');
const letters = 'ABCDEFGH';
export const providers = (n) => Array.from({ length: n }, (_, i) => `Provider ${letters[i]}`);
export const partners = ['Partner X', 'Partner Y'];
export const begins = '2025-06-16 10:00';
const years = [2024, 2025, 2026];
const NEXT = '2025-09-01';

/** participant_id of somebody; `who` as in `people` below. */
export const personOf = (school, who) => uuidOf(`year ${school} ${who}`);
const urnOf = (school) => 100001 + school;
const marked = '2024-09-10T09:00:00Z';
const training = (year, provider, started_on, more = {}) => ({ contract_period_year: year, schedule_identifier: 'ecf-standard-september', training_programme: 'provider_led', lead_provider: provider, delivery_partner: partners[0], started_on, ...more });
const wished = (provider, more) => ({ contract_period_year: 2025, schedule_identifier: 'ecf-standard-september', training_programme: 'provider_led', expression_of_interest: provider, started_on: NEXT, ...more });

/**
 * Who is at a school whose provider is `own`, and where else: `stays`, each with its training. `mentor`: of an ECT's stay.
 *   mentor-2024    trains since 2024                 mentor-2025   will train           mentor-unfunded  never trained by anybody
 *   ect-2024, …-waiting (not eligible yet)           ect-2025, …-other, …-waiting
 *   mover          goes from provider `own` to the next school's provider in the middle of 2024's year
 *   stayer         goes to another school of the same provider
 */
function people(school, { own, nextSchool, nextProvider, sameSchool }) {
  const at = (started_on, more) => ({ school, started_on, ...more });
  const ect = (who, stays, eligible = marked) => ({ who, role: 'ect', eligible, stays });
  const mentor = (who, stays) => ({ who, role: 'mentor', eligible: marked, stays });
  const gone = '2025-02-14', comes = '2025-02-15', first = { training: training(2024, own, '2024-09-02', { finished_on: gone }), finished_on: gone };
  return [
    mentor('mentor-2024', [at('2024-09-01', { training: training(2024, own, '2024-09-02') })]),
    mentor('mentor-2025', [at(NEXT, { training: wished(own) })]),
    mentor('mentor-unfunded', [at('2024-09-01')]),
    ect('ect-2024', [at('2024-09-02', { training: training(2024, own, '2024-09-02'), mentor: 'mentor-2024' })]),
    ect('ect-2024-waiting', [at('2024-09-02', { training: training(2024, own, '2024-09-02'), mentor: 'mentor-unfunded' })], null),
    ect('ect-2025', [at(NEXT, { training: wished(own), mentor: 'mentor-2025' })]),
    ect('ect-2025-other', [at(NEXT, { training: wished(own), mentor: 'mentor-2024' })]),
    ect('ect-2025-waiting', [at(NEXT, { training: wished(own), mentor: 'mentor-unfunded' })], null),
    ...(nextProvider === own ? [] : [ect('mover', [at('2024-09-02', first), { school: nextSchool, started_on: comes, training: training(2024, nextProvider, comes) }])]),
    ...(sameSchool === school ? [] : [ect('stayer', [at('2024-09-02', first), { school: sameSchool, started_on: comes, training: training(2024, own, comes) }])]),
  ];
}

const quotedFree = (file) => {
  const [head, ...lines] = readFileSync(join(reference, `${file}.csv`), 'utf8').trim().split('\n');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [head.split(',')[i], value])));
};

function money(names) {
  const contracts = names.flatMap((lead_provider) => years.map((contract_period_year) => ({
    lead_provider, contract_period_year, version: '1', contract_type: contract_period_year < 2025 ? 'ecf' : 'ittecf_ectp', recruitment_target: 2000, setup_fee: '0.00',
    uplift_fee_per_declaration: contract_period_year < 2025 ? '100.00' : '0.00', ...(contract_period_year < 2025 ? {} : { mentor_recruitment_target: 1000, mentor_fee_per_declaration: '1000.00' }),
  })));
  const of = ({ lead_provider, contract_period_year }) => ({ lead_provider, contract_period_year, allocation_order: 1 });
  return {
    contracts,
    bands: contracts.map((one) => ({ ...of(one), capacity: 2000 })),
    band_terms: contracts.map((one) => ({ ...of(one), contract_version: '1', fee_per_declaration: '995.00', output_fee_ratio: '0.60', service_fee_ratio: '0.40' })),
    statements: names.flatMap((lead_provider) => quotedFree('statement_calendar_default').filter(({ contract_period_year }) => years.includes(Number(contract_period_year)))
      .map(({ period, ...row }) => ({ ...row, month: Number(row.month), lead_provider, contract_version: '1' }))), // period is its name, which import does not know
  };
}

function places(names, schools, empty) {
  const active = names.flatMap((lead_provider) => years.map((contract_period_year) => ({ lead_provider, contract_period_year })));
  const all = Array.from({ length: schools + empty }, (_, i) => i);
  return {
    lead_providers: names.map((name) => ({ name, api_id: uuidOf(name) })),
    delivery_partners: partners.map((name) => ({ name, delivery_partner_id: uuidOf(name) })),
    lead_provider_contract_periods: active,
    delivery_partnerships: active.flatMap((row) => partners.map((delivery_partner) => ({ ...row, delivery_partner }))),
    appropriate_bodies: [{ name: 'Body of the North', body_type: 'teaching_school_hub' }],
    gias_schools: all.map((i) => ({ urn: urnOf(i), name: `School ${i}`, type_name: 'Community school', in_england: true, section_41_approved: false, eligible: true, local_authority_code: 201 })),
    schools: all.map((i) => ({ urn: urnOf(i), school_id: uuidOf(`school ${i}`), induction_tutor_name: `Tutor ${i}`, induction_tutor_email: `tutor.${i}@example.org` })),
    school_partnerships: Array.from({ length: schools }, (_, i) => ({ school_urn: urnOf(i), lead_provider: names[i % names.length], contract_period_year: 2024, delivery_partner: partners[0] })),
  };
}

/** Writes the world into a folder that is there; `empty` schools have nobody and no partnership. Tokens are the names in lower case. */
export function writeYear(folder, { providers: count = 3, schools = 6, empty = 3 } = {}) {
  const names = providers(count);
  const everybody = Array.from({ length: schools }, (_, i) => people(i, {
    own: names[i % count], nextSchool: (i + 1) % schools, nextProvider: names[((i + 1) % schools) % count], sameSchool: (i + count) % schools,
  }).map((person) => ({ ...person, home: i, id: personOf(i, person.who) }))).flat();
  const stays = everybody.flatMap(({ id, role, home, who, stays: list }) => list.map(({ training: trained, mentor, school, ...stay }) => ({ teacher: id, role, school, home, who, trained, mentor, ...stay })));
  const files = {
    ...places(names, schools, empty),
    ...money(names),
    teachers: everybody.map(({ id, home, who }, i) => ({ participant_id: id, trn: String(2000000 + i), first_name: `Given${home}`, last_name: `Of ${who}` })),
    training_records: everybody.map(({ id, role, eligible }) => ({ teacher: id, role, first_became_eligible_for_training_at: eligible })),
    school_periods: stays.map(({ teacher, role, school, started_on, finished_on, home, who }) => ({ teacher, role, school_urn: urnOf(school), started_on, finished_on, email: `${who}.${home}.${school}@example.org` })),
    training_periods: stays.filter(({ trained }) => trained).map(({ teacher, role, school, trained }) => ({ teacher, role, school_urn: urnOf(school), ...trained })),
    mentorship_periods: stays.filter(({ mentor }) => mentor).map(({ teacher, school, home, mentor, started_on }) => ({ ect: teacher, mentor: personOf(home, mentor), school_urn: urnOf(school), started_on })),
    api_tokens: names.map((lead_provider) => ({ token: tokenOf(lead_provider), lead_provider, description: 'of the year' })),
  };
  for (const file of ['contract_periods', 'schedules', 'milestones']) copyFileSync(join(reference, `${file}.csv`), join(folder, `${file}.csv`));
  for (const [name, rows] of Object.entries(files)) writeFileSync(join(folder, `${name}.csv`), csv(rows));
  return { names, schools: Array.from({ length: schools }, (_, i) => ({ id: uuidOf(`school ${i}`), provider: names[i % count] })) };
}

export const tokenOf = (name) => `${name.toLowerCase().replaceAll(' ', '-')}-of-the-year`;
