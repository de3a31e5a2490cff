import {
  eventId,
  type Instant,
  instantToIso,
  type Json,
  parseInstant,
  parsePosition,
  positionToString,
  type Projection,
  revision,
  type StateAt,
  type StreamId,
  type UnreadableRow,
} from '@login-policy/event-sourcing';
import { changeInfoAfter, type ChangeInfo } from './policy/change-info.js';
import { loginPolicyEvents } from './policy/event-codec.js';
import type { LoginPolicyEvent, RecordedLoginPolicyEvent } from './policy/events.js';
import { parseFactors, parseMultiFactor, parseSecondFactor } from './policy/factors.js';
import { parseRecordedIdentityProviders } from './policy/identity-provider.js';
import { ofStored, parseObject } from './input/invalid-value.js';
import { parseText } from './input/text.js';
import type { ActivePolicy } from './policy/login-policy.js';
import { isPolicyStream, ownerOfStream, POLICY_STREAMS } from './policy/owner.js';
import { NO_POLICY, policyAfter, type PolicyState } from './policy/policy-state.js';
import { lockOutsOf } from './sign-in/warnings.js';
import { parseRecordedSettings, type LoginSettings } from './policy/settings.js';

/** The row of one policy in force. Its key is the name of the policy's stream. */
export interface LoginPolicyRow {
  readonly policy: ActivePolicy;
  /** The policy's last event, and when the policy was added. */
  readonly changeInfo: ChangeInfo;
  /**
   * For an organization's policy, the id of the instance in which it is a custom policy. `undefined` for a default
   * policy. The index `customIn` finds rows by it.
   */
  readonly customIn: string | undefined;
}

/** The name of the index that finds an instance's custom policies. */
export const CUSTOM_IN = 'customIn';

/**
 * The name of the index that finds an instance's unreadable custom policies: those with an event that this program
 * can't read. The name is stored with the rows, so a better one would need a new `version` of the projection.
 */
export const UNREADABLE_IN = 'unreadIn';

/** The indexes that find an instance's custom policies by allowed factor, linked identity provider, or warning. */
export type CustomIndex = 'allowing' | 'linking' | 'warned';

/** An index value for one instance: the instance's id, a line break (which ids can't contain) and a name. */
export function valueInInstance(instanceId: string, name: string): string {
  return `${instanceId}\n${name}`;
}

/**
 * All policies in force, each with its last revision and timestamps. The reads `policy` and `effectivePolicy` and the
 * lists use these rows. A row is computed by the same function as the state that commands decide on (`policyAfter`).
 */
export const loginPolicyProjection: Projection<LoginPolicyEvent, LoginPolicyRow> = {
  name: 'login-policies',
  version: 1,
  filter: POLICY_STREAMS,
  // The categories may contain streams whose names are not those of a policy.
  covers: isPolicyStream,
  events: loginPolicyEvents,
  rows: { encode: encodeRow, text: textOfRow, isTextJson: true, decode: ofStored(decodeRow) },
  index: indexOf,
  indexUnreadable,
  reduce,
};

/** The policy state in a row; `undefined` if there is no row, or if it can't be read. */
export function stateInRow(
  row: LoginPolicyRow | Pick<UnreadableRow, 'fault'> | undefined,
): StateAt<PolicyState> | undefined {
  if (row === undefined || 'fault' in row) return undefined;
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
  const customIn = row === undefined ? instanceOfCustom(event.streamId) : row.customIn;
  return { policy, changeInfo: changeInfoAfter(before.changeInfo, event), customIn };
}

/** The instance of the custom policy with this stream; `undefined` for the stream of a default policy. */
function instanceOfCustom(streamId: StreamId): string | undefined {
  const owner = ownerOfStream(streamId);
  return owner?.organizationId === undefined ? undefined : owner.instanceId;
}

/** The index values of a row, by the name of the index. */
type IndexValues = Readonly<Record<string, string | readonly string[]>>;

function indexOf({ customIn: instanceId, policy }: LoginPolicyRow): IndexValues {
  if (instanceId === undefined) return {};
  const { secondFactors, multiFactors, identityProviders } = policy;
  const valueOf = (name: string): string => valueInInstance(instanceId, name);
  const filters = {
    allowing: [...secondFactors, ...multiFactors].map(valueOf),
    linking: identityProviders.map(({ id }) => valueOf(id)),
    warned: lockOutsOf(policy).map(valueOf),
  } satisfies Record<CustomIndex, readonly string[]>;
  return { [CUSTOM_IN]: instanceId, ...filters };
}

/** The index values that a row gets when it becomes unreadable. The engine adds those of its last readable state. */
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
 * are most of a row. Factors, ids of events, numbers and instants contain nothing that JSON would have to escape.
 */
function textOfRow({ policy, changeInfo, customIn: instanceId }: LoginPolicyRow): string {
  const { settings, secondFactors, multiFactors, identityProviders } = policy;
  const providers = identityProviders.map(({ id, ownerType }) => ({ id, ownerType }));
  const customInMember = instanceId === undefined ? '' : `,"customIn":${JSON.stringify(instanceId)}`;
  return (
    `{"settings":${textOfSettings(settings)},"secondFactors":${textOfFactors(secondFactors)},` +
    `"multiFactors":${textOfFactors(multiFactors)},"identityProviders":${JSON.stringify(providers)},` +
    `"eventId":"${changeInfo.eventId}","revision":"${changeInfo.revision}","position":"${positionToString(changeInfo.position)}",` +
    `"createdAt":"${instantToIso(changeInfo.createdAt)}","changedAt":"${instantToIso(changeInfo.changedAt)}"${customInMember}}`
  );
}

/** Six times as fast as `JSON.stringify`, which is slow for frozen arrays. */
function textOfFactors(factors: readonly string[]): string {
  return factors.length === 0 ? '[]' : `["${factors.join('","')}"]`;
}

const settingsTexts = new WeakMap<LoginSettings, string>();

function textOfSettings(settings: LoginSettings): string {
  const cached = settingsTexts.get(settings);
  if (cached !== undefined) return cached;
  const text = JSON.stringify(settings);
  settingsTexts.set(settings, text);
  return text;
}

/** The members of a stored row. */
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

/** Decodes a stored row. @throws InvalidValue, RangeError when it is malformed. */
function decodeRow(stored: Json): LoginPolicyRow {
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
    createdAt: parseInstantText(row['createdAt'], 'row.createdAt'),
    changedAt: parseInstantText(row['changedAt'], 'row.changedAt'),
  };
  return {
    policy,
    changeInfo,
    customIn: row['customIn'] === undefined ? undefined : parseText(row['customIn'], 'row.customIn'),
  };
}

function parseInstantText(value: unknown, field: string): Instant {
  return parseInstant(parseText(value, field));
}
