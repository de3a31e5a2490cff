import {
  parsePosition,
  positionToString,
  revision,
  type Instant,
  type Json,
  type Projection,
  type Revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import { instantToIso, parseInstant, type StateAt, eventId, UnreadableRow } from '@login-policy/event-sourcing/domain';
import { changeInfoAfter, type ChangeInfo } from './policy/change-info.js';
import { loginPolicyEvents } from './events/event-codec.js';
import type { LoginPolicyEvent, RecordedLoginPolicyEvent } from './events/events.js';
import { parseFactors, parseMultiFactor, parseSecondFactor } from './policy/factors.js';
import { parseRecordedIdentityProviders } from './policy/identity-provider.js';
import { parseObject } from './input/invalid-value.js';
import { parseText } from './input/text.js';
import type { ActivePolicy } from './policy/login-policy.js';
import { INSTANCE_CATEGORY, isPolicyStream, ORGANIZATION_CATEGORY, ownerOfStream } from './policy/owner.js';
import { NO_POLICY, policyAfter, type PolicyState } from './policy/policy-state.js';
import { lockOutsOf } from './sign-in/warnings.js';
import { parseRecordedSettings, type LoginSettings } from './policy/settings.js';

/** The row of one policy in force. Its key is the name of the policy's stream. */
export interface LoginPolicyRow {
  readonly policy: ActivePolicy;
  /** The policy's last event, and when the policy was added. */
  readonly changeInfo: ChangeInfo;
  /**
   * The instance of an organization's policy; `undefined` for a default policy. The index `customIn` finds rows by it.
   */
  readonly customIn: string | undefined;
}

/** The index that finds an instance's custom policies. */
export const CUSTOM_IN = 'customIn';

/**
 * The index that finds an instance's unreadable custom policies. `unreadIn` is a historical abbreviation: the name is
 * stored with the rows, so another name would need a new `version`.
 */
export const UNREADABLE_IN = 'unreadIn';

/** The indexes that find an instance's custom policies by allowed factor, linked identity provider, or warning. */
export type CustomIndex = 'allowing' | 'linking' | 'warned';

/** An index value within an instance: its id and a name, separated by a line break, which ids can't contain. */
export function valueInInstance(instanceId: string, name: string): string {
  return `${instanceId}\n${name}`;
}

/**
 * The number of events between two snapshots of a policy, so that a read of its past folds fewer events. A snapshot is
 * about a kilobyte: about 2 % of the disk space of the 250 events before it.
 */
export const SNAPSHOT_EVERY = 250;

/** The key of a snapshot. Stream names never begin with a digit, so it can't be a row's key. */
export function snapshotKey(streamId: StreamId, last: Revision): string {
  return `${last + 1n}@${streamId}`;
}

/**
 * All policies in force, each with its revision and timestamps. The reads `policy`, `effectivePolicy` and the lists use
 * these rows. Commands and rows evolve the policy's state with the same function.
 */
export const loginPolicyProjection: Projection<LoginPolicyEvent, LoginPolicyRow> = {
  name: 'login-policies',
  version: 4,
  filter: { categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY] },
  isAbout: isPolicyStream,
  events: loginPolicyEvents,
  rows: { encode: encodeRow, text: textOfRow, decode: decodeRow },
  index: indexOf,
  indexUnreadable,
  reduce,
  // A snapshot has no index values, because lists only contain policies in force.
  snapshot: (row, { revision: last, streamId }) =>
    (Number(last) + 1) % SNAPSHOT_EVERY === 0
      ? { key: snapshotKey(streamId, last), row: { ...row, customIn: undefined } }
      : undefined,
};

/** The policy state in a row; `undefined` without a row, or for an unreadable one. */
export function stateInRow(row: LoginPolicyRow | UnreadableRow | undefined): StateAt<PolicyState> | undefined {
  if (row === undefined || row instanceof UnreadableRow) return undefined;
  const { policy, changeInfo } = row;
  return {
    state: { policy, changeInfo },
    revision: changeInfo.revision,
    position: changeInfo.position,
    eventId: changeInfo.eventId,
  };
}

function reduce(row: LoginPolicyRow | undefined, event: RecordedLoginPolicyEvent): LoginPolicyRow | undefined {
  const before: PolicyState = row ?? NO_POLICY;
  const policy = policyAfter(before.policy, event);
  if (policy.stage !== 'active') return undefined;
  const instanceId = row === undefined ? instanceOfCustom(event.streamId) : row.customIn;
  return { policy, changeInfo: changeInfoAfter(before.changeInfo, event), customIn: instanceId };
}

/** The instance of a custom policy's stream; `undefined` for a default policy. */
function instanceOfCustom(streamId: StreamId): string | undefined {
  const owner = ownerOfStream(streamId);
  return owner?.organizationId === undefined ? undefined : owner.instanceId;
}

/** The type of a projection's `index`. */
type IndexValues = Readonly<Record<string, string | readonly string[]>>;

function indexOf({ customIn: instanceId, policy }: LoginPolicyRow): IndexValues {
  if (instanceId === undefined) return {};
  const { secondFactors, multiFactors, identityProviders } = policy;
  const valueOf = (name: string): string => valueInInstance(instanceId, name);
  const found = {
    allowing: [...secondFactors, ...multiFactors].map(valueOf),
    linking: identityProviders.map(({ id }) => valueOf(id)),
    warned: lockOutsOf(policy).map(valueOf),
  } satisfies Record<CustomIndex, readonly string[]>;
  return { [CUSTOM_IN]: instanceId, ...found };
}

/** The additional index values of an unreadable row. The index values of its last readable state stay, too. */
function indexUnreadable(streamId: StreamId): IndexValues {
  const instanceId = instanceOfCustom(streamId);
  return instanceId === undefined ? {} : { [CUSTOM_IN]: instanceId, [UNREADABLE_IN]: instanceId };
}

function encodeRow({ policy, changeInfo, customIn: instanceId }: LoginPolicyRow): Json {
  const { settings, secondFactors, multiFactors, identityProviders } = policy;
  return {
    settings: { ...settings },
    secondFactors,
    multiFactors,
    identityProviders: identityProviders.map(({ id, ownerType }) => ({ id, ownerType })),
    eventId: changeInfo.eventId,
    revision: String(changeInfo.revision),
    position: positionToString(changeInfo.position),
    createdAt: instantToIso(changeInfo.createdAt),
    changedAt: instantToIso(changeInfo.changedAt),
    ...(instanceId !== undefined && { customIn: instanceId }),
  };
}

/**
 * The JSON text of {@link encodeRow}. The text of the settings is cached: most events leave them unchanged, and they
 * are most of a row.
 */
function textOfRow({ policy, changeInfo, customIn: instanceId }: LoginPolicyRow): string {
  const { settings, secondFactors, multiFactors, identityProviders } = policy;
  const providers = identityProviders.map(({ id, ownerType }) => ({ id, ownerType }));
  const byInstance = instanceId === undefined ? '' : `,"customIn":${JSON.stringify(instanceId)}`;
  return (
    `{"settings":${textOfSettings(settings)},"secondFactors":${JSON.stringify(secondFactors)},` +
    `"multiFactors":${JSON.stringify(multiFactors)},"identityProviders":${JSON.stringify(providers)},` +
    `"eventId":"${changeInfo.eventId}","revision":"${changeInfo.revision}","position":"${positionToString(changeInfo.position)}",` +
    `"createdAt":"${instantToIso(changeInfo.createdAt)}","changedAt":"${instantToIso(changeInfo.changedAt)}"${byInstance}}`
  );
}

const settingsTexts = new WeakMap<LoginSettings, string>();

function textOfSettings(settings: LoginSettings): string {
  const known = settingsTexts.get(settings);
  if (known !== undefined) return known;
  const text = JSON.stringify(settings);
  settingsTexts.set(settings, text);
  return text;
}

const MEMBERS = [
  'settings',
  'secondFactors',
  'multiFactors',
  'identityProviders',
  'eventId',
  'revision',
  'position',
  'createdAt',
  'changedAt',
  'customIn',
];

/** Throws a `TypeError` for a malformed stored row, because an `InvalidValue` would blame the caller. */
function decodeRow(stored: Json): LoginPolicyRow {
  try {
    return rowIn(stored);
  } catch (cause) {
    throw new TypeError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function rowIn(stored: Json): LoginPolicyRow {
  const row = parseObject(stored, 'row', MEMBERS);
  const policy: ActivePolicy = {
    stage: 'active',
    settings: parseRecordedSettings(row['settings'], 'row.settings'),
    secondFactors: parseFactors(row['secondFactors'], 'row.secondFactors', parseSecondFactor),
    multiFactors: parseFactors(row['multiFactors'], 'row.multiFactors', parseMultiFactor),
    identityProviders: parseRecordedIdentityProviders(row['identityProviders'], 'row.identityProviders'),
  };
  const changeInfo = {
    eventId: eventId(parseText(row['eventId'], 'row.eventId')),
    revision: revision(BigInt(parseText(row['revision'], 'row.revision'))),
    position: parsePosition(parseText(row['position'], 'row.position')),
    createdAt: instantIn(row['createdAt'], 'row.createdAt'),
    changedAt: instantIn(row['changedAt'], 'row.changedAt'),
  };
  return {
    policy,
    changeInfo,
    customIn: row['customIn'] === undefined ? undefined : parseText(row['customIn'], 'row.customIn'),
  };
}

function instantIn(value: unknown, field: string): Instant {
  return parseInstant(parseText(value, field));
}
