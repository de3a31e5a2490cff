import type { Caller } from '@login-policy/api';
import { orThrow, type LoginPolicies } from '@login-policy/domain';
import type { Tenants } from '../accounts/tenants.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { noInstance } from '../http/refusal.js';

const PAGE = 1000;

/** Says which organizations there are, and which have a custom policy. */
export class DirectoryRoutes {
  readonly #tenants: Tenants;
  readonly #policies: LoginPolicies;

  constructor(tenants: Tenants, policies: LoginPolicies) {
    this.#tenants = tenants;
    this.#policies = policies;
  }

  async organizations(exchange: Exchange): Promise<void> {
    const tenant = this.#tenants.of(exchange.headers);
    if (tenant === undefined) throw noInstance();
    sendJson(exchange, { organizations: tenant.organizations });
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
