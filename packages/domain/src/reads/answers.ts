import { acrossCopies, type EventId, type Position } from '@login-policy/event-sourcing';
import { refuseNoAnswer } from '../input/refuse-no-answer.js';
import type { Details } from './details.js';
import type { PolicyChange } from '../policy/diff.js';
import type { RecordedLoginPolicyEvent } from '../policy/events.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import type { Organization, Owner } from '../policy/owner.js';
import type { Rejection, Rejected } from '../policy/rejections.js';
import type { LoginSettingsView } from '../policy/settings.js';
import type { UpcomingPolicy } from '../sign-in/upcoming.js';

/** The command was accepted; the policy is now as it asked. */
export interface Accepted {
  readonly outcome: 'accepted';
  readonly details: Details;
  /** The policy's last event. Pass it as `ifEventId` to have a command refused when another event is the last. */
  readonly eventId: EventId;
  /** Pass it to a read as `atLeast` to see what was written, in any process. */
  readonly position: Position;
  /** The recorded events; empty when nothing changed or the command was replayed. */
  readonly events: readonly RecordedLoginPolicyEvent[];
  /** Whether the same command was handled before under its idempotency key. This is then its first answer. */
  readonly isRepeated: boolean;
}

/** The outcome of a command. */
export type CommandAnswer = Accepted | Rejected;

/** The outcome of a read. `kind` says what was found. */
export type ReadAnswer<Found> = ({ readonly outcome: 'found' } & Found) | Rejected;

/** A policy that was found. */
export interface PolicyFound {
  readonly kind: 'policy';
  readonly policy: LoginPolicyView;
  /** What the answer depended on: pass it as `ifSeen`. Absent for a policy in the past. */
  readonly seen?: string;
  /**
   * Where the policies were opened with `upcoming`, for an organization now: the policies that its users will meet
   * later. `unknown` when the program could not tell in time.
   */
  readonly upcoming?: readonly UpcomingPolicy[] | 'unknown';
}

/** A policy in an answer. */
export interface LoginPolicyView {
  /**
   * The position the answer holds for. For an instant: the last event that was looked at. A read as of this position
   * gives the same answer forever.
   */
  readonly position: Position;
  /** The owner of the policy: the instance, for an organization without a custom one. */
  readonly owner: Owner;
  /** Whether it is the instance's default policy. */
  readonly isDefault: boolean;
  readonly settings: LoginSettingsView;
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  readonly identityProviders: readonly IdentityProvider[];
  readonly details: Details;
  /** The last event of this policy. Pass it as `ifEventId` to have a command refused when another event is the last. */
  readonly eventId: EventId;
}

/** One list of a policy, in the order in which the items were added. */
export interface LoginPolicyList<Item> extends Pick<
  LoginPolicyView,
  'owner' | 'isDefault' | 'details' | 'eventId' | 'position'
> {
  readonly kind: 'list';
  readonly items: readonly Item[];
}

/** A number of custom policies: exact up to 10,000. */
export type PolicyCount = number | 'more-than-10000';

/** A page of the organizations that have a custom policy. */
export interface CustomizedOrganizations {
  readonly kind: 'custom-policies';
  readonly organizations: readonly Organization[];
  /** Pass it as `after` to get the next page; `undefined` on the last page. */
  readonly next: string | undefined;
  /** On the first page: the total number, at `position` or slightly later. */
  readonly total?: PolicyCount;
  /**
   * On the first page: how many custom policies of the instance this program can't read. They are listed by their last
   * readable state; what they allow now is unknown.
   */
  readonly unreadable?: PolicyCount;
  /** The position the answer holds for. */
  readonly position: Position;
}

/** The differences between an owner's effective policies at two moments; each side has its position. */
export interface PolicyDiff {
  readonly kind: 'diff';
  /** The effective policy then; `undefined` when there was none. */
  readonly before: LoginPolicyView | undefined;
  readonly after: LoginPolicyView | undefined;
  readonly changes: readonly PolicyChange[];
}

/** A refusal as an error. */
export class RejectedError extends Error {
  readonly rejection: Rejection;

  constructor({ rejection, message }: Omit<Rejected, 'outcome'>) {
    super(message);
    this.name = 'RejectedError';
    this.rejection = rejection;
  }
}
acrossCopies(RejectedError, 'RejectedError');

/**
 * Returns the accepted answer, for callers to whom a refusal is a failure.
 *
 * @throws RejectedError with the rejection and its sentence.
 * @throws TypeError for anything but an answer, such as a promise of one.
 */
export function orThrow<Granted extends { readonly outcome: 'accepted' | 'found' }>(
  answer: Granted | Rejected,
): Granted {
  refuseNoAnswer(answer, 'orThrow', ['accepted', 'found', 'rejected']);
  if (isRejected(answer)) throw new RejectedError(answer);
  return answer;
}

function isRejected(answer: { readonly outcome: string }): answer is Rejected {
  return answer.outcome === 'rejected';
}
