import type { Message } from '@bufbuild/protobuf';
import {
  InvalidValue,
  isOrganization,
  parseOrganization,
  type OrganizationRef,
  type OwnerRef,
} from '@login-policy/domain';
import type { MethodContract } from '../contract/api-method.js';
import { permissionDenied, unauthenticated, unknownInstance, unknownOrganization } from '../errors/refusals.js';
import type { Caller } from '../ports/caller.js';
import type { ApiRequest, Ports } from '../ports/ports.js';
import { AdmittedCall } from './admitted-call.js';
import type { Answer, CallContext } from './call-context.js';
import type { Incoming } from './conditions.js';
import type { Scope } from './scope.js';
import { NOBODY, type Call } from './served-method.js';

/** What has to be true of a caller before his request is looked at. */
export interface Demand {
  /** `undefined`: nothing. */
  readonly permission: string | undefined;
  /** What he has to be allowed besides. */
  readonly also?: string;
  readonly scope: Scope<OwnerRef>;
}

/** A caller who was let in, and whose policy he is let in to. */
export interface Admission {
  readonly permission: string;
  readonly owner: OwnerRef;
  /** `undefined` where everybody is let in. */
  readonly caller: Caller | undefined;
  readonly request: ApiRequest;
}

/** A request on its way in, and what is found out about it, for the access log. */
export interface Visit {
  readonly request: ApiRequest;
  instanceId: string | undefined;
  callerId: string | undefined;
}

/** What a request that was let in is given to. */
export interface Carriable<Said> {
  readonly contract: Pick<MethodContract, 'check'>;
  readonly call: Call<Said>;
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
  async admit({ also, permission, scope }: Demand, visit: Visit): Promise<Admission> {
    const { request } = visit;
    if (permission === undefined) return { permission: '', owner: NOBODY, caller: undefined, request };
    const instanceId = await this.#ports.instanceOf(request);
    visit.instanceId = instanceId;
    if (instanceId === undefined) throw unknownInstance();
    const caller = await this.#ports.authenticate(request);
    visit.callerId = caller?.id;
    if (caller === undefined) throw unauthenticated();
    // Not left to `isAllowed`: a program that answers by the role alone would let in the administrators of its neighbours.
    if (caller.instanceId !== instanceId) throw permissionDenied(permission);
    const named = scope.regards === 'organization' ? organizationOf(request, caller) : undefined;
    const owner = named === undefined ? { instanceId } : { instanceId, organizationId: named };
    scope.narrow(owner);
    const admission = { permission, owner, caller, request };
    await this.#demand(admission);
    if (also !== undefined) await this.#demand({ ...admission, permission: also });
    return admission;
  }

  /** Answers a request that was let in. @throws ApiError, at once or later, or a fault of the store. */
  carryOut<Said>(
    { contract, call }: Carriable<Said>,
    request: Message,
    { admission, incoming }: { readonly admission: Admission; readonly incoming: Incoming },
  ): Promise<Answer<Said>> {
    contract.check?.(request);
    return call(request, this.context(admission, incoming));
  }

  /** What a method knows of a call that was let in. */
  context(admission: Admission, incoming: Incoming): CallContext<OwnerRef> {
    return new AdmittedCall({ admission, incoming }, async (organizationId) => {
      const { caller, owner, permission, request } = admission;
      const organization = { instanceId: owner.instanceId, organizationId };
      if (caller === undefined) throw unauthenticated();
      await this.#demand({ permission, owner: organization, caller, request });
      return organization;
    });
  }

  /** The permission comes first: who has none does not learn which organizations there are. */
  async #demand({ caller, owner, permission, request }: Admission & { readonly caller: Caller }): Promise<void> {
    if (!(await this.#ports.isAllowed(caller, permission, { ...owner, request }))) throw permissionDenied(permission);
    if (isOrganization(owner) && !(await this.#exists(owner, request))) throw unknownOrganization();
  }

  async #exists(organization: OrganizationRef, request: ApiRequest): Promise<boolean> {
    try {
      return await this.#ports.organizations.exists(parseOrganization(organization, 'x-zitadel-orgid'), request);
    } catch (caught) {
      if (caught instanceof InvalidValue) return false;
      throw caught;
    }
  }
}

function organizationOf(headers: ApiRequest, caller: Caller): string | undefined {
  const named = headers.get('x-zitadel-orgid');
  return named === undefined || named === '' ? caller.organizationId : named;
}
