import type { CustomizeOptions, InstanceRef, OrganizationRef, OwnerRef, PolicyReadOptions } from '@login-policy/domain';

/** All a method knows of a call apart from the request itself. */
export interface CallContext<Owner extends OwnerRef> {
  /** Whose policy is meant. */
  readonly owner: Owner;
  readonly instance: InstanceRef;
  /** The conditions of a change. @throws ApiError for a header that is not of its form. */
  readonly command: CustomizeOptions;
  /** The conditions of a read. @throws ApiError for a header or an `asOf` that is not of its form. */
  readonly read: PolicyReadOptions;
  /**
   * An organization that the request itself names, once it is certain that it exists and is open to the caller.
   *
   * @throws ApiError otherwise.
   */
  readonly organization: (organizationId: string) => Promise<OrganizationRef>;
  /** Whether the caller has a permission for a policy of their instance. */
  readonly isAllowed: (permission: string, owner: OwnerRef) => Promise<boolean>;
}

/** What a method knows that only reads. */
export type ReadContext<Owner extends OwnerRef> = Omit<CallContext<Owner>, 'command' | 'isAllowed'>;

/** An answer of REST: whole, or in parts that are each made when the one before was taken in. */
export type RestText = string | Uint8Array | AsyncGenerator<string, void, undefined>;

/** What a method answers, in the words of its own message. */
export interface Answer<Message> {
  readonly message: Message;
  /** The entity tag of the policy that answered, with its quotes. */
  readonly tag?: string;
  /** How far a read has to be to see what was written. */
  readonly position?: string;
  /** Of a removal from the default: how many custom policies still allow it. */
  readonly stillAllowing?: string;
  /** The status over REST, where it is not 200. */
  readonly status?: number;
  /** What the message is over REST, where it is not JSON. */
  readonly type?: string;
}
