import { revision, type CommandContext, type EventId, type Revision } from '@login-policy/event-sourcing';
import { eventId } from '@login-policy/event-sourcing/values';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProviderRef } from '../policy/identity-provider.js';
import { InvalidValue, parseObject, type Parser } from '../input/invalid-value.js';
import type { AsOf } from '../input/moment.js';
import type { LoginSettingsInput } from '../policy/settings.js';
import type { UserSetUp } from '../sign-in/user-change.js';
import { parseAcknowledged, type Acknowledged, type Acknowledgement } from './acknowledge.js';
import { parseId, parseProse } from '../input/text.js';
import type { NewLoginPolicy } from '../policy/new-login-policy.js';
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
export interface CommandConditions extends DefaultConditions {
  readonly acknowledge?: readonly Acknowledgement[] | undefined;
  /** What the caller has to sign in with, to be told whether they lock themselves out. */
  readonly you?: UserSetUp | undefined;
}

/** The default policy as a caller saw it, for `LoginPolicies.customize`. */
export interface DefaultConditions {
  /** Refuse unless the instance's default policy is at this sequence. */
  readonly ifDefaultSequence?: bigint | undefined;
  /** Refuse unless this is the default policy's last event: the `eventId` of an answer. */
  readonly ifDefaultEventId?: EventId | undefined;
}

/** The options of `customize`: those of every command, and the default policy that the caller saw. */
export interface CustomizeOptions extends CommandOptions {
  /** Refuse unless the instance's default policy is at this sequence, so that the caller's copy is what they saw. */
  readonly ifDefaultSequence?: bigint;
  /** Refuse unless this is the default policy's last event: the `eventId` of an answer. */
  readonly ifDefaultEventId?: string;
}

/** A command as data, for the method of {@link LoginPolicies} that `type` names. */
export type CommandInput =
  | { readonly type: 'add' | 'set'; readonly policy: NewLoginPolicy }
  | { readonly type: 'change'; readonly settings: LoginSettingsInput }
  | { readonly type: 'customize' }
  | { readonly type: 'remove' }
  | { readonly type: 'addSecondFactor' | 'removeSecondFactor'; readonly factor: SecondFactor }
  | { readonly type: 'addMultiFactor' | 'removeMultiFactor'; readonly factor: MultiFactor }
  | { readonly type: 'addIdentityProvider'; readonly identityProvider: IdentityProviderRef }
  | { readonly type: 'removeIdentityProvider'; readonly id: string }
  | { readonly type: 'revert'; readonly to: AsOf };

const OPTIONS = [
  'actor',
  'reason',
  'correlationId',
  'causationId',
  'idempotencyKey',
  'ifSequence',
  'ifEventId',
  'ifDefaultSequence',
  'ifDefaultEventId',
  'signal',
  'waitMs',
  'acknowledge',
];

/** Parses the options of a command. @throws InvalidValue */
export function parseCommandOptions(value: unknown, type: CommandInput['type']): CommandContext & CommandConditions {
  const given = parseObject(value, 'options', OPTIONS);
  // A literal instead of a spread, because every command passes here.
  const { ifRevision, ifEventId, ifDefaultSequence, ifDefaultEventId } = parseConditions(given, type);
  return {
    ifRevision,
    ifEventId,
    ifDefaultSequence,
    ifDefaultEventId,
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

/**
 * Parses the conditions of a command. Only `customize` takes those on the default policy; other commands would ignore
 * them.
 *
 * @throws InvalidValue
 */
export function parseConditions(
  given: Readonly<Record<string, unknown>>,
  type: CommandInput['type'],
): Pick<CommandContext, 'ifEventId' | 'ifRevision'> & DefaultConditions {
  for (const name of ['ifDefaultSequence', 'ifDefaultEventId'])
    if (type !== 'customize' && given[name] !== undefined)
      throw new InvalidValue(`options.${name}`, 'left out, as only customize takes it', given[name]);
  return {
    ifRevision: optional(given, 'ifSequence', parseRevision),
    ifEventId: optional(given, 'ifEventId', parseEventId),
    ifDefaultSequence: optional(given, 'ifDefaultSequence', parseSequence),
    ifDefaultEventId: optional(given, 'ifDefaultEventId', parseEventId),
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
