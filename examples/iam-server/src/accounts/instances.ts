import { instancesByHost, type RequestHeaders } from '@login-policy/api';
import type { InstanceRef, OrganizationRef } from '@login-policy/domain';
import { Fault } from '@login-policy/event-sourcing';
import { sql, textIn, type Database, type Row } from './database/database.js';

/** Numbers in names sort as numbers: 2 before 10. */
const byName = new Intl.Collator('en', { numeric: true });

/** An organization of the directory. */
export interface DirectoryEntry {
  readonly id: string;
  readonly name: string;
}

/** An instance. */
export interface Instance {
  readonly id: string;
  readonly name: string;
}

/** What the database says of instances, and of the server as a whole. */
interface Directory {
  /** Changes with each change of an instance, a host or an organization. */
  readonly version: string;
  /** Changes whenever all secrets are replaced. */
  readonly generation: string;
  /** Signs challenges and names counters. */
  readonly secret: string;
  readonly instances: ReadonlyMap<string, Instance>;
  readonly instanceOf: (headers: RequestHeaders) => string | undefined;
  /** Of the instances that somebody listed. */
  readonly organizations: Map<string, Promise<readonly DirectoryEntry[]>>;
}

const META = `SELECT key, value FROM iam.meta WHERE key IN ('directory', 'generation', 'secret')`;
const ALL = 'SELECT id, name FROM iam.instances ORDER BY added_at, id';

/**
 * The instances and their hosts, read again when another process has changed them. Organizations stay in the database:
 * there may be a hundred thousand. Who lists all of one instance reads them once for each change.
 */
export class Instances {
  readonly #database: Database;
  #known: Directory;

  private constructor(database: Database, known: Directory) {
    this.#database = database;
    this.#known = known;
  }

  /** @throws Fault when the accounts have not begun */
  static async open(database: Database): Promise<Instances> {
    return new Instances(database, await read(database));
  }

  /** Reads them again if they have changed. What was read before goes on if that fails. @throws Fault */
  async refresh(): Promise<void> {
    const { directory, generation, secret } = await metaOf(this.#database);
    const known = this.#known;
    if (known.version === directory && known.generation === generation && known.secret === secret) return;
    this.#known = await read(this.#database);
  }

  /** The same, where a version was read along with something else. @throws Fault */
  async reach(version: string): Promise<void> {
    if (version !== this.#known.version) await this.refresh();
  }

  /** The instance of a request, by its host; `undefined` when none is served under it. */
  of(headers: RequestHeaders): Instance | undefined {
    return this.#known.instances.get(this.#known.instanceOf(headers) ?? '');
  }

  /** The same for a host that may have been added meanwhile. @throws Fault */
  async find(headers: RequestHeaders): Promise<Instance | undefined> {
    if (this.of(headers) === undefined) await this.refresh();
    return this.of(headers);
  }

  get all(): readonly Instance[] {
    return [...this.#known.instances.values()];
  }

  /** Whether the server has a single instance. */
  get isOnly(): boolean {
    return this.#known.instances.size === 1;
  }

  get generation(): string {
    return this.#known.generation;
  }

  get secret(): string {
    return this.#known.secret;
  }

  /** An organization, as the database has it now. @throws Fault */
  async organization({ instanceId, organizationId }: OrganizationRef): Promise<DirectoryEntry | undefined> {
    const [row] = await this.#database.run(
      sql`SELECT id, name FROM iam.organizations WHERE instance = ${instanceId} AND id = ${organizationId}`,
    );
    return row && entryIn(row);
  }

  /** Whether an organization exists. @throws Fault */
  async exists(organization: OrganizationRef): Promise<boolean> {
    return (await this.organization(organization)) !== undefined;
  }

  /** Some organizations of an instance, however many it has: the first by id, sorted by name. @throws Fault */
  async some({ id }: Instance, limit: number): Promise<readonly DirectoryEntry[]> {
    const rows = await this.#database.run(
      sql`SELECT id, name FROM iam.organizations WHERE instance = ${id} ORDER BY id LIMIT ${limit}`,
    );
    return sortedIn(rows);
  }

  /** All organizations of an instance, sorted by name. @throws Fault */
  async organizations({ id }: Pick<Instance, 'id'>): Promise<readonly DirectoryEntry[]> {
    const { instances, organizations } = this.#known;
    if (!instances.has(id)) return [];
    const known = organizations.get(id);
    if (known !== undefined) return known;
    const reading = this.#database
      .run(sql`SELECT id, name FROM iam.organizations WHERE instance = ${id} ORDER BY id`)
      .then(sortedIn);
    organizations.set(id, reading);
    reading.catch(() => organizations.delete(id));
    return reading;
  }

  /** The ids of an instance's organizations, sorted by name. @throws Fault */
  async list({ instanceId: id }: InstanceRef): Promise<readonly string[]> {
    return (await this.organizations({ id })).map((one) => one.id);
  }
}

interface Meta {
  readonly directory: string;
  readonly generation: string;
  readonly secret: string;
}

async function metaOf(database: Database): Promise<Meta> {
  const rows = await database.run({ sql: META, values: [] });
  const values = new Map(rows.map((row) => [row['key'], row['value']]));
  const [directory, generation, secret] = ['directory', 'generation', 'secret'].map((key) => values.get(key));
  if (typeof directory === 'string' && typeof generation === 'string' && typeof secret === 'string')
    return { directory, generation, secret };
  throw new Fault('store-damaged', { store: database.name, problem: 'it lacks the accounts of a first start' });
}

async function read(database: Database): Promise<Directory> {
  // The version is read first: a change in between is read once more.
  const { directory: version, generation, secret } = await metaOf(database);
  const hosts = await database.run({ sql: 'SELECT host, instance FROM iam.hosts', values: [] });
  const rows = await database.run({ sql: ALL, values: [] });
  const instances = new Map(rows.map(entryIn).map((one) => [one.id, one]));
  const [only] = instances.keys();
  const isOnly = instances.size === 1 && hosts.length === 0;
  const byHost = Object.fromEntries(hosts.map((row) => [textIn(row, 'host'), textIn(row, 'instance')]));
  const instanceOf = isOnly ? (): string | undefined => only : instancesByHost(byHost);
  return { version, generation, secret, instances, instanceOf, organizations: new Map() };
}

function entryIn(row: Row): DirectoryEntry {
  return { id: textIn(row, 'id'), name: textIn(row, 'name') };
}

function sortedIn(rows: readonly Row[]): readonly DirectoryEntry[] {
  return rows.map(entryIn).sort((left, right) => byName.compare(left.name, right.name));
}
