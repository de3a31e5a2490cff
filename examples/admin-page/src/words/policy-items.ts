import { providerName } from '../state/identity-providers.js';
import { MULTI_FACTORS, SECOND_FACTORS, type Factor } from '../wire/factors.js';
import { isOn, type Policy } from '../wire/policy.js';
import { LIFETIME_NAMES, SWITCH_NAMES, type Settings } from '../wire/settings.js';
import { lifetimeInWords } from './duration.js';
import { LIFETIME_WORDS, REDIRECT_WORDS, SWITCH_WORDS } from './settings.js';

/** One line of a policy in words. */
export interface PolicyItem {
  readonly label: string;
  readonly value: string;
}

/** A policy as lines, always in the same order. */
export function itemsOf(policy: Policy): readonly PolicyItem[] {
  const factor = (one: Factor): PolicyItem => ({ label: one.label, value: isOn(policy, one) ? 'on' : 'off' });
  return [...MULTI_FACTORS.map(factor), ...SECOND_FACTORS.map(factor), ...otherItems(policy)];
}

/** A policy without its factors, as lines. */
export function otherItems({ settings, identityProviders }: Policy): readonly PolicyItem[] {
  return [
    ...settingItems(settings),
    { label: 'Identity providers', value: identityProviders.map(providerName).join(', ') || 'none' },
  ];
}

function settingItems(settings: Settings): readonly PolicyItem[] {
  return [
    { label: SWITCH_WORDS.isPasswordlessAllowed.label, value: onOrOff(settings.isPasswordlessAllowed) },
    ...SWITCH_NAMES.map((name) => ({ label: SWITCH_WORDS[name].label, value: onOrOff(settings[name]) })),
    { label: REDIRECT_WORDS.label, value: settings.defaultRedirectUri === '' ? 'empty' : settings.defaultRedirectUri },
    ...LIFETIME_NAMES.map((name) => ({
      label: LIFETIME_WORDS[name].label,
      value: lifetimeInWords(settings[name], name),
    })),
  ];
}

function onOrOff(isSwitchedOn: boolean): string {
  return isSwitchedOn ? 'on' : 'off';
}

/** A line of a comparison of three states of a policy. */
export interface ThreeWay {
  readonly label: string;
  readonly seen: string;
  readonly wanted: string;
  readonly now: string;
}

/** The lines that differ between the policy the user saw, the one they want, and the current one. */
export function compareThree(seen: Policy, wanted: Policy, now: Policy): readonly ThreeWay[] {
  const [wantedItems, nowItems] = [itemsOf(wanted), itemsOf(now)];
  return itemsOf(seen)
    .map(({ label, value }, index) => ({
      label,
      seen: value,
      wanted: wantedItems[index]?.value ?? value,
      now: nowItems[index]?.value ?? value,
    }))
    .filter((line) => line.seen !== line.wanted || line.seen !== line.now);
}
