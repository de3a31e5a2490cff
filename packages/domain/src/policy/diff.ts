import { LIFETIME_NAMES, type LifetimeName } from './lifetimes.js';
import type { IdentityProvider } from './identity-provider.js';
import type { MultiFactor, SecondFactor } from './factors.js';
import { activeOf, type ActivePolicy, type LoginPolicy } from './login-policy.js';
import { SETTING_NAMES, type LoginSettings, type SettingName } from './settings.js';

/** The path of a setting: its name, for a lifetime after `lifetimes.`. */
export type SettingPath = SettingName | `lifetimes.${LifetimeName}`;

/** Whether an item was added or removed. */
export type Step = 'added' | 'removed';

/** One difference between two states of a policy. Lifetimes are in ISO 8601. */
export type PolicyChange =
  | { readonly what: 'policy'; readonly step: Step }
  | {
      readonly what: 'setting';
      readonly setting: SettingPath;
      /** `undefined` when there was no policy before. */
      readonly before: boolean | string | undefined;
      /** `undefined` when there is no policy after. */
      readonly after: boolean | string | undefined;
    }
  | { readonly what: 'second-factor'; readonly factor: SecondFactor; readonly step: Step }
  | { readonly what: 'multi-factor'; readonly factor: MultiFactor; readonly step: Step }
  | { readonly what: 'identity-provider'; readonly identityProvider: IdentityProvider; readonly step: Step };

/** All differences between two states of a policy; empty when they are equal. */
export function diffPolicies(before: LoginPolicy, after: LoginPolicy): readonly PolicyChange[] {
  const [from, to] = [activeOf(before), activeOf(after)];
  return [
    ...(from === undefined && to !== undefined ? [{ what: 'policy', step: 'added' } as const] : []),
    ...(from !== undefined && to === undefined ? [{ what: 'policy', step: 'removed' } as const] : []),
    ...diffSettings(from?.settings, to?.settings),
    ...diffLists(from?.secondFactors, to?.secondFactors).map(
      ({ item, step }) => ({ what: 'second-factor', factor: item, step }) as const,
    ),
    ...diffLists(from?.multiFactors, to?.multiFactors).map(
      ({ item, step }) => ({ what: 'multi-factor', factor: item, step }) as const,
    ),
    ...diffIdentityProviders(from, to),
  ];
}

function diffSettings(from: LoginSettings | undefined, to: LoginSettings | undefined): readonly PolicyChange[] {
  if (from === to) return [];
  const [before, after] = [valuesOf(from), valuesOf(to)];
  const paths = [...(after.size > 0 ? after : before).keys()];
  return paths
    .filter((setting) => before.get(setting) !== after.get(setting))
    .map((setting) => ({ what: 'setting', setting, before: before.get(setting), after: after.get(setting) }));
}

function valuesOf(settings: LoginSettings | undefined): ReadonlyMap<SettingPath, boolean | string> {
  const values = new Map<SettingPath, boolean | string>();
  if (settings === undefined) return values;
  for (const name of SETTING_NAMES) values.set(name, settings[name]);
  for (const name of LIFETIME_NAMES) values.set(`lifetimes.${name}`, settings.lifetimes[name]);
  return values;
}

function diffLists<Item>(
  before: readonly Item[] = [],
  after: readonly Item[] = [],
): readonly { readonly item: Item; readonly step: Step }[] {
  const [had, has] = [new Set(before), new Set(after)];
  return [
    ...before.filter((item) => !has.has(item)).map((item) => ({ item, step: 'removed' }) as const),
    ...after.filter((item) => !had.has(item)).map((item) => ({ item, step: 'added' }) as const),
  ];
}

function diffIdentityProviders(from: ActivePolicy | undefined, to: ActivePolicy | undefined): readonly PolicyChange[] {
  // Most events leave the links unchanged, and a history compares them at each.
  if (from?.identityProviders === to?.identityProviders) return [];
  const known = new Map<string, IdentityProvider>();
  const keysOf = (policy: ActivePolicy | undefined): readonly string[] =>
    (policy?.identityProviders ?? []).map((provider) => {
      const key = `${provider.ownerType} ${provider.id}`;
      known.set(key, provider);
      return key;
    });
  return diffLists(keysOf(from), keysOf(to)).flatMap(({ item, step }) => {
    const identityProvider = known.get(item);
    return identityProvider === undefined ? [] : [{ what: 'identity-provider', identityProvider, step } as const];
  });
}
