import type { OrganizationRef, OwnerRef } from '@login-policy/domain';
import { answerOf, InvalidValue, isOrganization, isYes, parseOrganization } from '@login-policy/domain/model';
import { permissionDenied, unauthenticated, unknownInstance, unknownOrganization } from '../errors/refusals.js';
import { parseCaller, parseInstanceId } from '../ports/answers.js';
import type { Caller } from '../ports/caller.js';
import type { ApiRequest, Ports } from '../ports/ports.js';
import { AdmittedCall } from './admitted-call.js';
import type { CallContext } from './call-context.js';
import type { Incoming } from './conditions.js';
import type { Scope } from './scope.js';
import { NOBODY } from './served-method.js';

/** The permission check before a request is read. */
export interface Requirement {
  /** `undefined`: no permission. */
  readonly permission: string | undefined;
  /** Whether the caller must be authenticated even without a permission. */
  readonly needsCaller?: boolean;
  /** A second permission that is required. */
  readonly alsoPermission?: string;
  readonly scope: Scope<OwnerRef>;
}

/** An incoming request, with the instance and the caller for the access log. */
export interface IncomingRequest extends ApiRequest, Incoming {
  instanceId: string | undefined;
  callerId: string | undefined;
  /** Aborts at the caller's deadline, if there is one. */
  readonly deadline: AbortSignal | undefined;
  /** Checks the caller again once the body has arrived, which may take seconds. @throws ApiError */
  renew: (() => Promise<void>) | undefined;
}

/** An authorized caller and the owner of the policy. */
interface Admitted {
  readonly caller: Caller;
  readonly owner: OwnerRef;
}

/** The caller, the owner of the policy, and the permission to check. */
interface PermissionCheck extends Admitted {
  readonly permission: string;
}

/** How long a body may take, or a long answer go on, before the caller is checked again. */
const RENEW_MS = 1000;

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
  async admit(requirement: Requirement, request: IncomingRequest): Promise<CallContext<OwnerRef>> {
    const { needsCaller = false, permission } = requirement;
    if (permission === undefined && !needsCaller)
      return new AdmittedCall({ actor: NOBODY.instanceId, incoming: request, owner: NOBODY }, WITHOUT_CALLER);
    const { caller, owner } = await this.#authorize(requirement, request);
    const { instanceId } = owner;
    const current = this.#renewable({ caller, owner }, () => this.#authorize(requirement, request));
    const renew = async (): Promise<void> => void (await current());
    request.renew = renew;
    return new AdmittedCall(
      { actor: caller.id, subject: caller.subject, incoming: request, owner },
      {
        organization: async (organizationId) => {
          const organization = { instanceId, organizationId };
          await this.#require({ caller, permission: permission ?? 'policy.read', owner: organization }, request);
          return organization;
        },
        isAllowed: async (other, of) =>
          this.#isAllowed({ caller: await current(), permission: other, owner: of }, request),
        renew,
      },
    );
  }

  /**
   * Returns a function that returns the caller with the grants of now. A token may expire or be revoked, and a
   * permission be taken away, while a body arrives or a long answer such as a rollout runs. Concurrent calls share a check.
   */
  #renewable(admitted: Admitted, authorize: () => Promise<Admitted>): () => Promise<Caller> {
    let [latest, checkedAt] = [Promise.resolve(admitted), performance.now()];
    const { caller, owner } = admitted;
    return async () => {
      if (performance.now() - checkedAt > RENEW_MS) {
        checkedAt = performance.now();
        latest = authorize();
      }
      const now = await latest;
      if (now.caller.id !== caller.id || !isSameOwner(now.owner, owner)) throw unauthenticated();
      return now.caller;
    };
  }

  /** Authenticates and authorizes a caller. @throws ApiError */
  async #authorize({ alsoPermission, permission, scope }: Requirement, request: IncomingRequest): Promise<Admitted> {
    const instanceId = parseInstanceId(await inTime(request, 'instanceOf', this.#ports.instanceOf(request)));
    request.instanceId = instanceId;
    if (instanceId === undefined) throw unknownInstance();
    const answer = await inTime(request, 'authenticate', this.#ports.authenticate(request));
    const caller = parseCaller(answer, 'the answer of authenticate');
    request.callerId = caller?.id;
    if (caller === undefined) throw unauthenticated();
    // Checked here and not by `isAllowed`: a hook that only looks at roles would let in administrators of other
    // instances.
    if (caller.instanceId !== instanceId) throw permissionDenied(permission ?? 'policy.read');
    const named = scope.level === 'organization' ? organizationOf(request, caller) : undefined;
    const owner = named === undefined ? { instanceId } : { instanceId, organizationId: named };
    scope.narrow(owner);
    if (permission !== undefined) await this.#require({ caller, permission, owner }, request);
    if (alsoPermission !== undefined) await this.#require({ caller, permission: alsoPermission, owner }, request);
    return { caller, owner };
  }

  /** The permission is checked first, so that a caller without one can't find out which organizations exist. */
  async #require(check: PermissionCheck, request: IncomingRequest): Promise<void> {
    const { owner, permission } = check;
    if (!(await this.#isAllowed(check, request))) throw permissionDenied(permission);
    if (isOrganization(owner) && !(await this.#exists(owner, request))) throw unknownOrganization();
  }

  async #isAllowed({ caller, owner, permission }: PermissionCheck, request: IncomingRequest): Promise<boolean> {
    const { instanceId } = owner;
    // Written out, because nearly every call passes here and a spread would cost several times as much.
    const scope = isOrganization(owner)
      ? { instanceId, organizationId: owner.organizationId, request }
      : { instanceId, request };
    const answer = await inTime(request, 'isAllowed', this.#ports.isAllowed(caller, permission, scope));
    return isYes(answer, 'isAllowed');
  }

  async #exists(named: OrganizationRef, request: IncomingRequest): Promise<boolean> {
    const organization = organizationIn(named);
    if (organization === undefined) return false;
    const hook = 'organizations.exists';
    return isYes(await inTime(request, hook, this.#ports.organizations.exists(organization, request)), hook);
  }
}

/**
 * The answer of a hook, which may hang.
 *
 * @throws DeadlineExceeded at the caller's deadline, when the client has left, or after 30 seconds
 */
function inTime<Answer>(
  request: Pick<IncomingRequest, 'signal'>,
  hook: string,
  answer: Answer | Promise<Answer>,
): Answer | Promise<Answer> {
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return answer;
  return answerOf(hook, { given: request.signal, leftMs: Infinity }, () => answer);
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

function isSameOwner(one: OwnerRef, other: OwnerRef): boolean {
  return isOrganization(one)
    ? isOrganization(other) && one.organizationId === other.organizationId
    : !isOrganization(other);
}

/** The context of a call without a caller: no organization, no permissions. */
const WITHOUT_CALLER: Pick<CallContext<OwnerRef>, 'isAllowed' | 'organization' | 'renew'> = {
  organization: () => Promise.reject(unauthenticated()),
  isAllowed: () => Promise.resolve(false),
  renew: () => Promise.resolve(),
};

function organizationOf(headers: ApiRequest, caller: Caller): string | undefined {
  const named = headers.get('x-zitadel-orgid');
  return named === undefined || named === '' ? caller.organizationId : fromUtf8(named);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Servers hand headers out in Latin-1. Clients that send bytes, such as curl and those in Go, mean UTF-8. */
function fromUtf8(header: string): string {
  if (!/[\x80-\xff]/.test(header) || /[^\t-\xff]/.test(header)) return header;
  try {
    return UTF8.decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}
