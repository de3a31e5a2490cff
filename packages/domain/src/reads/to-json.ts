import { parseJson, positionToString, toJsonObject, type Json, type JsonObject } from '@login-policy/event-sourcing';
import type { Duration } from 'luxon';
import {
  refuseNoAnswer,
  type CommandAnswer,
  type CustomizedOrganizations,
  type LoginPolicyList,
  type LoginPolicyView,
  type PolicyDiff,
  type ReadAnswer,
} from './answers.js';
import { detailsToJson, sequenceOf, toDateTime } from './details.js';
import { loginPolicyEvents } from '../events/event-codec.js';
import type { LoginPolicyEvent, RecordedLoginPolicyEvent } from '../events/events.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { History, HistoryEntry } from './history.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import { isOrganization, type Owner } from '../policy/owner.js';
import type { OnDefault } from './on-default.js';
import type { Preview } from './preview.js';
import type { LoginSettingsView } from '../policy/settings.js';
import type { JudgedSignIn } from '../sign-in/sign-in.js';

/** What a read may have found. */
type Found =
  | { readonly policy: LoginPolicyView }
  | LoginPolicyList<SecondFactor | MultiFactor | IdentityProvider>
  | History
  | Preview
  | PolicyDiff
  | CustomizedOrganizations
  | OnDefault;

/** Any answer of {@link LoginPolicies}. */
export type Answer = CommandAnswer | ReadAnswer<Found> | JudgedSignIn;

/**
 * Any answer as JSON, in the names and forms of the API: sequences, positions and revisions as decimal text, instants in ISO
 * 8601, lifetimes in seconds (`864000s`), factors by their wire names. What JSON can't say is left out, and so is the
 * idempotency key of a history's entry: it belongs to whoever gave it.
 *
 * @throws TypeError for what is not an answer, such as a promise of one.
 */
export function toJson(answer: Answer): JsonObject {
  refuseNoAnswer(answer, 'toJson');
  const { outcome } = answer;
  switch (outcome) {
    case 'rejected':
      return { outcome, rejection: plain(answer.rejection), message: answer.message };
    case 'accepted': {
      const { details, eventId, position, events, isRepeated, stillAllowing } = answer;
      const recorded = events.map(recordedJson);
      return {
        outcome,
        details: detailsJson(details),
        eventId,
        position: positionToString(position),
        events: recorded,
        isRepeated,
        ...(stillAllowing !== undefined && { stillAllowing }),
      };
    }
    case 'found':
      return { outcome, ...foundJson(answer) };
    case 'proceed':
    case 'authenticate':
    case 'verify':
    case 'set-up':
    case 'impossible': {
      const { owner, position, ...judgement } = answer;
      return { ...plainMembers(judgement), owner: ownerJson(owner), position: positionToString(position) };
    }
  }
}

function foundJson(found: Found): JsonObject {
  if ('policy' in found) return policyJson(found.policy);
  if ('items' in found) return listJson(found);
  if ('entries' in found) {
    const { lastEventId, lastSequence, position, unknownEvents } = found;
    const last = { lastSequence: String(lastSequence), ...(lastEventId !== undefined && { lastEventId }) };
    return { ...last, position: positionToString(position), unknownEvents, entries: found.entries.map(entryJson) };
  }
  if ('affected' in found) return previewJson(found);
  if ('changes' in found) {
    const { before, after, changes } = found;
    return {
      changes: plain(changes),
      ...(before !== undefined && { before: policyJson(before) }),
      ...(after !== undefined && { after: policyJson(after) }),
    };
  }
  const organizationIds = found.organizations.map(({ organizationId }) => organizationId);
  const { next, position } = found;
  const { total, unreadable } = 'total' in found ? found : { total: undefined, unreadable: undefined };
  const counts = { ...(total !== undefined && { total }), ...(unreadable !== undefined && { unreadable }) };
  return { organizationIds, ...(next !== undefined && { next }), ...counts, position: positionToString(position) };
}

function policyJson(view: LoginPolicyView): JsonObject {
  const { owner, isDefault, eventId, position, details, settings } = view;
  const policy = {
    details: detailsJson(details),
    ...settingsJson(settings),
    isDefault,
    secondFactors: view.secondFactors.map(itemJson),
    multiFactors: view.multiFactors.map(itemJson),
    idps: view.identityProviders.map(itemJson),
  };
  return { policy, isDefault, owner: ownerJson(owner), eventId, position: positionToString(position) };
}

function listJson(list: LoginPolicyList<SecondFactor | MultiFactor | IdentityProvider>): JsonObject {
  const { details, eventId, isDefault, items, owner, position } = list;
  const { changeDate, sequence } = detailsToJson(details);
  const listDetails = { totalResult: String(items.length), processedSequence: sequence, viewTimestamp: changeDate };
  const whose = { owner: ownerJson(owner), isDefault, eventId, position: positionToString(position) };
  return { details: listDetails, result: items.map(itemJson), ...whose };
}

function previewJson({ sequence, eventId, events, changes, warnings, affected, users }: Preview): JsonObject {
  const organizationIds = affected.organizations.map(({ organizationId }) => organizationId);
  return {
    sequence: String(sequence),
    ...(eventId !== undefined && { eventId }),
    events: events.map(eventJson),
    changes: plain(changes),
    warnings: plain(warnings),
    affected: { organizationIds, ...(affected.count !== undefined && { count: affected.count }) },
    ...(users !== undefined && { users: { ...users } }),
  };
}

function entryJson({ sequence, recordedAt, idempotencyKey: _, ...entry }: HistoryEntry): Json {
  return {
    sequence: String(sequence),
    recordedAt: new Date(recordedAt.toMillis()).toISOString(),
    ...plainMembers(entry),
  };
}

function recordedJson(event: RecordedLoginPolicyEvent): JsonObject {
  const recordedAt = new Date(toDateTime(event.recordedAt).toMillis()).toISOString();
  return { sequence: String(sequenceOf(event)), eventId: event.id, recordedAt, ...eventJson(event) };
}

/** As it is stored: lifetimes in ISO 8601. */
function eventJson(event: LoginPolicyEvent): JsonObject {
  const { type, data } = loginPolicyEvents.encode(event);
  return { type, data };
}

/** What a factor is called on the wire: TOTP is the `OTP` there. */
function itemJson(item: SecondFactor | MultiFactor | IdentityProvider): Json {
  if (typeof item === 'object') return { idpId: item.id, ownerType: `IDP_OWNER_TYPE_${item.ownerType}` };
  if (item === 'U2F_WITH_VERIFICATION') return `MULTI_FACTOR_TYPE_${item}`;
  return `SECOND_FACTOR_TYPE_${item === 'TOTP' ? 'OTP' : item}`;
}

function settingsJson({ lifetimes, passwordlessType, ...others }: LoginSettingsView): JsonObject {
  const named = Object.entries<Duration>({ ...lifetimes });
  return {
    ...others,
    passwordlessType: `PASSWORDLESS_TYPE_${passwordlessType}`,
    ...Object.fromEntries(named.map(([name, lifetime]) => [`${name}Lifetime`, inSeconds(lifetime)])),
  };
}

function inSeconds(lifetime: Duration): string {
  const [whole, rest] = [Math.trunc(lifetime.toMillis() / 1000), lifetime.toMillis() % 1000];
  return rest === 0 ? `${whole}s` : `${whole}.${String(rest).padStart(3, '0')}s`;
}

function detailsJson(details: LoginPolicyView['details']): JsonObject {
  return { ...detailsToJson(details) };
}

function ownerJson(owner: Owner): JsonObject {
  const { instanceId } = owner;
  return isOrganization(owner) ? { instanceId, organizationId: owner.organizationId } : { instanceId };
}

/** What is JSON already but for its `bigint`s and what is `undefined`. */
function plain(value: object): Json {
  return parseJson(plainText(value));
}

function plainMembers(value: object): JsonObject {
  const members = parseJson(plainText(value));
  return members instanceof Object ? toJsonObject(members) : {};
}

function plainText(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member));
}
