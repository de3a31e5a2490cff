import { type Json, type JsonObject, shown } from '@login-policy/event-sourcing';
import { DateTime, Duration } from 'luxon';
import { loginPolicyEvents } from '../policy/event-codec.js';
import { SIGN_IN_OUTCOMES } from '../sign-in/describe-sign-in.js';
import { refuseNoAnswer } from '../input/refuse-no-answer.js';
import type { RecordedLoginPolicyEvent } from '../policy/events.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import type {
  CommandAnswer,
  CustomizedOrganizations,
  LoginPolicyList,
  PolicyDiff,
  PolicyFound,
  ReadAnswer,
} from './answers.js';
import { sequenceOf } from '../policy/change-info.js';
import type { CustomPolicies } from './custom-policies.js';
import { toDateTime } from './details.js';
import type { History } from './history.js';
import type { OnDefault } from './on-default.js';
import type { JudgedSignIn } from './judged-sign-in.js';

/** What a read may find. */
type Found =
  | PolicyFound
  | LoginPolicyList<SecondFactor | MultiFactor | IdentityProvider>
  | History
  | PolicyDiff
  | CustomizedOrganizations
  | CustomPolicies
  | OnDefault
  | FoundByGuest;

/** What previews and rollouts find. */
type FoundByGuest =
  | { readonly kind: 'preview'; readonly before: LoginPolicy; readonly after: LoginPolicy }
  | { readonly kind: 'rollout-plan' | 'rollout-report' }
  | { readonly rollout: { readonly id: string } | undefined };

/** Any answer of {@link LoginPolicies}, or of a preview or rollout of them. */
export type Answer = CommandAnswer | ReadAnswer<Found> | JudgedSignIn;

/**
 * Any answer as JSON, with the same names. Sequences, positions and revisions are decimal strings, times ISO 8601 in
 * UTC, lifetimes ISO 8601 as in events (`PT240H`). A recorded event becomes its sequence, id, time, type and data. Left
 * out: `undefined` members, the idempotency key of a history entry, which belongs to its caller, and the two policies of
 * a preview, which its changes say.
 *
 * @throws TypeError for anything but an answer, such as a promise of one.
 */
export function toJson(answer: Answer): JsonObject {
  refuseNoAnswer(answer, 'toJson', ['accepted', 'found', ...SIGN_IN_OUTCOMES]);
  if (answer.outcome === 'accepted')
    return objectJson({ ...answer, events: listIn('events', answer.events).map(recorded) });
  if (answer.outcome === 'found' && 'kind' in answer && answer.kind === 'history')
    return objectJson({
      ...answer,
      entries: listIn('entries', answer.entries).map(({ idempotencyKey: _, ...entry }) => entry),
    });
  if (answer.outcome === 'found' && 'kind' in answer && answer.kind === 'preview') {
    const { before: _, after: __, ...preview } = answer;
    return objectJson(preview);
  }
  return objectJson(answer);
}

function listIn<Item extends object>(name: string, items: readonly Item[]): readonly Item[] {
  if (isListOfObjects(items)) return items;
  throw new TypeError(`toJson: answer.${name} must be a list of objects, not ${shown(items)}`);
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every((item: unknown) => typeof item === 'object' && item !== null);
}

function recorded(event: RecordedLoginPolicyEvent): object {
  const { type, data } = loginPolicyEvents.encode(event);
  return { sequence: sequenceOf(event), eventId: event.id, recordedAt: toDateTime(event.recordedAt), type, data };
}

function objectJson(value: object): JsonObject {
  const members: Record<string, Json> = {};
  for (const [name, member] of Object.entries<unknown>({ ...value })) {
    const json = jsonOf(member);
    if (json !== undefined) members[name] = json;
  }
  return members;
}

/** `undefined` for what JSON can't represent. */
function jsonOf(value: unknown): Json | undefined {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'object') return value === null ? null : jsonOfObject(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function jsonOfObject(value: object): Json {
  if (value instanceof Date || DateTime.isDateTime(value)) return new Date(value.valueOf()).toISOString();
  if (Duration.isDuration(value)) return value.toISO() ?? null;
  return Array.isArray(value) ? value.map((item: unknown) => jsonOf(item) ?? null) : objectJson(value);
}
