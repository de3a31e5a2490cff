import type { EventId, Position } from '@login-policy/event-sourcing';
import { shown } from '@login-policy/event-sourcing/options';
import type { Details } from './details.js';
import type { PolicyChange } from './diff.js';
import type { RecordedLoginPolicyEvent } from '../events/events.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import type { Organization, Owner } from '../policy/owner.js';
import type { Rejection } from '../policy/rejections.js';
import type { LoginSettingsView } from '../policy/settings.js';

/** The command or the read was refused: nothing was written. */
export interface Rejected {
  readonly outcome: 'rejected';
  readonly rejection: Rejection;
  /** The refusal as a sentence, for a person. */
  readonly message: string;
}

/** The command was granted, and what it asked for is so. */
export interface Accepted {
  readonly outcome: 'accepted';
  readonly details: Details;
  /** The policy's last event. Given as `ifEventId`, a command is refused when another is. */
  readonly eventId: EventId;
  /** Give it to a read as `atLeast`, and the read sees what was written here, whichever process answers it. */
  readonly position: Position;
  /** What was recorded; nothing, when nothing was to change or the command is a repetition. */
  readonly events: readonly RecordedLoginPolicyEvent[];
  /** Whether the same command came before under its idempotency key: this is what it was answered then. */
  readonly isRepeated: boolean;
  /**
   * Of a removal from an instance's default policy only: how many custom policies still allow the factor, or link the identity provider,
   * when this is answered. `unknown` where that could not be read within a second.
   */
  readonly stillAllowing?: number | 'unknown';
}

/** What becomes of a command. */
export type CommandAnswer = Accepted | Rejected;

/** What becomes of a read. `kind` says what was found. */
export type ReadAnswer<Found> = ({ readonly outcome: 'found' } & Found) | Rejected;

/** A policy that was found. */
export interface PolicyFound {
  readonly kind: 'policy';
  readonly policy: LoginPolicyView;
}

/** A policy as it is read. */
export interface LoginPolicyView {
  /**
   * The place in the order of the whole store that the answer holds for. As of an instant: the last event that was looked at. Ask as
   * of this position again, and the answer is the same forever.
   */
  readonly position: Position;
  /** Whose policy it is; for an organization without a custom one, the instance. */
  readonly owner: Owner;
  /** Whether it is the instance's policy, which holds for every organization without a custom one. */
  readonly isDefault: boolean;
  readonly settings: LoginSettingsView;
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  readonly identityProviders: readonly IdentityProvider[];
  readonly details: Details;
  /** The last event of this policy. Given as `ifEventId`, a command is refused when another is. */
  readonly eventId: EventId;
}

/** One kind of thing on a policy, in the order in which it was added. */
export interface LoginPolicyList<Item> extends Pick<
  LoginPolicyView,
  'owner' | 'isDefault' | 'details' | 'eventId' | 'position'
> {
  readonly kind: 'list';
  readonly items: readonly Item[];
}

/** A page of the organizations that have a custom policy. */
export interface CustomizedOrganizations {
  readonly kind: 'custom-policies';
  readonly organizations: readonly Organization[];
  /** Give it as `after` to get the next page; `undefined` when this is the last. */
  readonly next: string | undefined;
  /** Beside the first page: how many there are in all, at `position` or a little later. */
  readonly total?: number;
  /**
   * Beside the first page: how many custom policies of the instance this program can't read. They are listed as what they were when they
   * last could be read: what they allow now is not known.
   */
  readonly unreadable?: number;
  /** The place in the order of the whole store that the answer holds for. */
  readonly position: Position;
}

/** What differs in what an owner's users met at two moments; each side names the position it holds for. */
export interface PolicyDiff {
  readonly kind: 'diff';
  /** What they met then; `undefined` when no policy held yet. */
  readonly before: LoginPolicyView | undefined;
  readonly after: LoginPolicyView | undefined;
  readonly changes: readonly PolicyChange[];
}

/** A refusal where the caller had no use for one. Thrown by {@link orThrow} only. */
export class RejectedError extends Error {
  readonly rejection: Rejection;

  constructor({ rejection, message }: Rejected) {
    super(message);
    this.name = 'RejectedError';
    this.rejection = rejection;
  }
}

/**
 * The granted answer, for callers to whom a refusal is a failure.
 *
 * @throws RejectedError with the rejection and its sentence.
 * @throws TypeError for what is not an answer, such as a promise of one.
 */
export function orThrow<Granted extends { readonly outcome: 'accepted' | 'found' }>(
  answer: Granted | Rejected,
): Granted {
  refuseNoAnswer(answer, 'orThrow');
  if (isRejected(answer)) throw new RejectedError(answer);
  return answer;
}

/** A promise that somebody forgot to await would pass for a success. @throws TypeError */
export function refuseNoAnswer(answer: unknown, taker: string): void {
  if (typeof answer === 'object' && answer !== null && 'outcome' in answer) return;
  const isPromise = typeof answer === 'object' && answer !== null && 'then' in answer;
  throw new TypeError(
    `${taker} takes an answer, not ${isPromise ? 'a promise of one: await it first' : shown(answer)}`,
  );
}

function isRejected(answer: { readonly outcome: string }): answer is Rejected {
  return answer.outcome === 'rejected';
}
