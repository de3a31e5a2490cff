import { type CommandHandler, Fault, isFault } from '@login-policy/event-sourcing';
import { changeInfoAfter, type ChangeInfo } from './change-info.js';
import type { LoginPolicyEvent, RecordedLoginPolicyEvent } from './events.js';
import { evolve, ImpossibleEvent } from './evolve.js';
import { ABSENT, type LoginPolicy } from './login-policy.js';
import { ownerKindOf } from './owner.js';

/**
 * A policy with the information about its last change. Decisions, the read model and reads of the past all fold events
 * into it with the same function, so they can't disagree.
 */
export interface PolicyState {
  readonly policy: LoginPolicy;
  /** `undefined` for a stream without events. */
  readonly changeInfo: ChangeInfo | undefined;
}

/** Folds the events of policies into states. */
export type PolicyStates = CommandHandler<object, LoginPolicyEvent, PolicyState, never>['states'];

/** The state of a stream without events. */
export const NO_POLICY: PolicyState = Object.freeze({ policy: ABSENT, changeInfo: undefined });

/**
 * The state after an event.
 *
 * @throws UnreadableEvent when no decision could have recorded the event; the policy is unknown from there on.
 */
export function evolveState(state: PolicyState, event: RecordedLoginPolicyEvent): PolicyState {
  return { policy: policyAfter(state.policy, event), changeInfo: changeInfoAfter(state.changeInfo, event) };
}

/** The fault of a policy with an event that this program can't read. */
export type UnreadableFault = Fault<'unreadable-event'> | Fault<'written-by-newer-program'>;

/** Whether a policy can't be read because of an event of its own. */
export function isUnreadable(caught: unknown): caught is UnreadableFault {
  return isFault(caught, 'unreadable-event') || isFault(caught, 'written-by-newer-program');
}

/** The policy after an event. @throws UnreadableEvent as {@link evolveState} does. */
export function policyAfter(policy: LoginPolicy, event: RecordedLoginPolicyEvent): LoginPolicy {
  try {
    return evolve(policy, event, ownerKindOf(event.streamId));
  } catch (caught) {
    if (!(caught instanceof ImpossibleEvent)) throw caught;
    const { streamId, revision, type, schemaVersion } = event;
    throw new Fault('unreadable-event', { streamId, revision, type, schemaVersion, problem: caught.message }, caught);
  }
}
