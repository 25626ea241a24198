// The world of declarations.md section 11, written as a folder for `ecf2ctl import`: every worked case has people of its
// own, so that all of them run in one database, in any order. Ids and TRNs follow from the place in `cases` below.
//
// Provider A and Provider B are the document's LP-A and LP-B. Provider C and Provider D are the same again, for cases in
// which statements move.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../support/cluster.mjs';

const reference = join(root, 'schema/reference');
const years = [2022, 2023, 2024, 2025, 2026];
const school = 100001; // S1
const partner = 'Partner X';

export const A = 'Provider A';
export const B = 'Provider B';
export const C = 'Provider C';
export const D = 'Provider D';
const providers = [A, B, C, D];

// ---- people

const ECT = 'ect';
const MENTOR = 'mentor';
const training = (provider, year, schedule, started, finished, more = {}) => ({ provider, year, schedule: `ecf-${schedule}`, started, finished, ...more });

// The document's people. `eligible`: the instant of the marker; `training`: periods, oldest first.
const P1 = { role: ECT, eligible: '2024-09-10T09:00:00Z', training: [training(A, 2024, 'standard-september', '2024-09-02')] };
const P2 = { ...P1, eligible: null };
const P4 = { role: ECT, eligible: '2025-09-10T09:00:00Z', training: [training(A, 2025, 'standard-september', '2025-09-01')] };
const P5 = { ...P4, role: MENTOR };
const P6 = { role: ECT, eligible: '2022-09-10T09:00:00Z', training: [training(A, 2022, 'standard-september', '2022-09-05')] };
const P7 = {
  role: ECT,
  eligible: '2024-09-10T09:00:00Z',
  training: [training(C, 2024, 'standard-september', '2024-09-02', '2025-02-14'), training(D, 2024, 'standard-september', '2025-02-15')],
};
const P8 = { role: ECT, eligible: '2023-09-10T09:00:00Z', training: [training(B, 2023, 'extended-september', '2023-09-04')] };

const ended = (person, finished, more = {}) => ({
  ...person,
  training: person.training.map((period, i, all) => (i === all.length - 1 ? { ...period, finished, ...more } : period)),
});
const withdrawn = (person, at) => ended(person, at.slice(0, 10), { withdrawn: at });
const deferred = (person, at) => ended(person, at.slice(0, 10), { deferred: at });
const declared = (person, ...declarations) => ({ ...person, declarations });
const notEligible = (person) => ({ ...person, eligible: null });
const trainedBy = (provider, person) => ({ ...person, training: person.training.map((period) => ({ ...period, provider })) });

// A second school of a copy would need a second partnership; nothing here does.
const cases = {
  W01: P1, W02: P1, W03: P2, W04: P1, W05: P1, W06: P1, W07: P1, W08: P1, W09: P1, W10: P1,
  W11: P4, W12: P4, W13: P5, W14: P5, W15: P4, W16: P1, W17: P7, W18: P7, W19: P1, W20: P1,
  W21: P1, W22: P1,
  W23: withdrawn(P1, '2025-02-10T10:00:00Z'),
  W24: deferred(P1, '2025-02-10T10:00:00Z'),
  W25: P6, W26: P8, 'W26 not eligible': notEligible(P8),
  W27: P4,

  // declaration_rows.test.mjs
  untouched: P1, // no test may declare for this one with success
  'not with B': P1,
  mentor: P5,
  duplicate: P1,
  'duplicate, withdrawn': declared(withdrawn(P2, '2024-10-10T10:00:00Z'), { type: 'started', date: '2024-09-20T09:00:00Z', provider: A, period: '2024-09-02', state: 'submitted' }),
  'duplicate, frozen': declared(notEligible(P6), { type: 'started', date: '2022-10-20T09:00:00Z', provider: A, period: '2022-09-05', state: 'submitted' }),
  'frozen, not eligible': notEligible(P6),
  'frozen at midnight': notEligible(P6),
  'frozen elsewhere now': {
    role: ECT, eligible: '2024-09-10T09:00:00Z',
    training: [training(A, 2024, 'standard-september', '2024-09-02', '2024-12-31'), training(B, 2022, 'standard-september', '2025-01-01')],
  },
  'frozen period ended, eligible': ended(P6, '2025-09-30'),
  'frozen period ended, not eligible': ended(notEligible(P6), '2025-09-30'),
  'frozen period ends today': ended(notEligible(P6), '2025-10-01'),
  'no statement': P8,
  'withdrawn and deferred at once': ended(P1, '2024-10-10', { withdrawn: '2024-10-10T10:00:00Z', deferred: '2024-10-10T10:00:00Z' }),
  'withdrawn, then deferred': ended(P1, '2024-10-12', { withdrawn: '2024-10-10T10:00:00Z', deferred: '2024-10-12T10:00:00Z' }),
  resumed: {
    ...P1,
    training: [
      training(A, 2024, 'standard-september', '2024-09-02', '2024-10-05', { withdrawn: '2024-10-05T10:00:00Z' }),
      training(A, 2024, 'standard-september', '2024-10-10'),
    ],
  },
  'both roles': { ...P5, alsoEct: true },
  'began later': { ...P1, training: [training(A, 2024, 'standard-september', '2024-10-15')] },
  'in sequence': declared(P4, { type: 'retained-1', date: '2025-12-01T09:00:00Z', provider: A, period: '2025-09-01', state: 'submitted' }),
  'dates': P1, 'upper case': P1, 'numbers': P1,
  'wrong schedule': P1,
  'sequence free': declared(P1, { type: 'retained-1', date: '2025-01-15T09:00:00Z', provider: A, period: '2024-09-02', state: 'submitted' }),
  'once 1': P1, 'once 2': P1, 'once 3': P1, 'once 4': P1, 'once 5': P2, 'once differing': P1, 'once moved': P2, 'once evidence': P1, 'once mentor': P5,

  // submissions.test.mjs
  'waits': P1, 'async': P1, 'async rejected': P1, 'several Prefer': P1, 'wait huge': P1, 'wait nonsense': P1, 'unknown preference': P1,
  'foreign': P1, 'conditional': P1, 'wait 0': P1, 'wait 1': P1, 'wait both': P1, 'wait negative': P1, 'wait quoted': P1, 'wait twice': P1,

  // month_end.test.mjs
  'month end 1': P1, 'month end 2': P1, 'month end submitted': P2, 'month end late': P1, 'month end D': P7,
  'openapi': P1, 'openapi mentor': P5,
  'errors': P1, 'errors 503': P1, 'errors draining': P1,
  'delivered': P1, 'delivered together': P1,

  // void.test.mjs
  W29: P1, 'void paid': trainedBy(C, P1), W31: P5, W32: P1,
  'void submitted': P2, 'void payable': P1, 'void deadline today': trainedBy(C, P1), 'void deadline over': trainedBy(C, P1), 'void refunded': trainedBy(C, P1),
  'void no statement': notEligible(P8), 'void seen by D': P7, 'void at once': P1, 'void async': P1, 'void async 404': P1, 'void waits': P1, 'void moved': trainedBy(C, P1),
  'void mentor paid': P5, 'void mentor still trains': P5, 'void mentor left': P5, 'void mentor leaves': P5, 'void mentor elsewhere': P5,
  'void mentor other reason': P5, 'void mentor started': P5, 'void mentor of two': P5, 'void ect completed': P4,

  // worked_cases.test.mjs
  W28: P2,

  // eligible.test.mjs
  'eligible by two': notEligible(P7), 'eligible voided': P2, 'eligible nowhere': {
    role: ECT, eligible: null,
    training: [training(B, 2023, 'extended-september', '2023-09-04', '2024-08-31'), training(A, 2024, 'standard-september', '2024-09-02')],
  },
  'eligible not today': P2, 'eligible payable': P2,
  'eligible mentor': notEligible(P5), 'eligible mentor early': notEligible(P5), 'eligible mentor ended': notEligible(P5), 'eligible both': { ...notEligible(P5), alsoEct: true }, 'eligible refused': P2, 'eligible at once': P2,
  'eligible early': notEligible(P1), 'eligible and exempt': P1,

  // authorise.test.mjs
W30: trainedBy(C, P1), 'authorise 1': trainedBy(C, P1), 'authorise submitted': trainedBy(C, P2), 'authorise voided': trainedBy(C, P1), 'authorise at once': P1,

  // void.test.mjs, 6.1
  'void mentor ends tomorrow': P5, 'void mentor ends today': P5, 'completed, ends tomorrow': P5, 'completed, ends today': P5, 'completed, ended': P5,
  'void mentor asked of B': P5,
};
for (let i = 1; i <= 6; i++) cases[`void order ${i}`] = cases[`void batch ${i}`] = P1;
for (let i = 0; i < 9; i++) cases[`format ${i}`] = P1;

const names = Object.keys(cases);
const digest = (text) => createHash('sha256').update(text).digest('hex');

function number(name) {
  const i = names.indexOf(name);
  if (i < 0) throw new Error(`nobody in the world is called "${name}"`);
  return i + 1;
}

/** A UUID (version 4 in form) that follows from a text. */
export function uuidOf(text) {
  const hex = digest(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** participant_id of a case's person. */
export const participant = (name) => (number(name), uuidOf(`person ${name}`));
export const trn = (name) => String(3000000 + number(name));

// ---- files

function csv(folder, file, columns, rows) {
  const quoted = (value) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => columns.map((name) => quoted(row[name])).join(','));
  writeFileSync(join(folder, `${file}.csv`), [columns.join(','), ...lines, ''].join('\n'));
}

function records(file) {
  const [head, ...lines] = readFileSync(join(reference, `${file}.csv`), 'utf8').trim().split('\n');
  const columns = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i], value]))); // no quotes in the calendar
}

function writePlaces(folder) {
  for (const file of ['contract_periods', 'schedules', 'milestones']) copyFileSync(join(reference, `${file}.csv`), join(folder, `${file}.csv`));
  csv(folder, 'lead_providers', ['name', 'api_id'], providers.map((name) => ({ name, api_id: uuidOf(name) })));
  csv(folder, 'delivery_partners', ['name', 'delivery_partner_id'], [{ name: partner, delivery_partner_id: uuidOf(partner) }]);
  const active = providers.flatMap((lead_provider) => years.map((contract_period_year) => ({ lead_provider, contract_period_year })));
  csv(folder, 'lead_provider_contract_periods', ['lead_provider', 'contract_period_year'], active);
  csv(folder, 'delivery_partnerships', ['lead_provider', 'contract_period_year', 'delivery_partner'], active.map((row) => ({ ...row, delivery_partner: partner })));
  csv(folder, 'gias_schools', ['urn', 'name', 'type_name', 'in_england', 'section_41_approved', 'eligible', 'local_authority_code'], [
    { urn: school, name: 'S1', type_name: 'Community school', in_england: true, section_41_approved: false, eligible: true, local_authority_code: 201 },
  ]);
  csv(folder, 'schools', ['urn', 'school_id'], [{ urn: school, school_id: uuidOf('S1') }]);
  csv(folder, 'school_funding_eligibilities', ['gias_school_urn', 'contract_period_year', 'pupil_premium_uplift', 'sparsity_uplift'], [
    { gias_school_urn: school, contract_period_year: 2024, pupil_premium_uplift: true, sparsity_uplift: false },
  ]);
  csv(folder, 'school_partnerships', ['school_urn', 'lead_provider', 'contract_period_year', 'delivery_partner'],
    active.map((row) => ({ school_urn: school, ...row, delivery_partner: partner })));
}

// "LP-B has no 2023 statements with a deadline from 2025-08-01 on": the default calendar of 2023 ends before that for
// everybody, so it is nothing to leave out; the filter keeps the sentence true if the calendar grows.
function writeMoney(folder) {
  const contracts = providers.flatMap((lead_provider) => years.map((year) => ({
    lead_provider, contract_period_year: year, version: '1', contract_type: year < 2025 ? 'ecf' : 'ittecf_ectp', recruitment_target: 2000,
    uplift_fee_per_declaration: year < 2025 ? '100.00' : '0.00', setup_fee: '0.00',
    mentor_recruitment_target: year < 2025 ? '' : 1000, mentor_fee_per_declaration: year < 2025 ? '' : '1000.00',
  })));
  csv(folder, 'contracts', Object.keys(contracts[0]), contracts);
  csv(folder, 'bands', ['lead_provider', 'contract_period_year', 'allocation_order', 'capacity'],
    contracts.map(({ lead_provider, contract_period_year }) => ({ lead_provider, contract_period_year, allocation_order: 1, capacity: 2000 })));
  csv(folder, 'band_terms', ['lead_provider', 'contract_period_year', 'contract_version', 'allocation_order', 'fee_per_declaration', 'output_fee_ratio', 'service_fee_ratio'],
    contracts.map(({ lead_provider, contract_period_year }) => ({
      lead_provider, contract_period_year, contract_version: '1', allocation_order: 1, fee_per_declaration: '995.00', output_fee_ratio: '0.60', service_fee_ratio: '0.40',
    })));
  const calendar = records('statement_calendar_default').filter((row) => years.includes(Number(row.contract_period_year)));
  csv(folder, 'statements', ['lead_provider', 'contract_period_year', 'contract_version', 'year', 'month', 'fee_type', 'deadline_date', 'payment_date', 'statement_id'],
    providers.flatMap((lead_provider) => calendar
      .filter((row) => !(lead_provider === B && row.contract_period_year === '2023' && row.deadline_date >= '2025-08-01'))
      .map((row) => ({
        ...row, lead_provider, month: Number(row.month), contract_version: '1', statement_id: statement(lead_provider, row.contract_period_year, `${row.year}-${row.month}`),
      }))));
}

/** statement_id of "A24/2025-04": statement(A, 2024, '2025-04'). */
export const statement = (provider, year, month) => uuidOf(`statement ${provider} ${year} ${month}`);

function writePeople(folder) {
  const people = names.map((name) => ({ name, teacher: participant(name), ...cases[name] }));
  csv(folder, 'teachers', ['participant_id', 'trn', 'first_name', 'last_name'],
    people.map(({ name, teacher }) => ({ participant_id: teacher, trn: trn(name), first_name: 'Case', last_name: name })));
  // Somebody with both roles: the ECT of years before, at the same school.
  const early = training(A, 2023, 'standard-september', '2023-09-04', '2025-07-31');
  const roles = people.flatMap((person) => [person, ...(person.alsoEct ? [{ ...person, role: ECT, training: [early], eligible: '2023-09-10T09:00:00Z', declarations: [] }] : [])]);
  csv(folder, 'training_records', ['teacher', 'role', 'training_record_id', 'first_became_eligible_for_training_at'],
    roles.map(({ name, teacher, role, eligible }) => ({ teacher, role, training_record_id: uuidOf(`record ${name} ${role}`), first_became_eligible_for_training_at: eligible })));
  csv(folder, 'school_periods', ['teacher', 'role', 'school_urn', 'started_on', 'finished_on'],
    roles.map(({ teacher, role, training: [first], alsoEct }) => ({
      teacher, role, school_urn: school, started_on: first.started, finished_on: alsoEct && role === ECT ? early.finished : '',
    })));
  csv(folder, 'training_periods',
    ['teacher', 'role', 'school_urn', 'started_on', 'finished_on', 'training_programme', 'contract_period_year', 'schedule_identifier', 'lead_provider', 'delivery_partner', 'withdrawn_at', 'withdrawal_reason', 'deferred_at', 'deferral_reason'],
    roles.flatMap(({ teacher, role, training: periods }) => periods.map((period) => ({
      teacher, role, school_urn: school, started_on: period.started, finished_on: period.finished, training_programme: 'provider_led',
      contract_period_year: period.year, schedule_identifier: period.schedule, lead_provider: period.provider, delivery_partner: partner,
      withdrawn_at: period.withdrawn, withdrawal_reason: period.withdrawn && 'other', deferred_at: period.deferred, deferral_reason: period.deferred && 'other',
    }))));
  csv(folder, 'declarations',
    ['declaration_id', 'teacher', 'role', 'lead_provider', 'training_period_started_on', 'declaration_type', 'declaration_date', 'state'],
    people.flatMap(({ name, teacher, role, declarations = [] }) => declarations.map((one) => ({
      declaration_id: uuidOf(`declaration ${name} ${one.type}`), teacher, role, lead_provider: one.provider, training_period_started_on: one.period,
      declaration_type: one.type, declaration_date: one.date, state: one.state,
    }))));
}

/** Writes the world and gives its folder; files of one test run share it, and so the database that it becomes. */
export function world() {
  const shared = process.env.ECF2_TEST_RUN ?? mkdtempSync(join(tmpdir(), 'ecf2-world-'));
  if (!process.env.ECF2_TEST_RUN) process.once('exit', () => rmSync(shared, { recursive: true, force: true }));
  const folder = join(shared, 'worlds', 'worked-cases');
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  writePlaces(made);
  writeMoney(made);
  writePeople(made);
  try {
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(made, { recursive: true }); // another file was first
  }
  return folder;
}
