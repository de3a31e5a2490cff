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
import type { Ports, RequestHeaders } from '../ports/ports.js';
import { AdmittedCall } from './admitted-call.js';
import type { Answer, CallContext } from './call-context.js';
import type { Incoming } from './conditions.js';
import { isPending, type Answered } from './pending.js';
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
}

/** A demand, of whoever sent these headers. */
interface Asked {
  readonly permission: string;
  readonly also: string | undefined;
  readonly scope: Scope<OwnerRef>;
  readonly instanceId: string;
  readonly headers: RequestHeaders;
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

  /**
   * Lets a caller in by his headers alone: nobody's body is looked at before. At once, when those who are asked answer at once.
   *
   * @throws ApiError, at once or later.
   */
  admit(demand: Demand, headers: RequestHeaders): Answered<Admission> {
    const { also, permission, scope } = demand;
    if (permission === undefined) return { permission: '', owner: NOBODY, caller: undefined };
    const instanceId = this.#ports.instanceOf(headers);
    if (instanceId === undefined) throw unknownInstance();
    const asked: Asked = { permission, also, scope, instanceId, headers };
    const caller = this.#ports.authenticate(headers);
    return isPending(caller)
      ? Promise.resolve(caller).then((known) => this.#letIn(known, asked))
      : this.#letIn(caller, asked);
  }

  #letIn(caller: Caller | undefined, { also, headers, instanceId, permission, scope }: Asked): Answered<Admission> {
    if (caller === undefined) throw unauthenticated();
    // Not left to `isAllowed`: a program that answers by the role alone would let in the administrators of its neighbours.
    if (caller.instanceId !== instanceId) throw permissionDenied(permission);
    const named = scope.regards === 'organization' ? organizationOf(headers, caller) : undefined;
    const owner = named === undefined ? { instanceId } : { instanceId, organizationId: named };
    scope.narrow(owner);
    const admission = { permission, owner, caller };
    const pending = this.#demand(admission);
    return pending === undefined && also === undefined ? admission : this.#onceAllowed(admission, pending, also);
  }

  async #onceAllowed(
    admission: Admission & { readonly caller: Caller },
    pending: Promise<void> | undefined,
    also: string | undefined,
  ): Promise<Admission> {
    await pending;
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
      const { caller, owner, permission } = admission;
      const organization = { instanceId: owner.instanceId, organizationId };
      if (caller === undefined) throw unauthenticated();
      await this.#demand({ permission, owner: organization, caller });
      return organization;
    });
  }

  /** Nothing to wait for in the instance, when the port answers at once. */
  #demand({ permission, owner, caller }: Admission & { readonly caller: Caller }): Promise<void> | undefined {
    const allowed = this.#ports.isAllowed(caller, permission, owner);
    if (allowed === true && !isOrganization(owner)) return undefined;
    return this.#demandBoth(allowed, { permission, owner });
  }

  /** The permission comes first: who has none does not learn which organizations there are. */
  async #demandBoth(
    allowed: boolean | Promise<boolean>,
    { permission, owner }: Pick<Admission, 'permission' | 'owner'>,
  ): Promise<void> {
    if (!(await allowed)) throw permissionDenied(permission);
    if (isOrganization(owner) && !(await this.#exists(owner))) throw unknownOrganization();
  }

  async #exists(organization: OrganizationRef): Promise<boolean> {
    try {
      return await this.#ports.organizations.exists(parseOrganization(organization, 'x-zitadel-orgid'));
    } catch (caught) {
      if (caught instanceof InvalidValue) return false;
      throw caught;
    }
  }
}

function organizationOf(headers: RequestHeaders, caller: Caller): string | undefined {
  const named = headers.get('x-zitadel-orgid');
  return named === undefined || named === '' ? caller.organizationId : named;
}
