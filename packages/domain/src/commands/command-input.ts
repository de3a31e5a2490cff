import { type CommandContext, type EventId, eventId, revision, type Revision } from '@login-policy/event-sourcing';
import { InvalidValue, parseObject, type Parser } from '../input/invalid-value.js';
import type { UserSetUp } from '../sign-in/user-change.js';
import { parseAcknowledged, type Acknowledged, type Acknowledgement } from './acknowledge.js';
import { parseId, parseProse } from '../input/text.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import type { Organization, Owner } from '../policy/owner.js';
import type { UnreadableFault } from '../policy/policy-state.js';
import { seenOf, type CommandMarks, type Seen, type SeenPolicy } from '../policy/seen.js';
import { optional, parseSequence, parseSignal, parseWait } from '../input/options.js';

/** Who gives a command, why, and on which conditions. */
export interface CommandOptions {
  /** The id of the user or machine. */
  readonly actor: string;
  /** The reason, for readers of the history: up to 2,000 characters. */
  readonly reason?: string;
  /** The same for everything that one request causes. Default: the id of the first recorded event. */
  readonly correlationId?: string;
  /** The id of the direct cause. */
  readonly causationId?: string;
  /**
   * The caller's key for this command on this policy; repeating it under the key writes nothing (docs/guarantees.md).
   */
  readonly idempotencyKey?: string;
  /** Refuse at once unless the policy is at this sequence; 0 for a policy without events. */
  readonly ifSequence?: bigint;
  /**
   * Refuse unless this is the policy's last event: the `eventId` of an answer. It also notices a restored backup, after
   * which another event may have the same sequence.
   */
  readonly ifEventId?: string;
  /**
   * Refuse unless the policy is as the caller saw it: the `seen` of an answer. For an organization, that includes the
   * default policy where its users meet it before or after the command. What was recorded since under the command's own
   * `correlationId` counts as seen if it has the same `idempotencyKey`, or, for a command without one, the same `actor`.
   */
  readonly ifSeen?: string;
  /**
   * Aborts the command. Before its write has begun, nothing is written and the command rejects with `DeadlineExceeded`.
   * Later it is answered within 100 ms, or rejects with `OutcomeUnknown`: repeat it with its `idempotencyKey`.
   */
  readonly signal?: AbortSignal;
  /**
   * Aborts the command after this many milliseconds, 0 to 600,000, as `signal` does. Default: 10,000 to wait for
   * earlier commands on the policy, then as long as the store waits. An answer of a directory may take 30,000 at most.
   */
  readonly waitMs?: number;
  /**
   * The ways in that the command may close although the guard is on, and how many users it may lock out:
   * `['no-factor-left', { lockedOut: 12 }]`. Others are refused with `would-lock-out`. Not part of the fingerprint.
   */
  readonly acknowledge?: Acknowledged;
}

/** The conditions of a command that the kernel does not check itself. */
export interface CommandConditions extends CommandMarks {
  readonly acknowledge?: readonly Acknowledgement[] | undefined;
  /** What the caller has to sign in with, to be told whether they lock themselves out. */
  readonly you?: UserSetUp | undefined;
  readonly ifSeen?: Seen | undefined;
  /** For a preview: the other steps of its plan. */
  readonly plan?: PlanAround | undefined;
}

/** The default policy behind an organization's, or why it can't be read; and its last event. */
export interface FoundDefault {
  readonly policy: LoginPolicy | UnreadableFault;
  readonly last: SeenPolicy;
}

/** The default policy behind an organization's, before any step of a plan and after all of them. */
export interface PlanDefaults {
  readonly before: FoundDefault;
  readonly after: FoundDefault;
}

/** The other steps of a plan, around the one that is previewed. */
export interface PlanAround {
  /** For an organization: the default policy. */
  readonly defaults: PlanDefaults | undefined;
  /** The organizations that have a step of their own, in which their users are counted. */
  readonly besides: readonly Organization[];
}

const OPTIONS = [
  'actor',
  'reason',
  'correlationId',
  'causationId',
  'idempotencyKey',
  'ifSequence',
  'ifEventId',
  'ifSeen',
  'signal',
  'waitMs',
  'acknowledge',
];

/** Parses the options of a command. @throws InvalidValue */
export function parseCommandOptions(value: unknown, owner: Owner): CommandContext & CommandConditions {
  const given = parseObject(value, 'options', OPTIONS);
  // A literal instead of a spread, because every command passes here.
  const { ifRevision, ifEventId, ifSeen } = parseConditions(given, owner);
  return {
    ifRevision,
    ifEventId,
    ifSeen,
    acknowledge: optional(given, 'acknowledge', parseAcknowledged),
    signal: optional(given, 'signal', parseSignal),
    waitMs: optional(given, 'waitMs', parseWait),
    causationId: optional(given, 'causationId', parseId),
    correlationId: optional(given, 'correlationId', parseId),
    idempotencyKey: optional(given, 'idempotencyKey', parseId),
    reason: optional(given, 'reason', parseProse),
    actor: parseId(given['actor'], 'options.actor'),
  };
}

/** Parses the conditions of a command on the owner's policy. @throws InvalidValue */
export function parseConditions(
  given: Readonly<Record<string, unknown>>,
  owner: Owner,
): Pick<CommandContext, 'ifEventId' | 'ifRevision'> & Pick<CommandConditions, 'ifSeen'> {
  return {
    ifRevision: optional(given, 'ifSequence', parseRevision),
    ifEventId: optional(given, 'ifEventId', parseEventId),
    ifSeen: given['ifSeen'] === undefined ? undefined : optional(given, 'ifSeen', seenOf(owner)),
  };
}

const parseRevision: Parser<Revision | 'no-stream'> = (value, field) => {
  const sequence = parseSequence(value, field);
  return sequence === 0n ? 'no-stream' : revision(sequence - 1n);
};

const parseEventId: Parser<EventId> = (value, field) => {
  try {
    if (typeof value === 'string') return eventId(value);
  } catch {
    // The error below gives the reason.
  }
  throw new InvalidValue(field, 'the eventId of an answer', value);
};
