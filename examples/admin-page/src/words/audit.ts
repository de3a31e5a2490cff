import { providerName } from '../state/identity-providers.js';
import type { AuditEntry } from '../wire/audit.js';
import { factorLabel } from '../wire/factors.js';
import type { JsonObject } from '../wire/json.js';
import { counted, listed } from './counted.js';
import { isoInWords } from './duration.js';
import { isolated } from './isolated.js';
import { settingLabel } from './settings.js';

/** The event types and their display names. */
export const EVENT_KINDS: readonly (readonly [string, string])[] = [
  ['LoginPolicyAdded', 'A policy came into force'],
  ['LoginPolicyChanged', 'Settings changed'],
  ['LoginPolicyRemoved', 'Reset to the default'],
  ['SecondFactorAdded', 'Second factor added'],
  ['SecondFactorRemoved', 'Second factor removed'],
  ['MultiFactorAdded', 'Passkeys added'],
  ['MultiFactorRemoved', 'Passkeys removed'],
  ['IdentityProviderAdded', 'Identity provider added'],
  ['IdentityProviderRemoved', 'Identity provider removed'],
];

/** Entries of one policy from one command, newest first; never empty. */
export type Act = readonly [AuditEntry, ...AuditEntry[]];

/**
 * Groups the entries of one command. For example, a new custom policy is an event for the settings and one for each
 * factor.
 */
export function actsOf(entries: readonly AuditEntry[]): readonly Act[] {
  const acts: [AuditEntry, ...AuditEntry[]][] = [];
  for (const entry of entries) {
    const last = acts.at(-1);
    if (last !== undefined && isSameAct(last[0], entry)) last.push(entry);
    else acts.push([entry]);
  }
  return acts;
}

function isSameAct(one: AuditEntry, other: AuditEntry): boolean {
  const members = ['organizationId', 'correlationId', 'recordedAt', 'actor'] as const;
  return one.correlationId !== '' && members.every((name) => one[name] === other[name]);
}

/** The effects of a command, one per line, in order. A new policy and its factors are one line. */
export function deedsOfAct(act: Act): readonly string[] {
  const [first, ...others] = act.toReversed().map(deedsOf);
  if (act.at(-1)?.type !== 'LoginPolicyAdded' || others.length === 0) return [...(first ?? []), ...others.flat()];
  const added = others.flat().map((deed) => deed.replace(/^Added /, ''));
  return [`${first?.join(' ') ?? ''}, with ${listed(added, added.length, added.length)}`];
}

/** The effects of an event, one per line. For an unknown event, its type. */
function deedsOf({ type, data, organizationId }: AuditEntry): readonly string[] {
  const step = type.endsWith('Added') ? 'Added' : 'Removed';
  switch (type) {
    case 'LoginPolicyAdded':
      return [organizationId === '' ? 'Brought the default policy into force' : 'Gave it a custom policy'];
    case 'LoginPolicyRemoved':
      return ['Reset it to the default'];
    case 'LoginPolicyChanged':
      return settingsIn(data);
    case 'SecondFactorAdded':
    case 'SecondFactorRemoved':
      return [`${step} ${factorLabel('second-factor', String(data['factor']))}`];
    case 'MultiFactorAdded':
    case 'MultiFactorRemoved':
      return [`${step} ${factorLabel('multi-factor', String(data['factor']))}`];
    case 'IdentityProviderAdded':
      return [`Added the identity provider ${providerName(String(recordOf(data['identityProvider'])['id']))}`];
    case 'IdentityProviderRemoved':
      return [`Removed the identity provider ${providerName(String(data['id']))}`];
    default:
      return [`${type}: a newer program wrote this`];
  }
}

function settingsIn(data: JsonObject): readonly string[] {
  const { lifetimes, ...settings } = recordOf(data['settings']);
  return [
    ...Object.entries(settings).map(([name, value]) => `Set ${settingLabel(name)} to ${valueWords(value)}`),
    ...Object.entries(recordOf(lifetimes)).map(
      ([name, value]) => `Set ${settingLabel(`lifetimes.${name}`)} to ${isoInWords(String(value), name)}`,
    ),
  ];
}

function recordOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function valueWords(value: unknown): string {
  if (value === true || value === 'ALLOWED') return 'on';
  if (value === false || value === 'NOT_ALLOWED') return 'off';
  return value === '' ? 'nothing' : isolated(shortened(String(value)));
}

const MOST_SHOWN = 120;

/** A long value would fill the page; the export has the whole. */
function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}… (${counted(text.length, 'character')})` : text;
}
