import { instancesByHost, type RequestHeaders } from '@login-policy/api';
import type { InstanceRef, OrganizationRef } from '@login-policy/domain';
import { Fault } from '@login-policy/event-sourcing';
import { textIn, type Database, type Row } from './database/database.js';

/** Numbers in names sort as numbers: 2 before 10. */
const byName = new Intl.Collator('en', { numeric: true });

/** An organization of the directory. */
export interface DirectoryEntry {
  readonly id: string;
  readonly name: string;
}

/** An instance with its organizations: an immutable snapshot, so that one request sees one state. */
export interface Instance {
  readonly id: string;
  readonly name: string;
  /** All of them, sorted by name. */
  readonly organizations: readonly DirectoryEntry[];
  readonly organizationIds: ReadonlySet<string>;
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
}

const META = `SELECT key, value FROM iam.meta WHERE key IN ('directory', 'generation', 'secret')`;
const ALL = `SELECT i.id, i.name, o.id AS organization, o.name AS organization_name
  FROM iam.instances i LEFT JOIN iam.organizations o ON o.instance = i.id ORDER BY i.added_at, i.id`;

/** The instances, their hosts and their organizations, read again when another process has changed them. */
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

  /** Whether an organization exists, which may have been added meanwhile. @throws Fault */
  async exists(organization: OrganizationRef): Promise<boolean> {
    if (this.#has(organization)) return true;
    await this.refresh();
    return this.#has(organization);
  }

  /** The ids of an instance's organizations, sorted by name. */
  list({ instanceId }: InstanceRef): Iterable<string> {
    return this.#known.instances.get(instanceId)?.organizationIds ?? [];
  }

  #has({ instanceId, organizationId }: OrganizationRef): boolean {
    return this.#known.instances.get(instanceId)?.organizationIds.has(organizationId) ?? false;
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
  const instances = instancesIn(await database.run({ sql: ALL, values: [] }));
  const [only] = instances.keys();
  const isOnly = instances.size === 1 && hosts.length === 0;
  const byHost = Object.fromEntries(hosts.map((row) => [textIn(row, 'host'), textIn(row, 'instance')]));
  return { version, generation, secret, instances, instanceOf: isOnly ? () => only : instancesByHost(byHost) };
}

function instancesIn(rows: readonly Row[]): ReadonlyMap<string, Instance> {
  const found = new Map<string, { readonly name: string; readonly organizations: DirectoryEntry[] }>();
  for (const row of rows) {
    const id = textIn(row, 'id');
    const one = found.get(id) ?? { name: textIn(row, 'name'), organizations: [] };
    if (row['organization'] !== null)
      one.organizations.push({ id: textIn(row, 'organization'), name: textIn(row, 'organization_name') });
    found.set(id, one);
  }
  return new Map(
    [...found].map(([id, { name, organizations }]) => {
      organizations.sort((left, right) => byName.compare(left.name, right.name));
      return [id, { id, name, organizations, organizationIds: new Set(organizations.map((one) => one.id)) }];
    }),
  );
}
