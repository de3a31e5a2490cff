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

/** What has to be true of a caller before their request is looked at. */
export interface Demand {
  /** `undefined`: nothing. */
  readonly permission: string | undefined;
  /** Whether the caller has to be known where no permission is demanded. */
  readonly isKnown?: boolean;
  /** What they have to be allowed besides. */
  readonly also?: string;
  readonly scope: Scope<OwnerRef>;
}

/** A request on its way in, and what is found out about it, for the access log. */
export interface Visit extends ApiRequest, Incoming {
  instanceId: string | undefined;
  callerId: string | undefined;
}

/** The caller that asks to do something, and the owner of the policy. */
interface Wish {
  readonly caller: Caller;
  readonly permission: string;
  readonly owner: OwnerRef;
}

/**
 * The one way through, whatever protocol a request came by: authenticate, authorize, validate, call. What it refuses,
 * it throws as an `ApiError`; the domain's faults are thrown as they are and translated by `fromThrown`.
 */
export class Pipeline {
  readonly #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Lets a caller in by their headers alone: nobody's body is looked at before. @throws ApiError */
  async admit({ also, isKnown = false, permission, scope }: Demand, visit: Visit): Promise<CallContext<OwnerRef>> {
    if (permission === undefined && !isKnown)
      return new AdmittedCall({ actor: NOBODY.instanceId, incoming: visit, owner: NOBODY }, NOWHERE);
    const instanceId = parseInstanceId(await this.#ports.instanceOf(visit));
    visit.instanceId = instanceId;
    if (instanceId === undefined) throw unknownInstance();
    const caller = parseCaller(await this.#ports.authenticate(visit), 'the answer of authenticate');
    visit.callerId = caller?.id;
    if (caller === undefined) throw unauthenticated();
    // Not left to `isAllowed`: a program that answers by the role alone would let in the administrators of its neighbours.
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

  /** The permission comes first: who has none does not learn which organizations there are. */
  async #demand(wish: Wish, request: Visit): Promise<void> {
    const { owner, permission } = wish;
    if (!(await this.#isAllowed(wish, request))) throw permissionDenied(permission);
    if (isOrganization(owner) && !(await this.#exists(owner, request))) throw unknownOrganization();
  }

  async #isAllowed({ caller, owner, permission }: Wish, request: Visit): Promise<boolean> {
    const { instanceId } = owner;
    // Written out, since nearly every call passes here: a spread of owners of two forms costs several times as much.
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

/** An organization whose id is malformed does not exist. */
function organizationIn(named: OrganizationRef): OrganizationRef | undefined {
  try {
    return parseOrganization(named, 'x-zitadel-orgid');
  } catch (caught) {
    if (caught instanceof InvalidValue) return undefined;
    throw caught;
  }
}

/** Nobody is in no organization, and may do nothing. */
const NOWHERE: Pick<CallContext<OwnerRef>, 'isAllowed' | 'organization'> = {
  organization: () => Promise.reject(unauthenticated()),
  isAllowed: () => Promise.resolve(false),
};

function organizationOf(headers: ApiRequest, caller: Caller): string | undefined {
  const named = headers.get('x-zitadel-orgid');
  return named === undefined || named === '' ? caller.organizationId : named;
}
