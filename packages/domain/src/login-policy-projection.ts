import {
  revision,
  type Instant,
  parseInstant,
  instantToIso,
  type Json,
  type Projection,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Marks } from './reads/details.js';
import { loginPolicyEvents } from './events/event-codec.js';
import type { LoginPolicyEvent, RecordedLoginPolicyEvent } from './events/events.js';
import { parseFactors, parseMultiFactor, parseSecondFactor } from './policy/factors.js';
import { parseRecordedIdentityProviders } from './policy/identity-provider.js';
import { InvalidValue, parseObject } from './input/invalid-value.js';
import type { ActivePolicy } from './policy/login-policy.js';
import { INSTANCE_CATEGORY, isOrganization, ORGANIZATION_CATEGORY, ownerOfStream } from './policy/owner.js';
import { evolveState, NO_POLICY } from './commands/policy-state.js';
import { parseRecordedSettings, settingsToJson } from './policy/settings.js';

/** The row of one policy in force, under the name of its stream. */
export interface LoginPolicyRow {
  readonly policy: ActivePolicy;
  readonly marks: Marks;
  /** The instance, if the policy is an organization's: what its custom policies are found by. */
  readonly customIn: string | undefined;
}

/** The index that finds the custom policies of an instance. */
export const CUSTOM_IN = 'customIn';

/**
 * Every policy in force with the marks its details are made of: the read model of `policy`, `effectivePolicy` and the
 * lists. The row is the aggregate's own state, evolved by the aggregate's own function.
 */
export const loginPolicyProjection: Projection<LoginPolicyEvent, LoginPolicyRow> = {
  name: 'login-policies',
  version: 1,
  filter: { categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY] },
  events: loginPolicyEvents,
  origin: 'not-looked-at',
  rows: { encode: encodeRow, decode: decodeRow },
  index,
  key: (streamId) => streamId,
  indexUnread: indexOfOwner,
  reduce,
};

function reduce(row: LoginPolicyRow | undefined, event: RecordedLoginPolicyEvent): LoginPolicyRow | undefined {
  const { policy, marks } = evolveState(row ?? NO_POLICY, event);
  if (policy.stage !== 'active' || marks === undefined) return undefined;
  return { policy, marks, customIn: row === undefined ? instanceOfCustom(event) : row.customIn };
}

function instanceOfCustom(event: RecordedLoginPolicyEvent): string | undefined {
  const owner = ownerOfStream(event.streamId);
  return isOrganization(owner) ? owner.instanceId : undefined;
}

function indexOfOwner(streamId: StreamId): Readonly<Record<string, string>> {
  const owner = ownerOfStream(streamId);
  return isOrganization(owner) ? { [CUSTOM_IN]: owner.instanceId } : {};
}

function index({ customIn }: LoginPolicyRow): Readonly<Record<string, string>> {
  return customIn === undefined ? {} : { [CUSTOM_IN]: customIn };
}

function encodeRow({ policy, marks, customIn }: LoginPolicyRow): Json {
  const { settings, secondFactors, multiFactors, identityProviders } = policy;
  return {
    settings: settingsToJson(settings),
    secondFactors,
    multiFactors,
    identityProviders: identityProviders.map(({ id, ownerType }) => ({ id, ownerType })),
    revision: String(marks.revision),
    createdAt: instantToIso(marks.createdAt),
    changedAt: instantToIso(marks.changedAt),
    ...(customIn !== undefined && { customIn }),
  };
}

const MEMBERS = [
  'settings',
  'secondFactors',
  'multiFactors',
  'identityProviders',
  'revision',
  'createdAt',
  'changedAt',
  'customIn',
];

/** What is wrong with a stored row is never the caller's fault, as an `InvalidValue` would be. */
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
  const marks = {
    revision: revision(BigInt(text(row['revision'], 'row.revision'))),
    createdAt: instantIn(row['createdAt'], 'row.createdAt'),
    changedAt: instantIn(row['changedAt'], 'row.changedAt'),
  };
  return { policy, marks, customIn: row['customIn'] === undefined ? undefined : text(row['customIn'], 'row.customIn') };
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw new InvalidValue(field, 'text', value);
}

function instantIn(value: unknown, field: string): Instant {
  return parseInstant(text(value, field));
}
