import { streamId, type StreamId } from '@login-policy/event-sourcing';
import type { Brand } from '@login-policy/event-sourcing/domain';
import { InvalidValue, parseObject, type Parser } from '../input/invalid-value.js';
import { parseId } from '../input/text.js';

/** One IAM installation. */
export type InstanceId = Brand<string, 'InstanceId'>;

/** A tenant inside an instance. */
export type OrganizationId = Brand<string, 'OrganizationId'>;

/** Owns the default policy, which holds for every organization without a custom one. */
export interface Instance {
  readonly instanceId: InstanceId;
  readonly organizationId?: never;
}

/** May own a custom policy, which then holds instead of the default as a whole. */
export interface Organization {
  readonly instanceId: InstanceId;
  readonly organizationId: OrganizationId;
}

/** Whose policy it is (docs/glossary.md). */
export type Owner = Instance | Organization;

/** An instance as a caller names it: an organization that is not known is not the instance, so it may not be there at all. */
export interface InstanceRef {
  readonly instanceId: string;
  readonly organizationId?: never;
}

/** An organization as a caller names it. */
export interface OrganizationRef {
  readonly instanceId: string;
  readonly organizationId: string;
}

/** An owner as a caller names it. */
export type OwnerRef = InstanceRef | OrganizationRef;

/** The category of the streams of default policies. */
export const INSTANCE_CATEGORY = 'instanceLoginPolicy';

/** The category of the streams of custom policies. */
export const ORGANIZATION_CATEGORY = 'organizationLoginPolicy';

/** Whether an organization is meant, and so a custom policy. */
export function isOrganization<Named extends OwnerRef>(owner: Named): owner is Extract<Named, OrganizationRef> {
  return 'organizationId' in owner;
}

/** The id that details name as the owner of the policy. */
export function resourceOwnerOf(owner: Owner): string {
  return isOrganization(owner) ? owner.organizationId : owner.instanceId;
}

/** The instance an owner belongs to: itself, or the one it is a tenant of. */
export function instanceOf(owner: Owner): Instance {
  return { instanceId: owner.instanceId };
}

/**
 * Takes `{ instanceId }` or `{ instanceId, organizationId }`. An organization's id that is there, but is undefined or not the
 * object's own, is refused: it must never mean the instance (docs/reference/login-policies.md).
 */
export const parseOwner: Parser<Owner> = (value, field) => {
  const { instanceId, organizationId } = parseObject(value, field, ['instanceId', 'organizationId']);
  const instance = { instanceId: parseId(instanceId, `${field}.instanceId`) as InstanceId };
  if (!('organizationId' in Object(value))) return instance;
  return { ...instance, organizationId: parseId(organizationId, `${field}.organizationId`) as OrganizationId };
};

/** Takes `{ instanceId, organizationId }`. */
export const parseOrganization: Parser<Organization> = (value, field) => {
  const owner = parseOwner(value, field);
  if (isOrganization(owner)) return owner;
  throw new InvalidValue(`${field}.organizationId`, 'an organization of the instance', undefined);
};

/** Takes `{ instanceId }` and nothing else. */
export const parseInstance: Parser<Instance> = (value, field) => {
  const owner = parseOwner(value, field);
  if (!isOrganization(owner)) return owner;
  throw new InvalidValue(`${field}.organizationId`, 'absent: the default policy belongs to the instance', 'it');
};

/**
 * The stream of the owner's policy: `instanceLoginPolicy-{instance}` or `organizationLoginPolicy-{instance}/{organization}`,
 * ids percent-encoded, so that no two owners share one.
 */
export function policyStream(owner: Owner): StreamId {
  const instance = encoded(owner.instanceId);
  if (!isOrganization(owner)) return streamId(INSTANCE_CATEGORY, instance);
  return streamId(ORGANIZATION_CATEGORY, `${instance}/${encoded(owner.organizationId)}`);
}

/** Whether it is an instance's policy or an organization's: the rules differ in what only one of them may have. */
export type OwnerKind = 'instance' | 'organization';

const OF_INSTANCE = `${INSTANCE_CATEGORY}-`;
const OF_ORGANIZATION = `${ORGANIZATION_CATEGORY}-`;

/** What kind an owner is. */
export function ownerKind(owner: Owner): OwnerKind {
  return isOrganization(owner) ? 'organization' : 'instance';
}

/** What kind of owner a policy's stream belongs to. For every event that is folded, so it looks at the category only. */
export function ownerKindOf(id: StreamId): OwnerKind {
  if (id.startsWith(OF_INSTANCE)) return 'instance';
  if (id.startsWith(OF_ORGANIZATION)) return 'organization';
  throw new TypeError(`${id} is not the stream of a login policy`);
}

/** Most ids are digits, letters and dashes, and stay as they are. */
function encoded(id: string): string {
  return /^[\w-]+$/.test(id) ? id : encodeURIComponent(id);
}

/** A stream's name whose ids need no decoding: of most events that are read. */
const PLAIN = new RegExp(`^(?:${OF_INSTANCE}[\\w-]+|${OF_ORGANIZATION}[\\w-]+/[\\w-]+)$`);

/** Whether a stream is a policy's: its name is what {@link policyStream} makes of an owner, in that one spelling. */
export function isPolicyStream(id: StreamId): boolean {
  return PLAIN.test(id) || ownerOfStream(id) !== undefined;
}

/** The owner whose policy a stream is; undoes {@link policyStream}. `undefined` of every other name: it never throws. */
export function ownerOfStream(name: string): Owner | undefined {
  const owner = ownerSpelt(name);
  return owner?.spelling === name ? owner.owner : undefined;
}

/**
 * The owner whose ids a name has, and the name that its stream has: another one where the ids are encoded in another way, which would be
 * a second stream of one owner. It never throws. What ids are allowed to be today does not matter.
 */
export function ownerSpelt(name: string): { readonly owner: Owner; readonly spelling: StreamId } | undefined {
  try {
    const ids = name.slice(name.indexOf('-') + 1).split('/');
    const [instanceId, organizationId, ...more] = ids.map(decodeURIComponent);
    if (!instanceId || organizationId === '' || more.length > 0) return undefined;
    const owner = (organizationId === undefined ? { instanceId } : { instanceId, organizationId }) as Owner;
    return { owner, spelling: policyStream(owner) };
  } catch {
    return undefined;
  }
}
