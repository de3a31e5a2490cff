import type { Factor } from './factors.js';
import type { JsonObject } from './json.js';
import type { Policy } from './policy.js';
import type { Moment } from './reads.js';
import { pathOf, type Scope } from './scope.js';
import { settingsRequest, type SettingsPatch } from './settings.js';

/** The owner of an identity provider: the instance, or the organization. */
export type ProviderOwner = 'SYSTEM' | 'ORG';

/** A change the user wants to make. It does not depend on the policy's current version. */
export type Intent =
  | { readonly wish: 'add-factor' | 'remove-factor'; readonly factor: Factor }
  | { readonly wish: 'add-provider'; readonly id: string; readonly owner: ProviderOwner }
  | { readonly wish: 'remove-provider'; readonly id: string }
  | { readonly wish: 'change-settings'; readonly patch: SettingsPatch }
  | { readonly wish: 'add-custom' }
  | { readonly wish: 'reset' }
  | {
      readonly wish: 'revert';
      readonly to: Moment;
      /** For an organization without a custom policy: the last sequence of its earlier ones. */
      readonly onTopOf?: string;
    };

/** A change as an API call: the method to preview it, and the route to make it. */
export interface Command {
  readonly method: string;
  readonly verb: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly request: JsonObject;
}

/** The header that makes the server refuse a change unless everything is as an answer showed it. */
export function ifSeen(seen: string): Readonly<Record<string, string>> {
  return { 'login-policy-if-seen': seen };
}

/** The header for the preview of a change. After the user's own change, they know only the tag of its answer. */
export function conditionOf({ details: { sequence }, seen, tag }: Policy): Readonly<Record<string, string>> {
  return seen === undefined ? { 'if-match': tag ?? `"${sequence}"` } : ifSeen(seen);
}

/** The header that acknowledges lock-outs, so that the server's guard accepts the change. */
export function acknowledging(warnings: readonly string[]): Readonly<Record<string, string>> {
  return warnings.length === 0 ? {} : { 'login-policy-acknowledge': warnings.join(', ') };
}

/** The acknowledgements of all lock-outs, of any number of users: for previews alone, which only report them. */
const ALL_LOCK_OUTS: readonly string[] = [
  'no-factor-left',
  'no-way-to-sign-in',
  'census-unknown',
  `users-locked-out=${Number.MAX_SAFE_INTEGER}`,
];

/** Acknowledges all lock-outs. A preview then returns them as warnings instead of a refusal. */
export const ALL_ACKNOWLEDGED: Readonly<Record<string, string>> = acknowledging(ALL_LOCK_OUTS);

/** Converts a change to an API call, based on the policy as the user saw it. */
export function commandOf(intent: Intent, scope: Scope, seen: Policy): Command {
  const path = pathOf(scope);
  switch (intent.wish) {
    case 'add-factor':
    case 'remove-factor':
    case 'add-provider':
    case 'remove-provider':
      return itemCommand(intent, scope);
    case 'change-settings': {
      const request = settingsRequest({ ...seen.settings, ...intent.patch });
      const method = scope.of === 'instance' ? 'UpdateLoginPolicy' : 'UpdateCustomLoginPolicy';
      return { method, verb: 'PUT', path, request };
    }
    case 'add-custom':
      return { method: 'Customize', verb: 'POST', path: `${path}/_customize`, request: {} };
    case 'reset':
      return { method: 'ResetLoginPolicyToDefault', verb: 'DELETE', path, request: {} };
    case 'revert':
      return { method: 'Revert', verb: 'POST', path: `${path}/_revert`, request: { to: intent.to } };
  }
}

type OfOneItem = Extract<Intent, { wish: 'add-factor' | 'remove-factor' | 'add-provider' | 'remove-provider' }>;

/** Converts a change of one factor or identity provider to an API call, whatever the policy is. */
export function itemCommand(intent: OfOneItem, scope: Scope): Command {
  const path = pathOf(scope);
  switch (intent.wish) {
    case 'add-factor':
      return { ...factorCommand('Add', intent.factor, path), verb: 'POST' };
    case 'remove-factor': {
      const { path: list, ...command } = factorCommand('Remove', intent.factor, path);
      return { ...command, verb: 'DELETE', path: `${list}/${intent.factor.wireName}` };
    }
    case 'add-provider': {
      const whose = scope.of === 'instance' ? {} : { ownerType: ownerType(intent.owner) };
      const request = { idpId: intent.id, ...whose };
      return { method: 'AddIDPToLoginPolicy', verb: 'POST', path: `${path}/idps`, request };
    }
    case 'remove-provider': {
      const request = { idpId: intent.id };
      const one = `${path}/idps/${encodeURIComponent(intent.id)}`;
      return { method: 'RemoveIDPFromLoginPolicy', verb: 'DELETE', path: one, request };
    }
  }
}

function factorCommand(step: 'Add' | 'Remove', factor: Factor, path: string): Omit<Command, 'verb'> {
  const kind = factor.kind === 'multi-factor' ? 'MultiFactor' : 'SecondFactor';
  const list = factor.kind === 'multi-factor' ? 'multi_factors' : 'second_factors';
  return {
    method: `${step}${kind}${step === 'Add' ? 'To' : 'From'}LoginPolicy`,
    path: `${path}/${list}`,
    request: { type: factor.wireName },
  };
}

function ownerType(owner: ProviderOwner): string {
  return `IDP_OWNER_TYPE_${owner}`;
}
