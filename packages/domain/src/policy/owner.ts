import { type Brand, streamId, type StreamId } from '@login-policy/event-sourcing';
import { InvalidValue, parseObject, type Parser } from '../input/invalid-value.js';
import { parseId } from '../input/text.js';

/** One IAM installation. */
export type InstanceId = Brand<string, 'InstanceId'>;

/** A tenant inside an instance. */
export type OrganizationId = Brand<string, 'OrganizationId'>;

/** Owns the default policy, which applies to every organization without a custom one. */
export interface Instance {
  readonly instanceId: InstanceId;
  readonly organizationId?: never;
}

/** May own a custom policy, which then replaces the whole default. */
export interface Organization {
  readonly instanceId: InstanceId;
  readonly organizationId: OrganizationId;
}

/** The owner of a policy (docs/glossary.md). */
export type Owner = Instance | Organization;

/** An instance as callers name it. `organizationId` must be absent: an undefined one must never mean the instance. */
export interface InstanceRef {
  readonly instanceId: string;
  readonly organizationId?: never;
}

/** An organization as callers name it. */
export interface OrganizationRef {
  readonly instanceId: string;
  readonly organizationId: string;
}

/** An owner as callers name it. */
export type OwnerRef = InstanceRef | OrganizationRef;

/** The stream category of default policies. */
export const INSTANCE_CATEGORY = 'instanceLoginPolicy';

/** The stream category of custom policies. */
export const ORGANIZATION_CATEGORY = 'organizationLoginPolicy';

/** The streams of all policies, as a filter of events. */
export const POLICY_STREAMS: { readonly categories: readonly string[] } = {
  categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY],
};

/** Whether the owner is an organization, so that its policy is a custom one. */
export function isOrganization<Named extends OwnerRef>(owner: Named): owner is Extract<Named, OrganizationRef> {
  return 'organizationId' in owner;
}

/** The id in the details that names the policy's owner. */
export function resourceOwnerOf(owner: Owner): string {
  return isOrganization(owner) ? owner.organizationId : owner.instanceId;
}

/** The instance of an owner: itself, or the organization's. */
export function instanceOf(owner: Owner): Instance {
  return { instanceId: owner.instanceId };
}

/**
 * Parses `{ instanceId }` or `{ instanceId, organizationId }`. An `organizationId` that is present but undefined or
 * inherited is refused, because it must never mean the instance (docs/reference/login-policies.md).
 */
export const parseOwner: Parser<Owner> = (value, field) => {
  const { instanceId, organizationId } = parseObject(value, field, ['instanceId', 'organizationId']);
  const instance = { instanceId: parseId(instanceId, `${field}.instanceId`) as InstanceId };
  if (!('organizationId' in Object(value))) return instance;
  return { ...instance, organizationId: parseId(organizationId, `${field}.organizationId`) as OrganizationId };
};

/** Parses `{ instanceId, organizationId }`. */
export const parseOrganization: Parser<Organization> = (value, field) => {
  const owner = parseOwner(value, field);
  if (isOrganization(owner)) return owner;
  throw new InvalidValue(`${field}.organizationId`, 'an organization of the instance', undefined);
};

/** Parses `{ instanceId }` without any other member. */
export const parseInstance: Parser<Instance> = (value, field) => {
  const owner = parseOwner(value, field);
  if (!isOrganization(owner)) return owner;
  throw new InvalidValue(`${field}.organizationId`, 'absent: the default policy belongs to the instance', 'it');
};

/**
 * The stream of the owner's policy: `instanceLoginPolicy-{instance}` or
 * `organizationLoginPolicy-{instance}/{organization}`. Ids are percent-encoded, so that no two owners share a stream.
 */
export function policyStream(owner: Owner): StreamId {
  const instance = encoded(owner.instanceId);
  if (!isOrganization(owner)) return streamId(INSTANCE_CATEGORY, instance);
  return streamId(ORGANIZATION_CATEGORY, `${instance}/${encoded(owner.organizationId)}`);
}

/** Whether an instance or an organization owns the policy; some rules differ between the two. */
export type OwnerKind = 'instance' | 'organization';

const OF_INSTANCE = `${INSTANCE_CATEGORY}-`;
const OF_ORGANIZATION = `${ORGANIZATION_CATEGORY}-`;

/** The kind of an owner. */
export function ownerKind(owner: Owner): OwnerKind {
  return isOrganization(owner) ? 'organization' : 'instance';
}

/** The kind of owner of a policy's stream. It only looks at the category, because it runs for every folded event. */
export function ownerKindOf(id: StreamId): OwnerKind {
  if (id.startsWith(OF_INSTANCE)) return 'instance';
  if (id.startsWith(OF_ORGANIZATION)) return 'organization';
  throw new TypeError(`${id} is not the stream of a login policy`);
}

/** Most ids consist of digits, letters and dashes and need no encoding. */
function encoded(id: string): string {
  return /^[\w-]+$/.test(id) ? id : encodeURIComponent(id);
}

/** Matches a stream name whose ids need no decoding, as for most events. */
const PLAIN = new RegExp(`^(?:${OF_INSTANCE}[\\w-]+|${OF_ORGANIZATION}[\\w-]+/[\\w-]+)$`);

/** Whether a stream is a policy's: exactly the name that {@link policyStream} makes of its owner. */
export function isPolicyStream(id: StreamId): boolean {
  return PLAIN.test(id) || ownerOfStream(id) !== undefined;
}

/**
 * The owner of a policy's stream, the inverse of {@link policyStream}; `undefined` for any other name, such as one whose
 * ids are encoded in another way. Never throws, and ignores today's rules for ids.
 */
export function ownerOfStream(name: string): Owner | undefined {
  try {
    const ids = name.slice(name.indexOf('-') + 1).split('/');
    const [instanceId, organizationId, ...more] = ids.map(decodeURIComponent);
    if (!instanceId || organizationId === '' || more.length > 0) return undefined;
    const owner = (organizationId === undefined ? { instanceId } : { instanceId, organizationId }) as Owner;
    return policyStream(owner) === name ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** The owner of a policy's stream. @throws TypeError for any other name. */
export function ownerIn(stream: StreamId): Owner {
  const owner = ownerOfStream(stream);
  if (owner === undefined) throw new TypeError(`${stream} is not the stream of a login policy`);
  return owner;
}
