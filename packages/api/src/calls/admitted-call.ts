import type { CommandOptions, InstanceRef, OwnerRef, PolicyReadOptions } from '@login-policy/domain';
import type { CallContext } from './call-context.js';
import { commandOptions, readOptions, type Incoming } from './conditions.js';
import type { Admission } from './pipeline.js';
import { NOBODY } from './served-method.js';

/** A call that was let in. For a read nobody looks at what only a change can be under, nor the other way round. */
export class AdmittedCall implements CallContext<OwnerRef> {
  readonly owner: OwnerRef;
  readonly instance: InstanceRef;
  readonly organization: CallContext<OwnerRef>['organization'];
  readonly #actor: string;
  readonly #incoming: Incoming;

  constructor(
    { admission, incoming }: { readonly admission: Admission; readonly incoming: Incoming },
    organization: CallContext<OwnerRef>['organization'],
  ) {
    this.owner = admission.owner;
    this.instance = { instanceId: admission.owner.instanceId };
    this.organization = organization;
    this.#actor = admission.caller?.id ?? NOBODY.instanceId;
    this.#incoming = incoming;
  }

  get command(): CommandOptions {
    return commandOptions(this.#actor, this.#incoming);
  }

  get read(): PolicyReadOptions {
    return readOptions(this.#incoming);
  }
}
