// A small world with a row of every file and a value in every column that `ecf2ctl import` reads, and a database of its
// own to load it into: no process but ecf2ctl runs. Tests change a copy of `world()` and say what must be told.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, connect, copyDatabase, dropDatabase, sharedCluster, temporaryFolder } from '../support/cluster.mjs';

export const now = '2026-03-02T10:00:00Z'; // business time of every import here
export const tokenKey = 'the key of the tests, which is no secret';

const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
export { id };

/** participant_id, TRN: people 1 to 4 are ECTs, 5 and 6 mentors. */
export const person = (n) => id(1000 + n);
export const trn = (n) => String(1000000 + n);
const instant = '2024-09-01T08:00:00Z';

const places = {
  contract_periods: [
    { year: 2024, started_on: '2024-06-01', finished_on: '2025-05-31', enabled: true, payments_frozen_on: '', mentor_funding_enabled: false, detailed_evidence_types_enabled: false, uplift_fees_enabled: true, ecf1_registration_start_date: 'x', ecf1_academic_year_start_date: '', ecf1_automatic_assignment_period_end_date: '' },
    { year: 2025, started_on: '2025-06-01', finished_on: '2026-05-31', enabled: true, payments_frozen_on: '2026-12-01', mentor_funding_enabled: true, detailed_evidence_types_enabled: true, uplift_fees_enabled: false, ecf1_registration_start_date: '', ecf1_academic_year_start_date: '', ecf1_automatic_assignment_period_end_date: '' },
  ],
  schedules: [
    ...['ecf-standard-september', 'ecf-reduced-september', 'ecf-replacement-september'].map((identifier) => ({ contract_period_year: 2024, identifier, kind: 'k', term: 't', roles: 'r', ecf1_type: 'e', milestone_count: '1' })),
    { contract_period_year: 2025, identifier: 'ecf-standard-september', kind: '', term: '', roles: '', ecf1_type: '', milestone_count: '' },
  ],
  milestones: [
    { contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', declaration_type: 'started', start_date: '2024-06-01', milestone_date: '2024-12-31', ecf1_payment_date: 'p', ecf1_start_date_if_different: '', ecf1_milestone_date_if_different: '' },
    { contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', declaration_type: 'completed', start_date: '2025-01-01', milestone_date: '', ecf1_payment_date: '', ecf1_start_date_if_different: '', ecf1_milestone_date_if_different: '' },
  ],
  lead_providers: [
    { name: 'Provider A', api_id: id(1), ecf1_cpd_lead_provider_id: id(11), vat_registered: true },
    { name: 'Provider B', api_id: id(2), ecf1_cpd_lead_provider_id: '', vat_registered: false },
  ],
  lead_provider_contract_periods: [
    { lead_provider: 'Provider A', contract_period_year: 2024, contract_type: 'c', source: 's' },
    { lead_provider: id(1), contract_period_year: 2025, contract_type: '', source: '' },
    { lead_provider: 'Provider B', contract_period_year: 2024, contract_type: '', source: '' },
  ],
  delivery_partners: [
    { name: 'Partner X', delivery_partner_id: id(21), created_at: instant, updated_at: instant, fictional: 'yes' },
    { name: 'Ärztliche Partner', delivery_partner_id: id(22), created_at: '', updated_at: '', fictional: '' },
  ],
  delivery_partnerships: [
    { lead_provider: 'Provider A', contract_period_year: 2024, delivery_partner: 'partner x', ecf1_id: id(31) },
    { lead_provider: 'Provider B', contract_period_year: 2024, delivery_partner: id(21), ecf1_id: '' },
    { lead_provider: 'Provider A', contract_period_year: 2025, delivery_partner: 'Partner X', ecf1_id: '' },
  ],
  appropriate_bodies: [
    { name: 'Body H', body_type: 'teaching_school_hub', ceased_on: '', ecf1_ids: 'x' },
    { name: 'Body N', body_type: 'national', ceased_on: '2025-01-01', ecf1_ids: '' },
  ],
  appropriate_body_aliases: [{ ecf1_id: id(41), ecf1_name: 'Old Body H', appropriate_body_name: 'Body H', body_type: '' }],
  regions: [{ code: 'R1', districts: 'Camden; Kingston upon Hull, City of', appropriate_body: id(41), area: 'a', hub_names: 'h' }],
  gias_schools: [
    { urn: 100001, name: 'School One', status: 'open', type_name: 'Community school', phase_name: 'Primary', in_england: true, section_41_approved: false, eligible: true, local_authority_code: 201, local_authority_name: 'City of London', establishment_number: 3614, administrative_district_name: 'City', ukprn: 10079319, address_line1: 'St James\'s Passage', address_line2: 'Duke\'s Place', address_line3: 'London', postcode: 'EC3A 5DE', website: 'www.one.example', primary_contact_email: 'one@example.org', secondary_contact_email: 'office@example.org', opened_on: '1920-01-01', closed_on: '' },
    ...[100002, 100003].map((urn) => ({ urn, name: `School ${urn}`, closed_on: urn === 100003 ? '2025-08-31' : '', type_name: 'Community school', in_england: true, section_41_approved: false, eligible: true, local_authority_code: 201 })),
  ],
  schools: [
    { urn: 100001, school_id: id(51), marked_as_eligible: true, induction_tutor_name: 'Tutor One', induction_tutor_email: 'tutor@example.org', induction_tutor_last_nominated_in: 2024, last_chosen_appropriate_body: 'Body H', last_chosen_training_programme: 'provider_led', last_chosen_lead_provider: 'Provider A', created_at: instant },
    { urn: 100002, school_id: id(52) },
  ],
  school_funding_eligibilities: [
    { gias_school_urn: 100001, contract_period_year: 2024, pupil_premium_uplift: true, sparsity_uplift: false, note: 'n' },
    { gias_school_urn: 999999, contract_period_year: 2024, pupil_premium_uplift: '', sparsity_uplift: '', note: '' }, // not in the register: passed over
  ],
};

const contract = (lead_provider, contract_period_year, more) => ({ lead_provider, contract_period_year, version: '1.0', recruitment_target: 2000, setup_fee: '0.00', ...more });
const statement = (lead_provider, contract_period_year, year, month, more) => ({
  lead_provider, contract_period_year, contract_version: '1.0', year, month, fee_type: 'output', deadline_date: `${year}-${String(month).padStart(2, '0')}-10`, payment_date: `${year}-${String(month).padStart(2, '0')}-25`, ...more,
});
const money = {
  bands: [
    { lead_provider: 'Provider A', contract_period_year: 2024, allocation_order: 1, capacity: 2000 },
    { lead_provider: 'Provider B', contract_period_year: 2024, allocation_order: 1, capacity: 100 },
  ],
  contracts: [
    contract('Provider A', 2024, { contract_type: 'ecf', vat_rate: '0.20', uplift_fee_per_declaration: '100.00', uplift_target_ratio: '0.3333', monthly_service_fee: '123.45', mentor_version: '' }),
    contract('Provider A', 2025, { contract_type: 'ittecf_ectp', vat_rate: '', uplift_fee_per_declaration: '0.00', mentor_recruitment_target: 1000, mentor_fee_per_declaration: '500.00', mentor_version: 'm1' }),
    contract('Provider B', 2024, { contract_type: 'ecf', uplift_fee_per_declaration: '0' }),
  ],
  band_terms: [{ lead_provider: 'Provider A', contract_period_year: 2024, contract_version: '1.0', allocation_order: 1, fee_per_declaration: '995.00', output_fee_ratio: '0.60', service_fee_ratio: '0.40', capacity_at_version: 1500 }],
  statements: [
    statement('Provider A', 2024, 2024, 11, { status: 'paid', statement_id: id(61), marked_payable_at: '2024-11-11T00:00:00Z', marked_as_paid_at: '2024-11-25T12:00:00Z', created_at: instant, updated_at: instant }),
    statement('Provider A', 2024, 2024, 12, { status: 'payable' }),
    statement('Provider A', 2024, 2026, 4),
    statement('Provider A', 2024, 2026, 5, { fee_type: 'service' }),
    statement('Provider A', 2025, 2026, 4),
    statement('Provider B', 2024, 2026, 4),
  ],
};

const people = {
  school_partnerships: [
    { school_urn: 100001, lead_provider: 'Provider A', contract_period_year: 2024, delivery_partner: 'Partner X', partnership_id: id(71), created_at: instant, updated_at: instant },
    { school_urn: 100001, lead_provider: 'Provider A', contract_period_year: 2025, delivery_partner: 'Partner X' },
    { school_urn: 100002, lead_provider: 'Provider B', contract_period_year: 2024, delivery_partner: 'PARTNER X' },
  ],
  teachers: [
    { participant_id: person(1), trn: trn(1), first_name: 'Zoë', last_name: 'Ünal', corrected_name: 'Zoë Smith', trs_induction_status: 'InProgress', trs_induction_start_date: '2024-09-01', trs_induction_completed_date: '', trs_qts_awarded_on: '2024-07-01', trs_initial_teacher_training_provider: 'A University', trs_initial_teacher_training_end_date: '2024-06-30', created_at: instant, updated_at: instant },
    { participant_id: person(2), trn: trn(2), first_name: 'Person', last_name: 'Two', trs_induction_completed_date: '2025-07-18' },
    { participant_id: '', trn: trn(3), first_name: 'Only', last_name: 'Trn' },
    { participant_id: person(4), trn: '', first_name: 'Without', last_name: 'Trn' },
    { participant_id: person(5), trn: trn(5), first_name: 'Mentor', last_name: 'Five' },
    { participant_id: person(6), trn: trn(6), first_name: 'Mentor', last_name: 'Six' },
  ],
  training_records: [
    { teacher: trn(1), role: 'ect', training_record_id: id(81), first_became_eligible_for_training_at: '2024-09-10T09:00:00Z', became_ineligible_for_funding_on: '', became_ineligible_for_funding_reason: '', payments_frozen_year: 2024, created_at: instant },
    { teacher: person(2), role: 'ect', first_became_eligible_for_training_at: '2024-09-10T09:00:00Z' },
    { teacher: trn(3), role: 'ect' },
    { teacher: person(4), role: 'ect' },
    { teacher: trn(5), role: 'mentor', became_ineligible_for_funding_on: '2025-01-31', became_ineligible_for_funding_reason: 'completed_declaration_received' },
    { teacher: person(6), role: 'mentor' },
  ],
  school_periods: [
    { teacher: trn(1), role: 'ect', school_urn: 100001, started_on: '2024-09-02', finished_on: '', email: 'zoe@example.org', working_pattern: 'full_time', reported_appropriate_body: 'Body H', reported_leaving_by_school_urn: 100002, created_at: instant },
    { teacher: trn(2), role: 'ect', school_urn: 100001, started_on: '2024-09-02', finished_on: '2025-07-31' },
    { teacher: trn(3), role: 'ect', school_urn: 100002, started_on: '2024-09-02' },
    { teacher: person(4), role: 'ect', school_urn: 100002, started_on: '2024-09-02' },
    { teacher: trn(5), role: 'mentor', school_urn: 100001, started_on: '2024-09-02', finished_on: '2025-08-31' },
    { teacher: trn(6), role: 'mentor', school_urn: 100001, started_on: '2024-09-02' },
  ],
  training_periods: [
    { teacher: trn(1), role: 'ect', school_urn: 100001, started_on: '2024-09-02', finished_on: '', training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', lead_provider: 'Provider A', delivery_partner: 'Partner X', expression_of_interest: 'Provider A', withdrawn_at: '', withdrawal_reason: '', deferred_at: '', deferral_reason: '', created_at: instant },
    { teacher: trn(2), role: 'ect', school_urn: 100001, started_on: '2024-09-02', finished_on: '2025-02-14', training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-reduced-september', lead_provider: 'Provider A', delivery_partner: 'Partner X', withdrawn_at: '2025-02-14T12:00:00Z', withdrawal_reason: 'other' },
    { teacher: trn(3), role: 'ect', school_urn: 100002, started_on: '2024-09-02', training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-standard-september', expression_of_interest: 'Provider B' },
    { teacher: person(4), role: 'ect', school_urn: 100002, started_on: '2024-09-02', training_programme: 'school_led' },
    { teacher: trn(5), role: 'mentor', school_urn: 100001, started_on: '2024-09-02', finished_on: '2025-01-31', training_programme: 'provider_led', contract_period_year: 2024, schedule_identifier: 'ecf-replacement-september', lead_provider: 'Provider A', delivery_partner: 'Partner X', deferred_at: '2025-01-31T12:00:00Z', deferral_reason: 'career_break' },
    { teacher: trn(6), role: 'mentor', school_urn: 100001, started_on: '2025-09-01', training_programme: 'provider_led', contract_period_year: 2025, schedule_identifier: 'ecf-standard-september', lead_provider: 'Provider A', delivery_partner: 'Partner X' },
  ],
  mentorship_periods: [
    { ect: trn(1), mentor: trn(5), school_urn: 100001, started_on: '2024-09-02', finished_on: '2025-01-31', created_at: instant },
    { ect: trn(1), mentor: person(6), school_urn: 100001, started_on: '2025-02-01' },
  ],
  induction_periods: [
    { teacher: trn(1), appropriate_body: 'Body H', started_on: '2024-09-02', finished_on: '2025-07-18', induction_programme: 'fip', training_programme: 'provider_led', number_of_terms: '3', outcome: 'fail', fail_confirmation_sent_on: '2025-07-20', created_at: instant },
    { teacher: person(2), appropriate_body: id(41), started_on: '2024-09-02', induction_programme: 'unknown' },
  ],
  declarations: [
    { declaration_id: id(91), teacher: trn(1), role: 'ect', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'started', declaration_date: '2024-10-01T09:00:00Z', evidence_held: 'training-event-attended', state: 'paid', payment_statement: '2024-11', clawback_statement: '', delivery_partner: 'Partner X', mentor: trn(5), pupil_premium_uplift: true, sparsity_uplift: true, created_at: instant, updated_at: instant },
    { declaration_id: id(92), teacher: trn(1), role: 'ect', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'completed', declaration_date: '2025-03-01T09:00:00Z', state: 'eligible', payment_statement: '2026-04', mentor: trn(6) },
    { declaration_id: id(93), teacher: trn(2), role: 'ect', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'started', declaration_date: '2024-10-01T09:00:00Z', state: 'awaiting-clawback', payment_statement: '2024-11', clawback_statement: '2026-04' },
    { declaration_id: id(94), teacher: trn(5), role: 'mentor', lead_provider: 'Provider A', training_period_started_on: '2024-09-02', declaration_type: 'retained-1', declaration_date: '2025-01-20T09:00:00Z', state: 'submitted' },
    { declaration_id: id(95), teacher: trn(6), role: 'mentor', lead_provider: 'Provider A', training_period_started_on: '2025-09-01', declaration_type: 'started', declaration_date: '2025-10-01T09:00:00Z', state: 'voided' },
  ],
  api_tokens: [
    { token: 'token-of-provider-a-0001', lead_provider: 'Provider A', school_urns: '', description: 'tests' },
    { token: 'token-of-schools-000002', lead_provider: '', school_urns: '100001 100002', description: 'a school system' },
  ],
};

/** The world, new each time: { file: [row] }. */
export const world = () => structuredClone({ ...places, ...money, ...people });

/** How many rows of the world the database will hold: one of school_funding_eligibilities is passed over. */
export const loadedRows = (file) => world()[file].length - (file === 'school_funding_eligibilities' ? 1 : 0);

/** The database's table of a file. */
export const tableOf = (file) => ({ lead_provider_contract_periods: 'provider_contract_periods', bands: 'provider_bands', band_terms: 'contract_band_terms' })[file] ?? file;

// ---- files

const quoted = (value) => {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Rows as CSV; the columns are those of all rows, in the order in which they come up. */
export function csv(rows) {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  return [columns.join(','), ...rows.map((row) => columns.map((name) => quoted(row[name])).join(',') || '""'), ''].join('\n'); // a line of nothing is none
}

let folders;

/** A new folder with these files: rows, or text, or bytes. */
export function write(files) {
  if (!folders) {
    folders = temporaryFolder('import');
    process.once('exit', () => rmSync(folders, { recursive: true, force: true }));
  }
  const folder = mkdtempSync(join(folders, 'dir-'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name.includes('.') ? name : `${name}.csv`), Array.isArray(content) ? csv(content) : content);
  }
  return folder;
}

// ---- a database and ecf2ctl

/** `ecf2ctl import` in an environment. */
export class Import {
  constructor(env) {
    this.env = env;
  }

  /** Of files (write) or of a folder: { status, stdout, stderr, told }; told: what is on standard error, line by line. */
  import(files, ...args) {
    const folder = typeof files === 'string' ? files : write(files);
    const done = spawnSync(join(bin, 'ecf2ctl'), ['import', folder, ...args], { encoding: 'utf8', env: this.env, maxBuffer: 1 << 28 });
    return { ...done, told: done.stderr.split('\n').filter((line) => line !== '') };
  }

  /** The same, begun: { child, ended }; ended gives { status, signal, stdout, stderr }. */
  begin(files, ...args) {
    const child = spawn(join(bin, 'ecf2ctl'), ['import', typeof files === 'string' ? files : write(files), ...args], { env: this.env });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
    const ended = new Promise((resolve) => child.once('close', (status, signal) => resolve({ ...said, status, signal })));
    return { child, ended };
  }
}

let count = 0;

/** A database of its own for it. */
export class Target extends Import {
  /** One that is empty, or holds the world. */
  static async make({ loaded = false } = {}) {
    const cluster = sharedCluster();
    const database = `import_${process.pid}_${++count}`;
    const target = new Target({
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PATH|HOME|TMPDIR|LANG|LC_.*|[AUL]*SAN_OPTIONS)$/.test(name))),
      ECF2_RUNTIME_DIR: cluster, ECF2_DATABASE: `host=${cluster}/pg port=5432 dbname=${database}`, ECF2_TOKEN_KEY: tokenKey, ECF2_CLOCK: now,
    });
    Object.assign(target, { cluster, database });
    await copyDatabase(cluster, 'ecf2', database);
    target.db = await connect(cluster, database);
    if (loaded) {
      const { status, stderr } = target.import(world());
      if (status !== 0) throw new Error(stderr);
    }
    return target;
  }

  /** What the database holds: a Map from table to its rows as text, in order; import_runs and partitions left out. */
  async contents() {
    const { rows: tables } = await this.db.query(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> 'import_runs' order by 1`);
    const held = new Map();
    for (const { name } of tables) {
      held.set(name, (await this.db.query(`select t::text as row from ${name} as t order by 1`)).rows.map(({ row }) => row));
    }
    return held;
  }

  async one(sql, ...values) {
    return (await this.db.query(sql, values)).rows[0];
  }

  async stop() {
    await this.db.end();
    await dropDatabase(this.cluster, this.database);
  }
}

/** The table of counts that a good import prints: { file: { rows, inserted, updated, unchanged, skipped } }. */
export function counts({ stdout }) {
  const [head, ...lines] = stdout.trim().split('\n');
  const names = head.trim().split(/\s{2,}/).slice(1);
  return Object.fromEntries(lines.slice(0, -1).map((line) => {
    const [file, ...numbers] = line.trim().split(/\s+/);
    return [file, Object.fromEntries(numbers.map((number, i) => [names[i], Number(number)]))];
  }));
}
