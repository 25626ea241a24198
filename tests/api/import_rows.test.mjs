// `ecf2ctl import`: every kind of bad row is told with file, line, column, value and reason, all of them in one run, and
// nothing is loaded. The rows below stand behind those of a good world, some in files of the world's people.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Target, id, person, tableOf, trn, world } from './import_world.mjs';

const listed = 'not one of the values that `ecf2ctl help import` lists';
const long = 'x'.repeat(1001);

const order = Object.keys(world());

/**
 * Runs an import of `files` with rows behind theirs; `cases` are [file, row, ...what is told about it]. Exactly that must
 * be told, in the order of files and lines, and the database be as before.
 */
async function expectTold(target, cases, files = world()) {
  const expected = [];
  for (const [file, row, ...told] of cases) {
    (files[file] ??= []).push(row);
    const line = files[file].length + 1;
    for (const text of told) expected.push({ file, line, text: `${file}.csv:${line}: ${text}` });
  }
  expected.sort((a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line);
  const before = await target.contents();
  const { status, stdout, told } = target.import(files);
  assert.deepEqual(told.slice(0, -1).sort(), expected.map(({ text }) => text).sort());
  assert.equal(told.at(-1), `ecf2ctl: ${expected.length} problem${expected.length === 1 ? '' : 's'}; nothing was loaded`);
  // In the order of files, then of lines.
  assert.deepEqual(told.slice(0, -1).map((line) => line.match(/^(\w+)\.csv:(\d+):/).slice(1, 3).join(':')), expected.map(({ file, line }) => `${file}:${line}`));
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.deepEqual(await target.contents(), before);
}

const values = [
  ['contract_periods', { year: 2019, started_on: '2019-06-01', finished_on: '2020-05-31' }, 'year "2019": out of bounds'],
  ['contract_periods', { year: 'MMXX', started_on: '', finished_on: '2021-05-32' }, 'year "MMXX": not a whole number', 'started_on: no value', 'finished_on "2021-05-32": not a date (YYYY-MM-DD)'],
  ['contract_periods', { year: 2021, started_on: '2021-06-01', finished_on: '2022-05-31', enabled: 'yes', payments_frozen_on: '1899-12-31', mentor_funding_enabled: 'TRUE' },
    'enabled "yes": neither true nor false', 'payments_frozen_on "1899-12-31": out of bounds', 'mentor_funding_enabled "TRUE": neither true nor false'],
  ['schedules', { contract_period_year: 2024, identifier: 'ecf-standard-may' }, `identifier "ecf-standard-may": ${listed}`],
  ['milestones', { contract_period_year: '2024.0', schedule_identifier: 'ecf-standard-september', declaration_type: 'Started', start_date: '2024-06-01T00:00:00Z' },
    'contract_period_year "2024.0": not a whole number', `declaration_type "Started": ${listed}`, 'start_date "2024-06-01T00:00:00Z": not a date (YYYY-MM-DD)'],
  ['lead_providers', { name: long, api_id: '1', ecf1_cpd_lead_provider_id: '00000000-0000-4000-8000-00000000000g' },
    `name "${long.slice(0, 80)}…": too long`, 'api_id "1": not a UUID', 'ecf1_cpd_lead_provider_id "00000000-0000-4000-8000-00000000000g": not a UUID'],
  ['lead_providers', { name: ' \t ' }, 'name " \\t ": only white space'],
  ['lead_providers', { name: 'bell\u0007' }, 'name "bell\\x07": holds a control character'],
  ['delivery_partners', { name: 'Partner Y', created_at: '2024-09-01', updated_at: '2024-09-01T25:00:00Z' },
    'created_at "2024-09-01": not an instant (2025-05-06T07:00:00Z)', 'updated_at "2024-09-01T25:00:00Z": not an instant (2025-05-06T07:00:00Z)'],
  ['delivery_partners', { name: 'Partner Z', created_at: '1850-01-01T00:00:00Z' }, 'created_at "1850-01-01T00:00:00Z": out of bounds'],
  ['appropriate_bodies', { name: 'Body X', body_type: 'hub' }, `body_type "hub": ${listed}`],
  ['regions', { code: 'R2', districts: 'Camden;;Islington' }, 'districts "Camden;;Islington": not a list of names separated by "; "'],
  ['regions', { code: 'R3', districts: 'Cam"den' }, 'districts "Cam"den": not a list of names separated by "; "'],
  ['gias_schools', { urn: 0, name: 'S', type_name: 'T', in_england: 1, section_41_approved: '', eligible: true, local_authority_code: '-1', primary_contact_email: 'a@b', secondary_contact_email: 'a b@example.org' },
    'urn "0": out of bounds', 'in_england "1": neither true nor false', 'section_41_approved: no value', 'local_authority_code "-1": out of bounds',
    'primary_contact_email "a@b": not an e-mail address', 'secondary_contact_email "a b@example.org": not an e-mail address'],
  ['gias_schools', { urn: 10000000, name: 'S', type_name: 'T', in_england: true, section_41_approved: true, eligible: true, local_authority_code: '1e3', ukprn: '99999999999999999999', primary_contact_email: `${'x'.repeat(250)}@example.org` },
    'urn "10000000": out of bounds', 'local_authority_code "1e3": not a whole number', 'ukprn "99999999999999999999": not a whole number', `primary_contact_email "${'x'.repeat(80)}…": too long`],
  ['bands', { lead_provider: 'Provider A', contract_period_year: 2024, allocation_order: 100, capacity: 0 }, 'allocation_order "100": out of bounds', 'capacity "0": out of bounds'],
  ['contracts', { lead_provider: 'Provider A', contract_period_year: 2024, version: '9', contract_type: 'npq', recruitment_target: '', uplift_fee_per_declaration: '£1', setup_fee: '1.234', vat_rate: '1.01', uplift_target_ratio: '0.33333', monthly_service_fee: '.5', mentor_recruitment_target: 'many', mentor_fee_per_declaration: '5.' },
    `contract_type "npq": ${listed}`, 'recruitment_target: no value', 'uplift_fee_per_declaration "£1": not a number with at most two decimals', 'setup_fee "1.234": not a number with at most two decimals',
    'vat_rate "1.01": out of bounds', 'uplift_target_ratio "0.33333": not a number with at most four decimals', 'monthly_service_fee ".5": not a number with at most two decimals',
    'mentor_recruitment_target "many": not a whole number', 'mentor_fee_per_declaration "5.": not a number with at most two decimals'],
  ['statements', { lead_provider: 'Provider A', contract_period_year: 2024, contract_version: '1.0', year: 2024, month: 13, fee_type: 'both', status: 'closed', deadline_date: '10.12.2024', payment_date: '', marked_payable_at: 'now' },
    'month "13": out of bounds', `fee_type "both": ${listed}`, `status "closed": ${listed}`, 'deadline_date "10.12.2024": not a date (YYYY-MM-DD)', 'payment_date: no value', 'marked_payable_at "now": not an instant (2025-05-06T07:00:00Z)'],
  ['teachers', { participant_id: person(900).slice(1), trn: '123456', trs_induction_status: 'Done', trs_qts_awarded_on: '2023-02-29' },
    `participant_id "${person(900).slice(1)}": not a UUID`, 'trn "123456": not 7 digits', `trs_induction_status "Done": ${listed}`, 'trs_qts_awarded_on "2023-02-29": not a date (YYYY-MM-DD)'],
  ['teachers', { trn: '12345678', first_name: 'Zo\u009be\u202e' }, 'trn "12345678": not 7 digits'],
  ['teachers', { participant_id: person(901), trn: '1234\u202e67' }, 'trn "1234\\xe2\\x80\\xae67": not 7 digits'],
  ['teachers', { first_name: 'Nobody' }, 'participant_id "": missing, and there is no trn either'],
  ['training_records', { teacher: 'Zoë Ünal', role: 'teacher' }, 'teacher "Zoë Ünal": neither a TRN (7 digits) nor a participant id (UUID)', `role "teacher": ${listed}`],
  ['school_periods', { teacher: trn(1), role: 'ect', school_urn: 'one', started_on: '', working_pattern: 'half' }, 'school_urn "one": not a whole number', 'started_on: no value', `working_pattern "half": ${listed}`],
  ['school_periods', { teacher: trn(2), role: 'ect', school_urn: 100001, started_on: '2026-01-02', finished_on: '2026-01-01' }, 'finished_on "2026-01-01": before started_on'],
  ['training_periods', { teacher: trn(1), role: 'ect', school_urn: 100001, started_on: '2025-01-01', training_programme: 'cip', withdrawal_reason: 'tired', deferral_reason: 'tired' },
    `training_programme "cip": ${listed}`, `withdrawal_reason "tired": ${listed}`, `deferral_reason "tired": ${listed}`],
  ['induction_periods', { teacher: trn(3), appropriate_body: 'Body H', started_on: '2024-09-02', finished_on: '2025-01-01', induction_programme: 'ect', number_of_terms: '1.25', outcome: 'passed' },
    `induction_programme "ect": ${listed}`, 'number_of_terms "1.25": not a number with at most one decimal', `outcome "passed": ${listed}`],
  ['induction_periods', { teacher: trn(4), appropriate_body: 'Body H', started_on: '2024-09-02', finished_on: '2025-01-01', induction_programme: 'unknown', number_of_terms: '16.1' }, 'number_of_terms "16.1": out of bounds'],
  ['declarations', { declaration_id: '', teacher: trn(1), role: 'ect', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'retained-5', declaration_date: '2024-10-01 09:00', evidence_held: 'none', state: 'ineligible', payment_statement: '2024-13', clawback_statement: '24-11' },
    'declaration_id: no value', `declaration_type "retained-5": ${listed}`, 'declaration_date "2024-10-01 09:00": not an instant (2025-05-06T07:00:00Z)', `evidence_held "none": ${listed}`, `state "ineligible": ${listed}`,
    'payment_statement "2024-13": not a month (YYYY-MM)', 'clawback_statement "24-11": not a month (YYYY-MM)'],
  // Whatever may be a token is not shown.
  ['api_tokens', { token: 'short', lead_provider: 'Provider A', description: 'x' }, 'token: not between 6 and 200 characters'],
  ['api_tokens', { token: 'a token with spaces', school_urns: '100001  100002', description: '' },
    'token: holds white space or characters outside ASCII', 'school_urns: not a list of URNs with one space between them', 'description: no value'],
];

const references = [
  ['schedules', { contract_period_year: 2023, identifier: 'ecf-standard-september' }, 'contract_period_year "2023": no such contract period'],
  ['milestones', { contract_period_year: 2025, schedule_identifier: 'ecf-standard-april', declaration_type: 'started', start_date: '2025-06-01' }, 'schedule_identifier "ecf-standard-april": no such schedule in this contract period'],
  ['lead_provider_contract_periods', { lead_provider: 'provider a', contract_period_year: 2023 }, 'lead_provider "provider a": no such lead provider', 'contract_period_year "2023": no such contract period'],
  ['delivery_partnerships', { lead_provider: 'Provider B', contract_period_year: 2025, delivery_partner: 'Partner W' }, 'contract_period_year "2025": the lead provider is not active in this contract period', 'delivery_partner "Partner W": no such delivery partner'],
  ['appropriate_body_aliases', { ecf1_id: id(42), ecf1_name: 'x', appropriate_body_name: 'Body Z' }, 'appropriate_body_name "Body Z": no such appropriate body'],
  ['regions', { code: 'R2', districts: 'Leeds', appropriate_body: id(49) }, `appropriate_body "${id(49)}": no such appropriate body`],
  ['schools', { urn: 100009 }, 'urn "100009": not in the register (gias_schools)'],
  ['schools', { urn: 100003, induction_tutor_name: 'T', induction_tutor_email: 't@example.org', induction_tutor_last_nominated_in: 2023, last_chosen_appropriate_body: 'Body Z', last_chosen_lead_provider: 'Provider Z', last_chosen_training_programme: 'provider_led' },
    'induction_tutor_last_nominated_in "2023": no such contract period', 'last_chosen_appropriate_body "Body Z": no such appropriate body', 'last_chosen_lead_provider "Provider Z": no such lead provider'],
  ['school_funding_eligibilities', { gias_school_urn: 100002, contract_period_year: 2023 }, 'contract_period_year "2023": no such contract period'],
  ['bands', { lead_provider: 'Provider B', contract_period_year: 2025, allocation_order: 1, capacity: 1 }, 'contract_period_year "2025": no such lead provider, or it is not active in this contract period'],
  ['contracts', { lead_provider: 'Provider B', contract_period_year: 2025, version: '1', contract_type: 'ecf', recruitment_target: 1, uplift_fee_per_declaration: 0, setup_fee: 0 }, 'contract_period_year "2025": the lead provider is not active in this contract period'],
  ['band_terms', { lead_provider: 'Provider A', contract_period_year: 2025, contract_version: '2.0', allocation_order: 1, fee_per_declaration: 1, output_fee_ratio: '0.6', service_fee_ratio: '0.4' },
    'contract_version "2.0": no such contract of this lead provider and contract period', 'allocation_order "1": no such band of this lead provider and contract period'],
  ['statements', { lead_provider: 'Provider B', contract_period_year: 2024, contract_version: '2.0', year: 2026, month: 5, fee_type: 'output', deadline_date: '2026-05-01', payment_date: '2026-05-02' }, 'contract_version "2.0": no such contract of this lead provider and contract period'],
  ['school_partnerships', { school_urn: 100009, lead_provider: 'Provider A', contract_period_year: 2024, delivery_partner: 'Partner X' }, 'school_urn "100009": no such school'],
  ['school_partnerships', { school_urn: 100002, lead_provider: 'Provider A', contract_period_year: 2024, delivery_partner: 'Ärztliche Partner' }, 'delivery_partner "Ärztliche Partner": no delivery partnership of it with this lead provider in this contract period'],
  ['training_records', { teacher: '9999999', role: 'ect', payments_frozen_year: 2023 }, 'teacher "9999999": no such person', 'payments_frozen_year "2023": no such contract period'],
  ['school_periods', { teacher: id(999), role: 'ect', school_urn: 100009, started_on: '2024-09-02', reported_appropriate_body: 'Body Z', reported_leaving_by_school_urn: 100009 },
    `teacher "${id(999)}": no such person`, 'school_urn "100009": no such school', 'reported_appropriate_body "Body Z": no such appropriate body', 'reported_leaving_by_school_urn "100009": no such school'],
  ['school_periods', { teacher: trn(1), role: 'mentor', school_urn: 100001, started_on: '2026-09-02' }, 'role "mentor": the person has no training record of this role'],
  ['training_periods', { teacher: trn(4), role: 'ect', school_urn: 100001, started_on: '2024-09-02', training_programme: 'school_led' }, 'teacher "1000004": no such person'],
  ['training_periods', { teacher: trn(2), role: 'ect', school_urn: 100001, started_on: '2024-03-01', finished_on: '2024-03-02', training_programme: 'school_led' }, 'started_on "2024-03-01": the person has no period of this role at this school on that day'],
  ['training_periods', { teacher: trn(2), role: 'ect', school_urn: 100001, started_on: '2025-03-01', training_programme: 'school_led' }, 'finished_on "": after the end of the person\'s period at the school, 2025-07-31'],
  ['training_periods', { teacher: trn(3), role: 'ect', school_urn: 100002, started_on: '2024-09-01', training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-extended-april', expression_of_interest: 'Provider Z' },
    'started_on "2024-09-01": the person has no period of this role at this school on that day', 'schedule_identifier "ecf-extended-april": no such schedule in this contract period', 'expression_of_interest "Provider Z": no lead provider that is active in this contract period'],
  ['training_periods', { teacher: trn(6), role: 'mentor', school_urn: 100001, started_on: '2025-01-01', finished_on: '2025-01-31', training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-reduced-september', lead_provider: 'Provider B', delivery_partner: 'Partner X', expression_of_interest: 'Provider A' },
    'delivery_partner "Partner X": the school has no partnership with it and the lead provider in this contract period', 'schedule_identifier "ecf-reduced-september": reduced schedules are for ECTs only'],
  ['mentorship_periods', { ect: trn(2), mentor: trn(6), school_urn: 100002, started_on: '2025-01-01' }, `ect "${trn(2)}": no ECT at this school on the first day`, `mentor "${trn(6)}": no mentor at this school on the first day`],
  ['mentorship_periods', { ect: trn(2), mentor: trn(5), school_urn: 100001, started_on: '2025-01-01', finished_on: '2025-09-01' }, 'finished_on "2025-09-01": after the end of the ECT\'s period at the school, 2025-07-31', 'finished_on "2025-09-01": after the end of the mentor\'s period at the school, 2025-08-31'],
  ['induction_periods', { teacher: trn(3), appropriate_body: 'Old Body H', started_on: '2024-09-02', induction_programme: 'unknown' }, 'appropriate_body "Old Body H": no such appropriate body'],
  ['declarations', { declaration_id: id(190), teacher: '9999999', role: 'ect', lead_provider: 'Provider Z', training_period_started_on: '2024-09-02', declaration_type: 'started', declaration_date: '2024-10-01T09:00:00Z', state: 'submitted' }, 'teacher "9999999": no such person', 'lead_provider "Provider Z": no such lead provider'],
  ['declarations', { declaration_id: id(191), teacher: trn(2), role: 'ect', lead_provider: 'Provider B', training_period_started_on: '2024-09-02', declaration_type: 'retained-1', declaration_date: '2024-10-01T09:00:00Z', state: 'submitted' },
    'training_period_started_on "2024-09-02": no training period of this person, role and lead provider begins on that day'],
  // Statements of another contract period or another provider are none of this declaration's.
  ['declarations', { declaration_id: id(192), teacher: trn(6), role: 'mentor', lead_provider: 'Provider A', training_period_started_on: '2025-09-01', declaration_type: 'completed', declaration_date: '2025-10-01T09:00:00Z', state: 'paid', payment_statement: '2024-11' },
    'payment_statement "2024-11": no such statement of the lead provider and contract period'],
  ['declarations', { declaration_id: id(193), teacher: trn(2), role: 'ect', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'retained-1', declaration_date: '2024-12-01T09:00:00Z', state: 'awaiting-clawback', payment_statement: '2024-11', clawback_statement: '2023-01' },
    'clawback_statement "2023-01": no such statement of the lead provider and contract period'],
  ['declarations', { declaration_id: id(194), teacher: trn(2), role: 'ect', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'retained-2', declaration_date: '2024-12-01T09:00:00Z', state: 'submitted', mentor: trn(6), delivery_partner: 'Partner W' },
    'delivery_partner "Partner W": no such delivery partner', `mentor "${trn(6)}": does not mentor the person in that school period`],
  ['api_tokens', { token: 'token-of-nobody-1', lead_provider: 'Provider Z', description: 'x' }, 'lead_provider: no such lead provider'],
];

// ---- rules of the tables

const rule = (name) => `against the rule: ${name}`;
const ect = (n, finished_on) => [
  ['teachers', { participant_id: person(n), trn: trn(n) }],
  ['training_records', { teacher: trn(n), role: 'ect' }],
  ['school_periods', { teacher: trn(n), role: 'ect', school_urn: 100001, started_on: '2024-09-02', finished_on }],
];
const training = (n, more) => ({ teacher: trn(n), role: 'ect', school_urn: 100001, started_on: '2024-09-02', training_programme: 'school_led', ...more });
const providerLed = { training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', lead_provider: 'Provider A', delivery_partner: 'Partner X' };
const induction = (n, more) => ({ teacher: trn(n), appropriate_body: 'Body H', started_on: '2024-09-02', finished_on: '2025-07-18', induction_programme: 'unknown', number_of_terms: '3', ...more });
const declared = (n, more) => ({ declaration_id: id(n), teacher: trn(1), role: 'ect', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'retained-1', declaration_date: '2025-01-20T09:00:00Z', state: 'submitted', ...more });
const term = { lead_provider: 'Provider A', contract_period_year: 2024, contract_version: '1.0', allocation_order: 2, fee_per_declaration: '1', output_fee_ratio: '0.6', service_fee_ratio: '0.4' };
const month = (n, more) => ({ lead_provider: 'Provider A', contract_period_year: 2024, contract_version: '1.0', year: 2025, month: n, fee_type: 'output', deadline_date: '2025-06-10', payment_date: '2025-06-25', ...more });
const terms = (version, more) => ({ lead_provider: 'Provider A', contract_period_year: 2024, version, contract_type: 'ecf', recruitment_target: 1, uplift_fee_per_declaration: 0, setup_fee: 0, ...more });

const rules = [
  ['contract_periods', { year: 2026, started_on: '2026-05-31', finished_on: '2027-05-31' }, 'started_on "2026-05-31": overlaps line 3'],
  ['milestones', { contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', declaration_type: 'retained-1', start_date: '2024-06-01', milestone_date: '2024-06-01' }, `start_date, milestone_date "2024-06-01, 2024-06-01": ${rule('end after start')}`],
  ['milestones', { contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', declaration_type: 'retained-2', start_date: '2024-05-31' }, 'start_date "2024-05-31": before 1 June of the contract period\'s year'],
  ...[100004, 100005, 100006].map((urn) => ['gias_schools', { urn, name: 'S', type_name: 'T', in_england: true, section_41_approved: true, eligible: true, local_authority_code: 1 }]),
  ['schools', { urn: 100004, induction_tutor_name: 'T' }, `induction_tutor_name, induction_tutor_email "T, ": ${rule('tutor name and email')}`],
  ['schools', { urn: 100005, induction_tutor_last_nominated_in: 2024 }, `induction_tutor_email, induction_tutor_last_nominated_in ", 2024": ${rule('nomination needs tutor')}`],
  ['schools', { urn: 100006, last_chosen_training_programme: 'school_led', last_chosen_lead_provider: 'Provider A' }, `last_chosen_training_programme, last_chosen_lead_provider "school_led, Provider A": ${rule('last provider when provider led')}`],
  ['contracts', terms('2', { mentor_recruitment_target: 5 }), `contract_type, mentor_recruitment_target, mentor_fee_per_declaration "ecf, 5, ": ${rule('mentor terms of type')}`],
  ['contracts', terms('3', { contract_type: 'ittecf_ectp', mentor_recruitment_target: 5, mentor_fee_per_declaration: '0.00' }), `mentor_fee_per_declaration "0.00": ${rule('mentor fee positive')}`],
  ...[2, 3, 4].map((allocation_order) => ['bands', { lead_provider: 'Provider A', contract_period_year: 2024, allocation_order, capacity: 1 }]),
  ['band_terms', { ...term, service_fee_ratio: '0.5' }, `output_fee_ratio, service_fee_ratio "0.6, 0.5": ${rule('ratios sum to one')}`],
  ['band_terms', { ...term, allocation_order: 3, fee_per_declaration: '0.00' }, `fee_per_declaration "0.00": ${rule('fee positive')}`],
  ['statements', month(1, { payment_date: '2025-06-10' }), `deadline_date, payment_date "2025-06-10, 2025-06-10": ${rule('payment after deadline')}`],
  ['statements', month(2, { marked_payable_at: '2025-06-11T00:00:00Z' }), `status, marked_payable_at ", 2025-06-11T00:00:00+00:00": ${rule('marked payable not open')}`],
  ['statements', month(3, { status: 'payable', marked_payable_at: '2025-06-10T22:59:59Z' }), `deadline_date, marked_payable_at "2025-06-10, 2025-06-10T22:59:59+00:00": ${rule('marked payable after deadline')}`],
  ['statements', month(4, { status: 'payable', marked_as_paid_at: '2025-06-25T00:00:00Z' }), `status, marked_as_paid_at "payable, 2025-06-25T00:00:00+00:00": ${rule('marked as paid when paid')}`],
  ['statements', month(5, { status: 'payable', deadline_date: '2026-03-02', payment_date: '2026-03-03' }), 'status "payable": the deadline has not passed'],
  ['statements', month(6, { status: 'payable', deadline_date: '2026-03-01', payment_date: '2026-03-03' })],

  ...ect(11), ...ect(12), ...ect(13), ...ect(14), ...ect(15), ...ect(16), ...ect(17), ...ect(18), ...ect(19), ...ect(20),
  ['teachers', { participant_id: person(21), trn: trn(21) }],
  ['training_records', { teacher: trn(11), role: 'mentor', became_ineligible_for_funding_on: '2025-01-31' },
    `role, became_ineligible_for_funding_on, became_ineligible_for_funding_reason "mentor, 2025-01-31, ": ${rule('mentor reason with date')}`],
  ['training_records', { teacher: trn(21), role: 'ect', became_ineligible_for_funding_on: '2025-01-31', became_ineligible_for_funding_reason: 'started_not_completed' },
    `role, became_ineligible_for_funding_on, became_ineligible_for_funding_reason "ect, 2025-01-31, started_not_completed": ${rule('mentor reason with date')}`],
  ['training_records', { teacher: trn(12), role: 'mentor' }],
  // Both days belong to a period: the next one begins on the day after (DM-5). A mentor may be at two schools, once at each.
  ['school_periods', { teacher: trn(2), role: 'ect', school_urn: 100002, started_on: '2025-07-31' }, 'started_on "2025-07-31": overlaps line 3'],
  ['school_periods', { teacher: trn(5), role: 'mentor', school_urn: 100001, started_on: '2025-08-31' }, 'started_on "2025-08-31": overlaps line 6'],
  ['school_periods', { teacher: trn(5), role: 'mentor', school_urn: 100002, started_on: '2025-08-31' }],
  ['school_periods', { teacher: trn(12), role: 'mentor', school_urn: 100001, started_on: '2024-09-02', working_pattern: 'part_time' }, `role, working_pattern "mentor, part_time": ${rule('working pattern of ect')}`],
  ['school_periods', { teacher: trn(12), role: 'mentor', school_urn: 100002, started_on: '2024-09-02', reported_appropriate_body: 'Body H' }, `role, reported_appropriate_body "mentor, Body H": ${rule('appropriate body of ect')}`],

  ['training_periods', training(11, { started_on: '2024-09-01' }), 'started_on "2024-09-01": the person has no period of this role at this school on that day'],
  ['training_periods', training(12, { ...providerLed, lead_provider: '', delivery_partner: '' }), `training_programme, contract_period_year, delivery_partner, expression_of_interest, schedule_identifier "provider_led, 2024, , , ecf-standard-september": ${rule('provider led shape')}`],
  ['training_periods', training(13, { ...providerLed, training_programme: 'school_led' }),
    `role, training_programme, contract_period_year, delivery_partner, lead_provider, expression_of_interest, schedule_identifier "ect, school_led, 2024, Partner X, Provider A, , ecf-standard-september": ${rule('school led shape')}`],
  ['training_periods', training(14, { withdrawn_at: '2025-01-01T00:00:00Z', finished_on: '2025-01-01' }), `withdrawn_at, withdrawal_reason "2025-01-01T00:00:00+00:00, ": ${rule('withdrawn with reason')}`],
  ['training_periods', training(15, { deferral_reason: 'other', finished_on: '2025-01-01' }), `deferred_at, deferral_reason ", other": ${rule('deferred with reason')}`],
  ['training_periods', training(16, { withdrawn_at: '2025-01-01T00:00:00Z', withdrawal_reason: 'mentor_no_longer_being_mentor', finished_on: '2025-01-01' }), `role, withdrawal_reason "ect, mentor_no_longer_being_mentor": ${rule('mentor only reason')}`],
  ['training_periods', training(17, { deferred_at: '2025-01-01T00:00:00Z', deferral_reason: 'other' }), `finished_on, withdrawn_at, deferred_at ", , 2025-01-01T00:00:00+00:00": ${rule('stopped means finished')}`],
  ['training_periods', training(18, { ...providerLed, delivery_partner: '' }), 'delivery_partner "": goes with lead_provider only'],
  ['training_periods', training(19, { ...providerLed, schedule_identifier: 'ecf-replacement-september' }), 'schedule_identifier "ecf-replacement-september": replacement schedules are for mentors only'],
  ['training_periods', training(20, { schedule_identifier: 'ecf-standard-september' }), 'schedule_identifier "ecf-standard-september": not without contract_period_year'],
  ['training_periods', training(20, { started_on: '2026-04-01', finished_on: '2026-05-01', withdrawn_at: '2026-03-01T00:00:00Z', withdrawal_reason: 'other' }), 'withdrawn_at "2026-03-01T00:00:00+00:00": the training has not begun yet'],
  ['training_periods', training(20, { started_on: '2026-06-01', finished_on: '2026-07-01', deferred_at: '2026-03-01T00:00:00Z', deferral_reason: 'other' }), 'deferred_at "2026-03-01T00:00:00+00:00": the training has not begun yet'],
  ['training_periods', training(2, { started_on: '2025-02-14', finished_on: '2025-02-20' }), 'started_on "2025-02-14": overlaps line 3'],

  ['mentorship_periods', { ect: trn(1), mentor: trn(5), school_urn: 100001, started_on: '2025-08-01', finished_on: '2025-08-31' }, 'started_on "2025-08-01": overlaps line 3'],
  ['mentorship_periods', { ect: trn(12), mentor: trn(12), school_urn: 100001, started_on: '2024-09-02' }, `ect, mentor "${trn(12)}, ${trn(12)}": ${rule('not oneself')}`],

  ['induction_periods', induction(11, { started_on: '1999-08-31' }), `started_on "1999-08-31": ${rule('from september 1999')}`],
  ['induction_periods', induction(12, { induction_programme: 'fip' }), `induction_programme, training_programme "fip, ": ${rule('training programme known')}`],
  ['induction_periods', induction(13, { number_of_terms: '' }), `finished_on, number_of_terms "2025-07-18, ": ${rule('terms when finished')}`],
  ['induction_periods', induction(14, { finished_on: '', number_of_terms: '', outcome: 'pass' }), `finished_on, outcome ", pass": ${rule('outcome when finished')}`],
  ['induction_periods', induction(15, { fail_confirmation_sent_on: '2025-07-17' }), `finished_on, fail_confirmation_sent_on "2025-07-18, 2025-07-17": ${rule('fail confirmed after finish')}`],
  ['induction_periods', induction(16, { started_on: '2026-03-03', finished_on: '2026-03-04' }), 'started_on "2026-03-03": in the future', 'finished_on "2026-03-04": in the future'],
  ['induction_periods', induction(1, { started_on: '2024-06-30', finished_on: '2024-07-01' }), 'started_on "2024-06-30": before qualified teacher status, 2024-07-01'],
  ['induction_periods', induction(2, { started_on: '2025-07-18', finished_on: '2025-07-19' }), 'started_on "2025-07-18": overlaps line 3'],
  ['induction_periods', induction(1, { started_on: '2025-09-01', finished_on: '2025-10-01', outcome: 'pass' }), `teacher "${trn(1)}": the same as in line 2`],

  ['declarations', declared(201, { declaration_type: 'completed' }), `teacher, role, declaration_type "${trn(1)}, ect, completed": the same as in line 3`],
  ['declarations', declared(202, { pupil_premium_uplift: true }), `declaration_type, pupil_premium_uplift, sparsity_uplift "retained-1, true, ": ${rule('uplift only on started')}`],
  ['declarations', declared(203, { declaration_type: 'retained-2', state: 'eligible' }), `state, payment_statement "eligible, ": ${rule('payment statement with status')}`],
  ['declarations', declared(204, { declaration_type: 'extended-3', payment_statement: '2026-04' }), `state, payment_statement "submitted, 2026-04": ${rule('payment statement with status')}`],
  ['declarations', declared(205, { declaration_type: 'retained-3', state: 'awaiting-clawback', payment_statement: '2024-11' }), `state, clawback_statement "awaiting-clawback, ": ${rule('clawback statement with status')}`],
  ['declarations', declared(206, { declaration_type: 'retained-4', state: 'eligible', payment_statement: '2024-12' }), 'state "eligible": does not fit its payment statement, which is payable'],
  ['declarations', declared(207, { declaration_type: 'retained-4', state: 'payable', payment_statement: '2026-04' }), 'state "payable": does not fit its payment statement, which is open'],
  ['declarations', declared(208, { declaration_type: 'retained-4', state: 'paid', payment_statement: '2024-12' }), 'state "paid": does not fit its payment statement, which is payable'],
  ['declarations', declared(209, { declaration_type: 'extended-1', state: 'eligible', payment_statement: '2026-05' }), 'payment_statement "2026-05": a service fee statement pays no declarations'],
  ['declarations', declared(210, { declaration_type: 'extended-1', state: 'awaiting-clawback', payment_statement: '2024-11', clawback_statement: '2026-05' }), 'clawback_statement "2026-05": a service fee statement claws nothing back'],
  ['declarations', declared(211, { declaration_type: 'extended-1', state: 'awaiting-clawback', payment_statement: '2024-11', clawback_statement: '2024-11' }), 'state "awaiting-clawback": does not fit its clawback statement, which is paid'],
  ['declarations', declared(212, { declaration_type: 'extended-2', state: 'clawed-back', payment_statement: '2024-11', clawback_statement: '2026-04' }), 'state "clawed-back": does not fit its clawback statement, which is open'],
  ['declarations', declared(213, { teacher: trn(6), role: 'mentor', training_period_started_on: '2025-09-01', declaration_type: 'retained-1' }), 'declaration_type "retained-1": mentors have started and completed only in this contract period'],
  ['declarations', declared(214, { teacher: trn(6), role: 'mentor', training_period_started_on: '2025-09-01', declaration_type: 'started', sparsity_uplift: true, pupil_premium_uplift: true }),
    'pupil_premium_uplift "true": this contract period has no uplift fees', 'sparsity_uplift "true": this contract period has no uplift fees'],
  // A voided or refunded one leaves its place to another.
  ['declarations', declared(215, { teacher: trn(2), training_period_started_on: '2024-09-02', declaration_type: 'started' })],
  ['declarations', declared(216, { teacher: trn(6), role: 'mentor', training_period_started_on: '2025-09-01', declaration_type: 'started' })],

  ['api_tokens', { token: 'a-token-of-both-1', lead_provider: 'Provider A', school_urns: '100001', description: 'x' }, `lead_provider, school_urns: ${rule('owner of kind')}`],
  ['api_tokens', { token: 'a-token-of-none-1', description: 'x' }, `lead_provider, school_urns: ${rule('owner of kind')}`],
];

// ---- the same thing twice in a file

const twice = (file, line, columns, more = {}) => {
  const first = world()[file][line - 2];
  const shown = columns.split(', ').map((name) => ({ ...first, ...more })[name]).join(', ');
  return [file, { ...first, ...more }, file === 'api_tokens' ? `${columns}: the same key as line ${line}` : `${columns} "${shown}": the same key as line ${line}`];
};
const other = (file, line, columns, more) => {
  const told = twice(file, line, columns, more);
  return [file, told[1], told[2].replace('the same key as line', 'the same as in line')];
};

const duplicates = [
  twice('contract_periods', 2, 'year', { started_on: '2030-06-01', finished_on: '2030-06-02' }),
  twice('schedules', 2, 'contract_period_year, identifier'),
  twice('milestones', 3, 'schedule_identifier, declaration_type'),
  twice('lead_providers', 2, 'name', { api_id: '', ecf1_cpd_lead_provider_id: '' }),
  other('lead_providers', 2, 'api_id', { name: 'Provider C', ecf1_cpd_lead_provider_id: '' }),
  other('lead_providers', 2, 'ecf1_cpd_lead_provider_id', { name: 'Provider D', api_id: '' }),
  twice('lead_provider_contract_periods', 2, 'lead_provider, contract_period_year'),
  twice('delivery_partners', 3, 'name', { name: 'ÄRZTLICHE PARTNER' }),
  other('delivery_partners', 2, 'delivery_partner_id', { name: 'Partner Y' }),
  twice('delivery_partnerships', 2, 'lead_provider, contract_period_year, delivery_partner', { ecf1_id: '' }),
  other('delivery_partnerships', 2, 'ecf1_id', { delivery_partner: 'Ärztliche Partner' }),
  twice('appropriate_bodies', 2, 'name'),
  twice('appropriate_body_aliases', 2, 'ecf1_id', { appropriate_body_name: 'Body N' }),
  twice('regions', 2, 'code'),
  twice('gias_schools', 2, 'urn', { ukprn: '' }),
  other('gias_schools', 2, 'ukprn', { urn: 100007 }),
  twice('schools', 2, 'urn', { school_id: '' }),
  ['gias_schools', { ...world().gias_schools[1], urn: 100008 }],
  other('schools', 2, 'school_id', { urn: 100008 }),
  twice('school_funding_eligibilities', 2, 'gias_school_urn, contract_period_year'),
  twice('bands', 2, 'contract_period_year, allocation_order'),
  twice('contracts', 2, 'contract_period_year, version', { setup_fee: '1.00' }),
  twice('band_terms', 2, 'contract_version, allocation_order'),
  twice('statements', 2, 'lead_provider, contract_period_year, year, month', { statement_id: '' }),
  other('statements', 2, 'statement_id', { month: 10 }),
  twice('school_partnerships', 2, 'school_urn, delivery_partner', { partnership_id: '' }),
  other('school_partnerships', 2, 'partnership_id', { school_urn: 100002 }),
  twice('teachers', 2, 'participant_id', { trn: '' }),
  other('teachers', 2, 'trn', { participant_id: person(777) }),
  other('teachers', 4, 'trn'), // no participant id in both
  twice('training_records', 2, 'teacher, role', { teacher: person(1), training_record_id: '' }),
  other('training_records', 2, 'training_record_id', { role: 'mentor' }),
  twice('school_periods', 2, 'teacher, role, school_urn, started_on'),
  twice('training_periods', 2, 'teacher, role, started_on'),
  twice('mentorship_periods', 3, 'ect, school_urn, started_on', { ect: person(1) }),
  twice('induction_periods', 2, 'teacher, started_on', { outcome: '' }),
  twice('declarations', 5, 'declaration_id', { declaration_type: 'retained-2' }),
  twice('api_tokens', 2, 'token', { lead_provider: 'Provider B' }),
];

// ---- against what the database holds

const first = (file, line, more) => ({ ...world()[file][line - 2], ...more });
const has = (value) => `the database has ${value}`;
const taken = 'another row of the database has it';

const differences = [
  ['contract_periods', first('contract_periods', 2, { finished_on: '2025-05-30', uplift_fees_enabled: false }), `finished_on "2025-05-30": ${has('2025-05-31')}`, `uplift_fees_enabled "false": ${has('true')}`],
  ['contract_periods', { year: 2027, started_on: '2026-05-31', finished_on: '2027-05-31' }, 'started_on "2026-05-31": overlaps the database\'s period [2025-06-01,2026-06-01)'],
  ['milestones', first('milestones', 3, { milestone_date: '2025-12-31' }), `milestone_date "2025-12-31": ${has('none')}`],
  ['milestones', first('milestones', 2, { milestone_date: '' }), `milestone_date "": ${has('2024-12-31')}`],
  ['lead_providers', { name: 'Provider C', api_id: id(1), ecf1_cpd_lead_provider_id: id(11) }, `api_id "${id(1)}": ${taken}`, `ecf1_cpd_lead_provider_id "${id(11)}": ${taken}`],
  ['delivery_partners', first('delivery_partners', 2, { created_at: '2024-09-01T09:00:00Z', delivery_partner_id: id(22) }), `delivery_partner_id "${id(22)}": ${has(id(21))}`, `created_at "2024-09-01T09:00:00+00:00": ${has('2024-09-01 08:00:00+00')}`],
  ['appropriate_body_aliases', first('appropriate_body_aliases', 2, { appropriate_body_name: 'Body N' }), `appropriate_body_name "Body N": ${has('another value')}`],
  ['regions', first('regions', 2, { districts: 'Camden' }), `districts "Camden": ${has('{Camden,"Kingston upon Hull, City of"}')}`],
  ['schools', first('schools', 2, { induction_tutor_name: 'Tutor Two', last_chosen_appropriate_body: 'Body N' }), `induction_tutor_name "Tutor Two": ${has('Tutor One')}`, `last_chosen_appropriate_body "Body N": ${has('another value')}`],
  ['gias_schools', { ...world().gias_schools[1], urn: 100004, ukprn: 10079319 }, `ukprn "10079319": ${taken}`],
  ['contracts', first('contracts', 2, { setup_fee: '1.00' }), `setup_fee "1.00": ${has('0.00')}`],
  ['statements', first('statements', 4, { status: 'payable', deadline_date: '2026-03-01' }), `status "payable": ${has('open')}`, `deadline_date "2026-03-01": ${has('2026-04-10')}`],
  ['teachers', first('teachers', 3, { trn: trn(8), last_name: 'Three' }), `trn "${trn(8)}": ${has(trn(2))}`, `last_name "Three": ${has('Two')}`],
  ['teachers', { participant_id: person(8), trn: trn(1) }, `trn "${trn(1)}": ${taken}`],
  ['training_records', { teacher: trn(5), role: 'ect', training_record_id: id(81) }, `training_record_id "${id(81)}": ${taken}`],
  ['school_periods', first('school_periods', 3, { finished_on: '' }), `finished_on "": ${has('2025-07-31')}`],
  ['school_periods', { teacher: trn(1), role: 'ect', school_urn: 100002, started_on: '2025-09-01' }, 'started_on "2025-09-01": overlaps the database\'s period [2024-09-02,)'],
  ['school_periods', { teacher: trn(5), role: 'mentor', school_urn: 100001, started_on: '2025-08-31' }, 'started_on "2025-08-31": overlaps the database\'s period [2024-09-02,2025-09-01)'],
  ['training_periods', { teacher: trn(2), role: 'ect', school_urn: 100001, started_on: '2024-09-03', finished_on: '2024-09-03', training_programme: 'school_led' }, 'started_on "2024-09-03": overlaps the database\'s period [2024-09-02,2025-02-15)'],
  ['training_periods', { teacher: trn(2), role: 'ect', school_urn: 100001, started_on: '2025-07-01', finished_on: '2025-08-01', training_programme: 'school_led' }, 'finished_on "2025-08-01": after the end of the person\'s period at the school, 2025-07-31'],
  ['mentorship_periods', { ect: trn(1), mentor: trn(6), school_urn: 100001, started_on: '2025-01-31', finished_on: '2025-01-31' }, 'started_on "2025-01-31": overlaps the database\'s period [2024-09-02,2025-02-01)'],
  ['induction_periods', { teacher: trn(1), appropriate_body: 'Body N', started_on: '2025-09-01', finished_on: '2025-12-31', induction_programme: 'unknown', number_of_terms: 1, outcome: 'pass' }, `teacher "${trn(1)}": ${taken}`],
  ['induction_periods', { teacher: trn(2), appropriate_body: 'Body N', started_on: '2025-09-01', induction_programme: 'unknown' }, 'started_on "2025-09-01": overlaps the database\'s period [2024-09-02,)'],
  ['declarations', declared(301, { declaration_type: 'completed' }), `teacher, role, declaration_type "${trn(1)}, ect, completed": ${taken}`],
  ['declarations', first('declarations', 3, { state: 'voided', declaration_date: '2025-03-02T09:00:00Z' }), `declaration_date "2025-03-02T09:00:00+00:00": ${has('2025-03-01 09:00:00+00')}`, `state "voided": ${has('another value')}`],
  ['declarations', declared(302, { declaration_type: 'retained-3', state: 'paid', payment_statement: '2026-04' }), 'state "paid": does not fit its payment statement, which is open'],
  ['api_tokens', { ...world().api_tokens[0], lead_provider: 'Provider B' }, `lead_provider: ${has('another value')}`],
];

const target = await Target.make();
const loaded = await Target.make({ loaded: true });
after(() => Promise.all([target.stop(), loaded.stop()]));

describe('in an empty database', () => {
  test('values that are none', () => expectTold(target, values));
  test('references to nothing, and what does not lie where it must', () => expectTold(target, references));
  test('what the rules of a table forbid', () => expectTold(target, rules));
  test('the same thing twice', () => expectTold(target, duplicates));
});

describe('in a database that holds the world', () => {
  test('other values than the database has, and rows that it has no place for', () => expectTold(loaded, differences, {}));

  test('what could mean more than one row', async () => {
    // A migration may bring several contracts of one version; a file cannot say which it means.
    await loaded.db.query(`insert into contracts (provider_contract_period_id, lead_provider_id, contract_period_year, contract_type, recruitment_target,
        uplift_fee_per_declaration, setup_fee, ecf1_contract_version, ecf1_mentor_contract_version)
      select provider_contract_period_id, lead_provider_id, contract_period_year, contract_type, recruitment_target, 0, 0, '1.0', 'other'
      from contracts where contract_period_year = 2024 and ecf1_mentor_contract_version is null
        and lead_provider_id = (select id from lead_providers where name = 'Provider A')`);
    await expectTold(loaded, [
      ['contracts', first('contracts', 2), 'contract_period_year, version "2024, 1.0": more than one row of the database has this key'],
    ], {});
    await expectTold(loaded, [['statements', month(7), 'contract_version "1.0": means more than one']], {});
  });
});

test('a declaration outside its milestone is taken: it was made elsewhere, and is history', async () => {
  const own = await Target.make({ loaded: true });
  after(() => own.stop());
  const files = {
    milestones: [{ contract_period_year: 2025, schedule_identifier: 'ecf-standard-september', declaration_type: 'completed', start_date: '2026-04-01', milestone_date: '2026-07-31' }],
    declarations: [{ declaration_id: id(296), teacher: trn(6), role: 'mentor', lead_provider: 'Provider A', training_period_started_on: '2025-09-01', declaration_type: 'completed', declaration_date: '2025-10-02T09:00:00Z', state: 'submitted' }],
  };
  const { status, stderr } = own.import(files);
  assert.deepEqual([status, stderr], [0, '']);
  await own.db.query(`update declarations set evidence_type = 'other' where api_id = $1`, [id(296)]); // and stays updatable
  assert.equal(own.import(files).stderr, '');
});

test('each check constraint of the tables is told above, or no file can break it', async () => {
  const unreachable = new Map(Object.entries({ // why
    contract_periods: 'year from 2020: type · in order: told by itself',
    milestones: '', teachers: 'trn seven digits, induction status known: type · trnless without trn, anonymised with reason: not from files',
    appropriate_body_aliases: 'source known: not from files', regions: 'districts not empty: type',
    school_periods: 'in order: told by itself', training_periods: 'in order, partnership with provider: told by themselves',
    mentorship_periods: 'ect role, mentor role: not from files · in order: told by itself',
    induction_periods: 'in order: told by itself · terms in range: type',
    api_tokens: 'kind known, token digest 32 bytes, token hint 4 characters: not from files · urns not empty: type',
    provider_bands: 'capacity positive, order positive: type',
    contracts: 'mentor target positive, monthly service fee not negative, recruitment target not negative, setup fee not negative, uplift fee not negative, uplift target in range, vat rate in range: type',
    contract_band_terms: 'capacity positive, output ratio in range: type',
    statements: 'month in range, year from 2020: type · paid calculation when paid: not from files',
    declarations: 'clawback of paid, voided by when voided, voided by with instant: not from files · mentorship of ect: told by itself',
  }));
  const told = [...values, ...references, ...rules].flatMap(([, , ...texts]) => texts);
  const { rows } = await target.db.query(
    `select conrelid::regclass::text as table, replace(replace(conname, conrelid::regclass || '_', ''), '_', ' ') as rule from pg_constraint
     where contype = 'c' and conrelid::regclass::text = any ($1)`, [order.map(tableOf)]);
  assert.ok(rows.length > 60);
  const forgotten = rows.filter(({ table, rule: name }) => !told.some((text) => text.endsWith(`: ${rule(name)}`)) && !(unreachable.get(table) ?? '').split(/[:·,] ?/).map((part) => part.trim()).includes(name));
  assert.deepEqual(forgotten, []);
});
