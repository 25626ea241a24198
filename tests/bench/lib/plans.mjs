// The statements that lists are found by, as the query worker has them planned: with their parameters. Each by what is asked, and
// by the indexes that it is to be read from.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/cluster.mjs';

const folder = 'workers/query/sql';
const none = 'null', now = `'${new Date(Date.now() + 3_600_000).toISOString()}'`, year = "'{2024}'", id = "'{0a2a40f7-5c1e-4d39-8f60-7d9e13f2c805}'", created = "'created_at'", provider = 1;

/** A statement with its parameters written into it: of a file, from the project's folder. */
export const statement = (file, values) => readFileSync(join(root, file), 'utf8').replace(/^--.*$/gm, '').replace(/\$(\d+)/g, (_, n) => `(${values[n - 1]})`).trim();

const list = (name, asked, values, ...indexes) => ({ name, asked, text: statement(`${folder}/list_${name}.sql`, values), indexes });

/** { name, asked, text, indexes: those that its plan must name }; take: how many records the page has. */
export const lists = (take = 100) => [
  list('participants', 'all', [provider, none, none, none, none, created, none, 0, take], 'teacher_provider_status_provider_created_idx'),
  list('participants', 'updated_since', [provider, none, none, none, now, created, none, 0, take], 'teachers_api_updated_at_idx'),
  list('participants', 'sort=-updated_at', [provider, none, none, none, none, "'-updated_at'", none, 0, take], 'teachers_api_updated_at_idx'),
  list('participants', 'training_status=withdrawn', [provider, none, "'withdrawn'", none, none, created, none, 0, take], 'teacher_provider_status'),
  list('participants', 'cohort', [provider, year, none, none, none, created, none, 0, take], 'teacher_provider_status_provider_ect_year_idx', 'teacher_provider_status_provider_mentor_year_idx'),
  list('participants', 'from_participant_id', [provider, none, none, id, none, none, none, 0, take], 'teacher_id_changes_from_idx'),
  list('transfers', 'all', [provider, none, created, none, 0, take], 'teacher_provider_status_transfers_idx'),
  list('transfers', 'updated_since', [provider, now, created, none, 0, take], 'training_periods_provider_transfer_idx'),
  list('unfunded_mentors', 'all', [provider, none, created, none, 0, take], 'teacher_provider_status_assigned_mentor_idx'),
  list('unfunded_mentors', 'updated_since', [provider, now, created, none, 0, take], 'teachers_api_unfunded_mentor_updated_at_idx'),
  list('declarations', 'all', [provider, none, none, none, none, 0, take], 'declarations_provider_created_idx', 'teacher_provider_status_has_others_idx'),
  list('declarations', 'updated_since', [provider, none, none, none, now, 0, take], 'declarations_provider_updated_idx'),
  list('declarations', 'participant_id', [provider, none, id, none, none, 0, take], 'declarations_teacher_role_created_idx'),
  list('statements', 'all', [provider, none, none, 0, take], 'statements'),
  list('statements', 'updated_since', [provider, none, now, 0, take], 'statements'),
  list('delivery_partners', 'all', [provider, none, none, 0, take], 'provider_contract_periods'),
  list('partnerships', 'all', [provider, none, none, none, none, 0, take], 'school_partnerships'),
  list('partnerships', 'cohort', [provider, year, none, none, none, 0, take], 'school_partnerships'),
  list('partnerships', 'updated_since', [provider, none, now, none, none, 0, take], 'school_partnerships_provider_updated_idx'),
  list('partnerships', 'delivery_partner_id', [provider, none, none, id, none, 0, take], 'school_partnerships'),
  list('schools', 'all', [2024, none, none, none, 0, take], 'schools_created_idx'),
  list('schools', 'updated_since', [2024, now, none, none, 0, take], 'school_year_status_year_updated_idx'),
  list('schools', 'urn', [2024, none, 100001, none, 0, take], 'schools_urn_key'),
  list('schools', 'sort=-updated_at', [2024, none, none, "'{-updated_at}'", 0, take], 'school_year_status_year_updated_idx'),
];

/** The plan of a list; run too, where it is to be measured. */
export async function explain(db, { text }, { measured = false } = {}) {
  const { rows } = await db.query(`explain (${measured ? 'analyze, buffers, timing off, summary off' : 'costs off'}) ${text}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}
