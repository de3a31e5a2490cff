import type { RecordedEvent } from '@login-policy/event-sourcing';
import type { LoginPolicyCommand } from '../commands/commands.js';
import type { RecordedLoginPolicyEvent } from '../policy/events.js';
import { loginPolicyEvents } from '../policy/event-codec.js';
import { isUnreadable } from '../policy/policy-state.js';
import type { RolloutCommand } from './rollout-input.js';

/** The event, if this program can read it. */
export function decoded(event: RecordedEvent): RecordedLoginPolicyEvent | undefined {
  try {
    return loginPolicyEvents.decode(event);
  } catch (caught) {
    if (isUnreadable(caught)) return undefined;
    throw caught;
  }
}

/** The command that records such an event; `undefined` for an event that no rollout records. */
export function commandOf(event: RecordedLoginPolicyEvent): RolloutCommand | undefined {
  switch (event.type) {
    case 'LoginPolicyChanged':
      return { type: 'change', settings: event.data.settings };
    case 'SecondFactorAdded':
      return { type: 'addSecondFactor', factor: event.data.factor };
    case 'SecondFactorRemoved':
      return { type: 'removeSecondFactor', factor: event.data.factor };
    case 'MultiFactorAdded':
      return { type: 'addMultiFactor', factor: event.data.factor };
    case 'MultiFactorRemoved':
      return { type: 'removeMultiFactor', factor: event.data.factor };
    case 'IdentityProviderAdded':
      return { type: 'addIdentityProvider', identityProvider: event.data.identityProvider };
    case 'IdentityProviderRemoved':
      return { type: 'removeIdentityProvider', id: event.data.id };
    case 'LoginPolicyAdded':
    case 'LoginPolicyRemoved':
      return undefined;
  }
}

/**
 * Whether a command can have recorded the event. The event of a `change` may name only some of the command's settings,
 * because unchanged ones are not recorded. An event that this program can't read counts as recorded by the command.
 */
export function canHaveRecorded(command: LoginPolicyCommand, recorded: RecordedEvent): boolean {
  const event = decoded(recorded);
  if (event === undefined) return true;
  const ofEvent = commandOf(event);
  return ofEvent !== undefined && isPartOf(ofEvent, command);
}

function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null) return part === whole;
  if (typeof whole !== 'object' || whole === null) return false;
  const members = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(part).every(([name, value]) => isPartOf(value, members.get(name)));
}
