import type { Caller } from '@login-policy/api';
import { orThrow, type LoginPolicies } from '@login-policy/domain';
import type { Database } from '../accounts/database/database.js';
import { knownProviders } from '../accounts/identity-providers.js';
import type { Instances } from '../accounts/instances.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { noInstance } from '../http/refusal.js';

const PAGE = 1000;

/** Lists the organizations, which have a custom policy, and the identity providers. */
export class DirectoryRoutes {
  readonly #instances: Instances;
  readonly #policies: LoginPolicies;
  readonly #database: Database;

  constructor(instances: Instances, policies: LoginPolicies, database: Database) {
    this.#database = database;
    this.#instances = instances;
    this.#policies = policies;
  }

  async organizations(exchange: Exchange): Promise<void> {
    const instance = this.#instances.of(exchange.headers);
    if (instance === undefined) throw noInstance();
    sendJson(exchange, { organizations: await this.#instances.organizations(instance) });
  }

  async identityProviders(exchange: Exchange, { instanceId }: Caller): Promise<void> {
    sendJson(exchange, { identityProviders: await knownProviders(this.#database, instanceId) });
  }

  async customized(exchange: Exchange, { instanceId }: Caller): Promise<void> {
    const organizationIds: string[] = [];
    let after: string | undefined;
    do {
      const options = { limit: PAGE, ...(after !== undefined && { after }) };
      const answer = await this.#policies.organizationsWithCustomPolicy({ instanceId }, options);
      const { organizations, next } = orThrow(answer);
      organizationIds.push(...organizations.map(({ organizationId }) => organizationId));
      after = next;
    } while (after !== undefined);
    sendJson(exchange, { organizationIds });
  }
}
