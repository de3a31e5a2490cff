import { DatabaseSync } from 'node:sqlite';
import type { Setting } from '../harness/row.js';
import { onServer } from '../raw/postgres-server.js';
import { AT_ONCE, EVENTS_OF_COURSE, jobsOver, lanes } from '../workload/course.js';
import type { Kind } from '../workload/kinds.js';
import { long } from '../workload/histories.js';
import { addDefault, runCommand, seedReady, withPolicies } from '../workload/ours.js';

/** The disk space of a table, with its indexes and partly filled pages. */
interface Part {
  readonly name: string;
  readonly bytes: number;
}

const SQLITE_PARTS = `
  SELECT coalesce(schema.tbl_name, dbstat.name) AS name, sum(pgsize) AS bytes
  FROM dbstat LEFT JOIN sqlite_schema AS schema ON schema.name = dbstat.name GROUP BY 1`;
const SQLITE_CONTENT = 'SELECT avg(octet_length(data) + octet_length(metadata)) FROM events';
const POSTGRES_PARTS = `
  SELECT relname AS name, pg_total_relation_size(oid)::float8 AS bytes
  FROM pg_class WHERE relnamespace = 'login_policy'::regnamespace AND relkind = 'r'`;
/** The number of events between two snapshots of a policy. */
const EVERY = 250;
/** These grow with the events, all other tables with the policies in force. */
const OF_EVENTS = ['events'];
const OF_POLICIES = ['names', 'rows', 'row_index', 'read_model_rows', 'read_model_entries'];

/** Prints the disk space of an event and a policy, after commands of five kinds, 32 at a time. */
export async function sayDisk(kind: Kind, setting: Setting): Promise<void> {
  const policies = setting.isQuick ? 200 : 2000;
  const place = await kind.freshPlace(setting);
  await withPolicies(kind, place, async (opened) => {
    await addDefault(opened);
    await lanes(jobsOver(policies), AT_ONCE, (job) => runCommand(opened, job));
  });
  const parts = await partsOf(kind, place);
  const event = share(parts, OF_EVENTS, policies * EVENTS_OF_COURSE);
  const row = share(parts, OF_POLICIES, policies);
  const snapshots = setting.isQuick ? 40 : 400;
  const longPlace = await kind.freshPlace(setting);
  await seedReady(kind, longPlace, long(snapshots * EVERY));
  const snapshot = share(await partsOf(kind, longPlace), OF_POLICIES, snapshots);
  console.log(`On disk, ${kind.title}, ${policies} policies of ${EVENTS_OF_COURSE} events:`);
  console.log(`  an event, with its index           ${event} bytes`);
  console.log(`  a policy's row, index and name     ${row} bytes`);
  console.log(`  a snapshot, each ${EVERY} events      ${snapshot} bytes`);
  console.log(`  10,000,000 policies of 5 events    ${Math.round((5 * event + row) / 100)} GB (extrapolated)`);
  for (const { name, bytes } of parts) console.log(`    ${name.padEnd(30)}   ${Math.round(bytes / 1024)} KiB`);
  if (kind.name === 'sqlite') console.log(`  data and metadata of an event      ${contentOfFile(place)} bytes`);
}

function partsOf(kind: Kind, place: string): readonly Part[] | Promise<readonly Part[]> {
  return kind.name === 'sqlite' ? partsOfFile(place) : partsOfDatabase(place);
}

/** The space per item in tables of these names. */
function share(parts: readonly Part[], names: readonly string[], count: number): number {
  return Math.round(sum(parts.filter(({ name }) => names.includes(name))) / count);
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}

function partsOfFile(path: string): readonly Part[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const parts = database.prepare(SQLITE_PARTS).all();
  database.close();
  return parts.map(({ name, bytes }) => ({ name: String(name), bytes: Number(bytes) }));
}

function contentOfFile(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const [content] = Object.values(database.prepare(SQLITE_CONTENT).get() ?? {});
  database.close();
  return Math.round(Number(content ?? Number.NaN));
}

async function partsOfDatabase(url: string): Promise<readonly Part[]> {
  return onServer(url, async (client) => (await client.query<Part>(POSTGRES_PARTS)).rows);
}
