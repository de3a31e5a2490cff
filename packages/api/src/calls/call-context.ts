import type { CommandOptions, InstanceRef, OrganizationRef, OwnerRef, PolicyReadOptions } from '@login-policy/domain';

/** The context of a call, in addition to the request message. */
export interface CallContext<Owner extends OwnerRef> {
  /** The owner of the policy. */
  readonly owner: Owner;
  readonly instance: InstanceRef;
  /** The person behind the caller. */
  readonly subject: string;
  /** The conditions of a change. @throws ApiError for a malformed header. */
  readonly command: CommandOptions;
  /** The conditions of a read. @throws ApiError for a malformed header or `asOf`. */
  readonly read: PolicyReadOptions;
  /**
   * An organization named in the request, after checking that it exists and the caller may access it.
   *
   * @throws ApiError otherwise.
   */
  readonly organization: (organizationId: string) => Promise<OrganizationRef>;
  /** Whether the caller has a permission for a policy of their instance. */
  readonly isAllowed: (permission: string, owner: OwnerRef) => Promise<boolean>;
  /**
   * Authenticates and authorizes the caller of a long answer again, if the last time was over a second ago.
   *
   * @throws ApiError when the caller would be refused now.
   */
  readonly renew: () => Promise<void>;
}

/** The context of a method that only reads. */
export type ReadContext<Owner extends OwnerRef> = Omit<
  CallContext<Owner>,
  'command' | 'isAllowed' | 'renew' | 'subject'
>;

/** The body of a REST answer: complete, or in parts that are made one after another as the client reads them. */
export type RestText = string | Uint8Array | AsyncGenerator<string, void, undefined>;

/** The answer of a method, with its message. */
export interface Answer<Message> {
  readonly message: Message;
  /** The quoted entity tag of the policy. */
  readonly tag?: string;
  /** What the answer depended on, for `Login-Policy-If-Seen`. */
  readonly seen?: string | undefined;
  /** The position that a later read must include to see the change. */
  readonly position?: string;
  /** The HTTP status over REST, if it is not 200. */
  readonly status?: number;
  /** The content type over REST, if it is not JSON. */
  readonly type?: string;
}
