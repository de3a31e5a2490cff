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

/** Numbers in names count as numbers: the second comes before the tenth. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * An instance, its organizations and its accounts, as `iam.json` had them at one moment: what is decided about one request is
 * decided by one of these, however often the file changes meanwhile.
 */
export class Instance {
  readonly id: string;
  readonly name: string;
  /** Of the secrets that its accounts have here. Sessions of another generation count for nothing. */
  readonly generation: string;
  /** All of them by name. */
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

  /** The machine whose token a request carries. */
  machineOf(headers: RequestHeaders): Machine | undefined {
    const token = bearerToken(headers);
    return token === undefined ? undefined : this.#machines.get(digestOf(token));
  }
}

interface Known {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly instanceOf: (headers: RequestHeaders) => string | undefined;
}

/** The instances of `iam.json` as the file says at the moment: another process may have made all secrets anew. */
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

  /** Reads the file again where it is another one. A file that is gone or damaged changes nothing, and is told of once. */
  async refresh(): Promise<void> {
    const found = await stat(factsFile(this.#dataFolder), { bigint: true }).catch(() => undefined);
    const mark = found === undefined ? 'gone' : `${found.ino} ${found.mtimeNs} ${found.size}`;
    // One after the other: an earlier reading that ends later would put the old one back.
    if (mark !== this.#mark) this.#loading = this.#loading.then(() => this.#load());
    this.#mark = mark;
    // Nobody goes by the old one while another request reads the new one.
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

  /** The instance a request is for, by its host; `undefined` for none that is served here. */
  of(headers: RequestHeaders): Instance | undefined {
    return this.#known.instances.get(this.#known.instanceOf(headers) ?? '');
  }

  /** An instance as the file has it now; `undefined` where it is gone. */
  async current({ id }: Pick<Instance, 'id'>): Promise<Instance | undefined> {
    await this.refresh();
    return this.#known.instances.get(id);
  }

  exists({ instanceId, organizationId }: OrganizationRef): boolean {
    return this.#known.instances.get(instanceId)?.organizationIds.has(organizationId) ?? false;
  }

  /** The ids of an instance's organizations, in the order of their names. */
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
