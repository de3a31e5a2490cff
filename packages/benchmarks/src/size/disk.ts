import { DatabaseSync } from 'node:sqlite';
import type { Conditions } from '../harness/row.js';
import { onServer } from '../raw/postgres-server.js';
import { AT_ONCE, EVENTS_OF_COURSE, jobsOver, runConcurrently } from '../workload/course.js';
import type { StoreKind } from '../workload/kinds.js';
import { addDefault, runCommand, withPolicies } from '../workload/ours.js';

/** The disk space of a table, with its indexes and partly filled pages. */
interface TableSize {
  readonly name: string;
  readonly bytes: number;
}

const SQLITE_TABLES = `
  SELECT coalesce(schema.tbl_name, dbstat.name) AS name, sum(pgsize) AS bytes
  FROM dbstat LEFT JOIN sqlite_schema AS schema ON schema.name = dbstat.name GROUP BY 1`;
const SQLITE_CONTENT = 'SELECT avg(octet_length(data) + octet_length(metadata)) FROM events';
const POSTGRES_TABLES = `
  SELECT relname AS name, pg_total_relation_size(oid)::float8 AS bytes
  FROM pg_class WHERE relnamespace = 'login_policy'::regnamespace AND relkind = 'r'`;
/** These grow with the events, all other tables with the policies in force. */
const OF_EVENTS = ['events'];
const OF_POLICIES = ['rows', 'row_index', 'read_model_rows', 'read_model_entries'];

/** Prints the disk space of an event and a policy, after commands of five kinds, 32 at a time. */
export async function printDisk(kind: StoreKind, conditions: Conditions): Promise<void> {
  const policies = conditions.isQuick ? 200 : 2000;
  const location = await kind.freshLocation(conditions);
  await withPolicies(kind, location, async (opened) => {
    await addDefault(opened);
    await runConcurrently(jobsOver(policies), AT_ONCE, (job) => runCommand(opened, job));
  });
  const tables = await tablesOf(kind, location);
  const event = bytesPerItem(tables, OF_EVENTS, policies * EVENTS_OF_COURSE);
  const row = bytesPerItem(tables, OF_POLICIES, policies);
  console.log(`On disk, ${kind.title}, ${policies} policies of ${EVENTS_OF_COURSE} events:`);
  console.log(`  an event, with its index           ${event} bytes`);
  console.log(`  a policy's row and index           ${row} bytes`);
  console.log(`  10,000,000 policies of 5 events    ${Math.round((5 * event + row) / 100)} GB (extrapolated)`);
  for (const { name, bytes } of tables) console.log(`    ${name.padEnd(30)}   ${Math.round(bytes / 1024)} KiB`);
  if (kind.name === 'sqlite') console.log(`  data and metadata of an event      ${contentOfFile(location)} bytes`);
}

function tablesOf(kind: StoreKind, location: string): readonly TableSize[] | Promise<readonly TableSize[]> {
  return kind.name === 'sqlite' ? tablesOfFile(location) : tablesOfDatabase(location);
}

/** The space per item in the tables with these names. */
function bytesPerItem(tables: readonly TableSize[], names: readonly string[], count: number): number {
  return Math.round(sum(tables.filter(({ name }) => names.includes(name))) / count);
}

function sum(tables: readonly TableSize[]): number {
  return tables.reduce((total, { bytes }) => total + bytes, 0);
}

function tablesOfFile(path: string): readonly TableSize[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare(SQLITE_TABLES).all();
  database.close();
  return tables.map(({ name, bytes }) => ({ name: String(name), bytes: Number(bytes) }));
}

function contentOfFile(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const [content] = Object.values(database.prepare(SQLITE_CONTENT).get() ?? {});
  database.close();
  return Math.round(Number(content ?? Number.NaN));
}

async function tablesOfDatabase(url: string): Promise<readonly TableSize[]> {
  return onServer(url, async (client) => (await client.query<TableSize>(POSTGRES_TABLES)).rows);
}
