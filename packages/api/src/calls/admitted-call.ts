import type { CommandOptions, InstanceRef, OwnerRef, PolicyReadOptions } from '@login-policy/domain';
import type { CallContext } from './call-context.js';
import { commandOptions, readOptions, type Incoming } from './conditions.js';

/** The caller of a call, and the owner of its policy. */
interface AdmittedBy {
  readonly actor: string;
  readonly subject?: string | undefined;
  readonly incoming: Incoming;
  readonly owner: OwnerRef;
}

/** The context of an authorized call. Reads ignore write preconditions; writes ignore read options. */
export class AdmittedCall implements CallContext<OwnerRef> {
  readonly owner: OwnerRef;
  readonly subject: string;
  readonly organization: CallContext<OwnerRef>['organization'];
  readonly isAllowed: CallContext<OwnerRef>['isAllowed'];
  readonly renew: CallContext<OwnerRef>['renew'];
  readonly #actor: string;
  readonly #incoming: Incoming;

  constructor(
    { actor, incoming, owner, subject = actor }: AdmittedBy,
    { isAllowed, organization, renew }: Pick<CallContext<OwnerRef>, 'isAllowed' | 'organization' | 'renew'>,
  ) {
    this.owner = owner;
    this.subject = subject;
    this.organization = organization;
    this.isAllowed = isAllowed;
    this.renew = renew;
    this.#actor = actor;
    this.#incoming = incoming;
  }

  get instance(): InstanceRef {
    return { instanceId: this.owner.instanceId };
  }

  get command(): CommandOptions {
    return commandOptions(this.#actor, this.#incoming);
  }

  get read(): PolicyReadOptions {
    return readOptions(this.#incoming);
  }
}
