import { stat } from 'node:fs/promises';
import { bearerToken, instancesByHost, type RequestHeaders } from '@login-policy/api';
import type { InstanceRef, OrganizationRef } from '@login-policy/domain';
import {
  factsFile,
  loadFacts,
  type DirectoryEntry,
  type IamFacts,
  type InstanceFacts,
  type Machine,
  type User,
} from '../data/iam-facts.js';
import { CannotStart } from '../config.js';
import { digestOf } from './machine-tokens.js';

/** Numbers in names sort as numbers: 2 before 10. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * An instance with its organizations and accounts: an immutable snapshot of `iam.json`, so that one request sees one
 * state even if the file changes.
 */
export class Instance {
  readonly id: string;
  readonly name: string;
  /** The generation of its accounts' secrets. Sessions of another generation are invalid. */
  readonly generation: string;
  /** All of them, sorted by name. */
  readonly organizations: readonly DirectoryEntry[];
  readonly organizationIds: ReadonlySet<string>;
  readonly users: readonly User[];
  readonly #machines: ReadonlyMap<string, Machine>;

  constructor({ id, name, organizations, users, machines }: InstanceFacts, generation: string) {
    this.id = id;
    this.name = name;
    this.generation = generation;
    this.organizations = [...organizations].sort((left, right) => byName.compare(left.name, right.name));
    this.organizationIds = new Set(this.organizations.map((one) => one.id));
    this.users = users;
    this.#machines = new Map(machines.map((machine) => [machine.tokenDigest, machine]));
  }

  user(member: 'id' | 'name', value: string): User | undefined {
    return this.users.find((one) => one[member] === value);
  }

  /** The machine whose token the request carries. */
  machineOf(headers: RequestHeaders): Machine | undefined {
    const token = bearerToken(headers);
    return token === undefined ? undefined : this.#machines.get(digestOf(token));
  }
}

interface Known {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly instanceOf: (headers: RequestHeaders) => string | undefined;
}

/** The instances in the current `iam.json`. Another process may have replaced all secrets. */
export class Instances {
  readonly #dataFolder: string;
  readonly #onFailure: (cause: unknown) => void;
  #known: Known;
  #mark = '';
  #loading: Promise<void> = Promise.resolve();

  constructor(dataFolder: string, facts: IamFacts, onFailure: (cause: unknown) => void) {
    this.#dataFolder = dataFolder;
    this.#onFailure = onFailure;
    this.#known = knownOf(facts);
  }

  /** Reads the file again if it has changed. A missing or damaged file changes nothing and is logged once. */
  async refresh(): Promise<void> {
    const found = await stat(factsFile(this.#dataFolder), { bigint: true }).catch(() => undefined);
    const mark = found === undefined ? 'gone' : `${found.ino} ${found.mtimeNs} ${found.size}`;
    // One at a time: otherwise a slow earlier read could overwrite a later one.
    if (mark !== this.#mark) this.#loading = this.#loading.then(() => this.#load());
    this.#mark = mark;
    // Requests wait for a running read, so that none uses the old state beside the new one.
    await this.#loading;
  }

  async #load(): Promise<void> {
    const file = factsFile(this.#dataFolder);
    try {
      const facts = await loadFacts(this.#dataFolder);
      if (facts === undefined) throw new CannotStart(`${file} is gone. What it said still counts in this process.`);
      this.#known = knownOf(facts);
    } catch (caught) {
      this.#onFailure(caught);
    }
  }

  /** The instance of a request, by its host; `undefined` when none is served under it. */
  of(headers: RequestHeaders): Instance | undefined {
    return this.#known.instances.get(this.#known.instanceOf(headers) ?? '');
  }

  /** An instance in the current file; `undefined` when it is gone. */
  async current({ id }: Pick<Instance, 'id'>): Promise<Instance | undefined> {
    await this.refresh();
    return this.#known.instances.get(id);
  }

  /** Whether the server has a single instance. */
  get isOnly(): boolean {
    return this.#known.instances.size === 1;
  }

  exists({ instanceId, organizationId }: OrganizationRef): boolean {
    return this.#known.instances.get(instanceId)?.organizationIds.has(organizationId) ?? false;
  }

  /** The ids of an instance's organizations, sorted by name. */
  list({ instanceId }: InstanceRef): Iterable<string> {
    return this.#known.instances.get(instanceId)?.organizationIds ?? [];
  }
}

function knownOf({ generation, instances: all }: IamFacts): Known {
  const hosts = all.flatMap(({ id, hosts: names = [] }) => names.map((host) => [host, id] as const));
  const only = all.length === 1 && hosts.length === 0 ? all[0]?.id : undefined;
  return {
    instances: new Map(all.map((facts) => [facts.id, new Instance(facts, generation)])),
    instanceOf: only === undefined ? instancesByHost(Object.fromEntries(hosts)) : () => only,
  };
}
