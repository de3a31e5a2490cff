import { providerName } from '../state/identity-providers.js';
import { factorLabel } from '../wire/factors.js';
import type { JsonObject } from '../wire/json.js';
import type { ProposalShown } from '../wire/proposals.js';
import { valueInWords } from './change.js';
import { listed } from './counted.js';
import { isolated } from './isolated.js';
import { settingLabel } from './settings.js';

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

/** What a proposal does, in words. */
export function proposalTitle({ steps }: Pick<ProposalShown, 'steps'>): string {
  return steps.map(({ command }) => commandInWords(command)).join(', ');
}

/** What a proposal waits for. */
export type WaitsFor = 'approval' | 'date' | 'rollout';

/** What a proposal waits for: an approval, or its date once it has that. One for many policies is a rollout. */
export function waitsFor({ reach, stage }: Pick<ProposalShown, 'reach' | 'stage'>): WaitsFor {
  if (reach !== undefined) return 'rollout';
  return stage === 'open' ? 'approval' : 'date';
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
      return `Add the identity provider ${providerName(String(recordOf(identityProvider)['id']))}`;
    case 'removeIdentityProvider':
      return `Remove the identity provider ${providerName(String(id))}`;
    case 'change':
      return settingsInWords(recordOf(settings));
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

/** Settings and what they are changed to, by their display names. */
function settingsInWords({ lifetimes, ...settings }: JsonObject): string {
  const times = Object.entries(recordOf(lifetimes)).map(([name, value]) => [`lifetimes.${name}`, value] as const);
  const all = [...Object.entries(settings), ...times].map(([name, value]) => {
    const shown = typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
    return `${settingLabel(name)}: ${isolated(valueInWords(name, shown))}`;
  });
  return listed(all, all.length, MOST_SETTINGS);
}

const MOST_SETTINGS = 3;

function recordOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
