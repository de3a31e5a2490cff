import type { Position } from '@login-policy/event-sourcing';
import type { PolicyParts } from '../policy-parts.js';
import { isOrganization, type Organization, type Owner } from '../policy/owner.js';
import { eachOnce } from '../reads/each-once.js';
import { listOnDefault, parseOnDefault } from '../reads/on-default.js';
import type { Reached } from './policy-changed.js';

/** What is needed to tell whom a change affects. */
export interface ReachSources extends Pick<PolicyParts, 'organizations' | 'instancePolicies'> {
  /** The position of the change: reads answer from rows that include it. */
  readonly position: Position;
}

/** The organizations that a change of a policy affects. */
export function reachOf(owner: Owner, sources: ReachSources): Reached {
  return {
    organizations: ({ limit, signal } = {}) =>
      isOrganization(owner) ? only(owner) : pagesOnDefault(owner, { limit, signal }, sources),
  };
}

async function* only(organization: Organization): AsyncGenerator<readonly Organization[], void, undefined> {
  yield [organization];
}

async function* pagesOnDefault(
  instance: Exclude<Owner, Organization>,
  page: { readonly limit: number | undefined; readonly signal: AbortSignal | undefined },
  { organizations: directory, instancePolicies: policies, position: atLeast }: ReachSources,
): AsyncGenerator<readonly Organization[], void, undefined> {
  const given = Object.fromEntries(Object.entries({ ...page, atLeast }).filter(([, value]) => value !== undefined));
  const once = eachOnce('the list of organizations');
  for (let after: string | undefined; ;) {
    const options = after === undefined ? given : { ...given, after };
    const request = parseOnDefault(instance, options);
    const { organizations, next } = await listOnDefault(request, { directory, policies });
    if (organizations.length > 0) yield organizations;
    if (next === undefined) return;
    once(next);
    after = next;
  }
}
