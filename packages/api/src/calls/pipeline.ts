import type { OrganizationRef, OwnerRef } from '@login-policy/domain';
import { InvalidValue, isOrganization, isYes, parseOrganization } from '@login-policy/domain/model';
import { permissionDenied, unauthenticated, unknownInstance, unknownOrganization } from '../errors/refusals.js';
import { parseCaller, parseInstanceId } from '../ports/answers.js';
import type { Caller } from '../ports/caller.js';
import type { ApiRequest, Ports } from '../ports/ports.js';
import { AdmittedCall } from './admitted-call.js';
import type { CallContext } from './call-context.js';
import type { Incoming } from './conditions.js';
import type { Scope } from './scope.js';
import { NOBODY } from './served-method.js';

/** What a caller must fulfil before their request is read. */
export interface Demand {
  /** `undefined`: no permission. */
  readonly permission: string | undefined;
  /** Whether the caller must be authenticated even without a permission. */
  readonly isKnown?: boolean;
  /** A second permission that is required. */
  readonly also?: string;
  readonly scope: Scope<OwnerRef>;
}

/** An incoming request, with what is found out about it for the access log. */
export interface Visit extends ApiRequest, Incoming {
  instanceId: string | undefined;
  callerId: string | undefined;
}

/** The caller and the owner of the policy. */
interface Wish {
  readonly caller: Caller;
  readonly permission: string;
  readonly owner: OwnerRef;
}

/**
 * The single pipeline of all protocols: authenticate, authorize, validate, call. Refusals are thrown as `ApiError`;
 * faults of the domain are rethrown as they are and translated by `fromThrown`.
 */
export class Pipeline {
  readonly #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Authorizes a caller by the headers alone, before the body is read. @throws ApiError */
  async admit({ also, isKnown = false, permission, scope }: Demand, visit: Visit): Promise<CallContext<OwnerRef>> {
    if (permission === undefined && !isKnown)
      return new AdmittedCall({ actor: NOBODY.instanceId, incoming: visit, owner: NOBODY }, NOWHERE);
    const instanceId = parseInstanceId(await this.#ports.instanceOf(visit));
    visit.instanceId = instanceId;
    if (instanceId === undefined) throw unknownInstance();
    const caller = parseCaller(await this.#ports.authenticate(visit), 'the answer of authenticate');
    visit.callerId = caller?.id;
    if (caller === undefined) throw unauthenticated();
    // Checked here and not by `isAllowed`: a hook that only looks at roles would let in administrators of other
    // instances.
    if (caller.instanceId !== instanceId) throw permissionDenied(permission ?? 'policy.read');
    const named = scope.regards === 'organization' ? organizationOf(visit, caller) : undefined;
    const owner = named === undefined ? { instanceId } : { instanceId, organizationId: named };
    scope.narrow(owner);
    if (permission !== undefined) await this.#demand({ caller, permission, owner }, visit);
    if (also !== undefined) await this.#demand({ caller, permission: also, owner }, visit);
    return new AdmittedCall(
      { actor: caller.id, incoming: visit, owner },
      {
        organization: async (organizationId) => {
          const organization = { instanceId, organizationId };
          await this.#demand({ caller, permission: permission ?? 'policy.read', owner: organization }, visit);
          return organization;
        },
        isAllowed: (wanted, of) => this.#isAllowed({ caller, permission: wanted, owner: of }, visit),
      },
    );
  }

  /** The permission is checked first, so that a caller without one can't find out which organizations exist. */
  async #demand(wish: Wish, request: Visit): Promise<void> {
    const { owner, permission } = wish;
    if (!(await this.#isAllowed(wish, request))) throw permissionDenied(permission);
    if (isOrganization(owner) && !(await this.#exists(owner, request))) throw unknownOrganization();
  }

  async #isAllowed({ caller, owner, permission }: Wish, request: Visit): Promise<boolean> {
    const { instanceId } = owner;
    // Written out, because nearly every call passes here and a spread would cost several times as much.
    const place = isOrganization(owner)
      ? { instanceId, organizationId: owner.organizationId, request }
      : { instanceId, request };
    return isYes(await this.#ports.isAllowed(caller, permission, place), 'isAllowed');
  }

  async #exists(named: OrganizationRef, request: ApiRequest): Promise<boolean> {
    const organization = organizationIn(named);
    if (organization === undefined) return false;
    return isYes(await this.#ports.organizations.exists(organization, request), 'organizations.exists');
  }
}

/** The organization; `undefined` when its id is malformed, because it then can't exist. */
function organizationIn(named: OrganizationRef): OrganizationRef | undefined {
  try {
    return parseOrganization(named, 'x-zitadel-orgid');
  } catch (caught) {
    if (caught instanceof InvalidValue) return undefined;
    throw caught;
  }
}

/** The context of a call without a caller: no organization, no permissions. */
const NOWHERE: Pick<CallContext<OwnerRef>, 'isAllowed' | 'organization'> = {
  organization: () => Promise.reject(unauthenticated()),
  isAllowed: () => Promise.resolve(false),
};

function organizationOf(headers: ApiRequest, caller: Caller): string | undefined {
  const named = headers.get('x-zitadel-orgid');
  return named === undefined || named === '' ? caller.organizationId : named;
}
