import { factorLabel } from '../wire/factors.js';
import type { JsonObject } from '../wire/json.js';
import type { ProposalShown } from '../wire/proposals.js';
import { isolated } from './isolated.js';

/** The display names of the stages. */
export const STAGES: Readonly<Record<string, string>> = {
  open: 'Waiting for approval',
  approved: 'Approved, not yet due',
  begun: 'Being carried out',
  'carried-out': 'Carried out',
  ended: 'Taken back at its end',
  failed: 'Not carried out',
  rejected: 'Rejected',
  withdrawn: 'Withdrawn',
  expired: 'Expired',
};

/** Whether a proposal is still to be decided, carried out or taken back. */
export function isWaiting({ stage }: ProposalShown): boolean {
  return stage === 'open' || stage === 'approved';
}

/** A command of the API in words. */
export function commandInWords({ type, factor, id, identityProvider, settings }: JsonObject): string {
  const name = String(factor);
  switch (type) {
    case 'addSecondFactor':
      return `Add ${factorLabel('second-factor', name)}`;
    case 'removeSecondFactor':
      return `Remove ${factorLabel('second-factor', name)}`;
    case 'addMultiFactor':
      return `Add ${factorLabel('multi-factor', name)}`;
    case 'removeMultiFactor':
      return `Remove ${factorLabel('multi-factor', name)}`;
    case 'addIdentityProvider':
      return `Add the identity provider ${idOf(identityProvider)}`;
    case 'removeIdentityProvider':
      return `Remove the identity provider ${isolated(String(id))}`;
    case 'change':
      return `Change settings: ${Object.keys(recordOf(settings)).join(', ')}`;
    case 'customize':
      return 'Add a custom policy';
    case 'remove':
      return 'Reset to the default policy';
    case 'revert':
      return 'Revert to an earlier version';
    default:
      return String(type);
  }
}

function idOf(provider: unknown): string {
  return isolated(String(recordOf(provider)['id']));
}

function recordOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
