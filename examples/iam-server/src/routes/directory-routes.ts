import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { sendJson, type Exchange } from '../http/exchange.js';
import type { OrganizationDirectory } from '../organization-directory.js';

const PAGE = 1000;

/** Says which organizations there are, and which have a custom policy. */
export class DirectoryRoutes {
  readonly #instanceId: string;
  readonly #directory: OrganizationDirectory;
  readonly #policies: LoginPolicies;

  constructor(instanceId: string, directory: OrganizationDirectory, policies: LoginPolicies) {
    this.#instanceId = instanceId;
    this.#directory = directory;
    this.#policies = policies;
  }

  async organizations(exchange: Exchange): Promise<void> {
    sendJson(exchange, { organizations: this.#directory.entries });
  }

  async customized(exchange: Exchange): Promise<void> {
    const organizationIds: string[] = [];
    let after: string | undefined;
    do {
      const options = { limit: PAGE, ...(after !== undefined && { after }) };
      const answer = await this.#policies.organizationsWithCustomPolicy({ instanceId: this.#instanceId }, options);
      const { organizations, next } = orThrow(answer);
      organizationIds.push(...organizations.map(({ organizationId }) => organizationId));
      after = next;
    } while (after !== undefined);
    sendJson(exchange, { organizationIds });
  }
}
