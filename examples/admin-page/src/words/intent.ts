import type { Intent } from '../wire/command.js';
import type { Scope } from '../wire/scope.js';
import { providerName } from '../state/identity-providers.js';
import { organizationName } from '../state/organizations.js';
import { counted } from './counted.js';
import { localMoment } from './instant.js';

/** The title of a change that the user is about to make. */
export function intentTitle(intent: Intent, scope: Scope): string {
  switch (intent.wish) {
    case 'add-factor':
      return `Add ${intent.factor.label}`;
    case 'remove-factor':
      return `Remove ${intent.factor.label}`;
    case 'add-provider':
      return `Add the identity provider ${providerName(intent.id)}`;
    case 'remove-provider':
      return `Remove the identity provider ${providerName(intent.id)}`;
    case 'change-settings':
      return `Change ${counted(Object.keys(intent.patch).length, 'setting')}`;
    case 'add-custom':
      return `Add a custom policy for ${ownerName(scope)}`;
    case 'reset':
      return `Reset ${ownerName(scope)} to the default policy`;
    case 'revert':
      return `Revert to ${momentName(intent.to)}`;
  }
}

/** The owner of a policy, for use in a sentence. */
export function ownerName(scope: Scope): string {
  return scope.of === 'instance' ? 'the default policy' : organizationName(scope.organizationId);
}

/** A moment, for use in a sentence. */
export function momentName(moment: string): string {
  return /^\d+$/.test(moment) ? `version ${moment}` : localMoment(moment);
}
