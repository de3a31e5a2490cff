import type { Caller } from '@login-policy/api';
import { orThrow, type LoginPolicies } from '@login-policy/domain';
import type { Instances } from '../accounts/instances.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { noInstance } from '../http/refusal.js';

const PAGE = 1000;

/** Lists the organizations, and which have a custom policy. */
export class DirectoryRoutes {
  readonly #instances: Instances;
  readonly #policies: LoginPolicies;

  constructor(instances: Instances, policies: LoginPolicies) {
    this.#instances = instances;
    this.#policies = policies;
  }

  async organizations(exchange: Exchange): Promise<void> {
    const instance = this.#instances.of(exchange.headers);
    if (instance === undefined) throw noInstance();
    sendJson(exchange, { organizations: instance.organizations.map(({ id, name }) => ({ id, name })) });
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
