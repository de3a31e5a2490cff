import type { Factor } from './factors.js';
import type { JsonObject } from './json.js';
import type { Policy } from './policy.js';
import type { Moment } from './reads.js';
import { pathOf, type Scope } from './scope.js';
import { settingsRequest, type SettingsPatch } from './settings.js';

/** Whose an identity provider is: the instance's, or the organization's own. */
export type ProviderOwner = 'SYSTEM' | 'ORG';

/** What a person wants to happen to a policy. It stays the same when the policy moves on under it. */
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
      /** Where an organization has no custom policy now: the last sequence of those it had. */
      readonly onTopOf?: string;
    };

/** An intent as the API takes it: its method for the preview, and the route that carries it out. */
export interface Command {
  readonly method: string;
  readonly verb: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly request: JsonObject;
}

/**
 * The header that has a change refused where what it is made on top of moved on: the policy itself, or for a custom policy that
 * is not there yet the default it is made of.
 */
export function conditionOf(intent: Intent, { details: { sequence } }: Policy): Readonly<Record<string, string>> {
  if (intent.wish === 'add-custom') return { 'login-policy-if-default': `"${sequence}"` };
  return { 'if-match': `"${(intent.wish === 'revert' ? intent.onTopOf : undefined) ?? sequence}"` };
}

/** The header by which the server's guard lets a change pass that locks people out in the ways that are named. */
export function acknowledging(warnings: readonly string[]): Readonly<Record<string, string>> {
  return warnings.length === 0 ? {} : { 'login-policy-acknowledge': warnings.join(', ') };
}

/** Nothing is refused for whom it locks out: of what is only looked at, that is a warning. */
export const ALL_ACKNOWLEDGED: Readonly<Record<string, string>> = acknowledging([
  'no-factor-left',
  'no-way-to-sign-in',
]);

/** Says an intent to the API, on top of the policy as it was seen. */
export function commandOf(intent: Intent, scope: Scope, seen: Policy): Command {
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
