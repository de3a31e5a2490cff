import type { IdentityProvider } from '@login-policy/domain';
import { LIFETIME_NAMES, SETTING_NAMES } from '@login-policy/domain/model';
import type { OwnerJson, PolicyJson } from '../session/answers.js';
import type { Paint } from './paint.js';
import { printable } from './printable.js';
import { indented, table } from './table.js';

/** A policy as text. */
export function policyText(policy: PolicyJson, paint: Paint): string {
  const { sequence, creationDate, changeDate } = policy.details;
  const { settings } = policy;
  const rows = [
    ...SETTING_NAMES.map((name) => [name, settingText(settings[name])]),
    ...LIFETIME_NAMES.map((name) => [`lifetimes.${name}`, settings.lifetimes[name] ?? '']),
    ['second factors', listText(policy.secondFactors)],
    ['multi-factors', listText(policy.multiFactors)],
    ['identity providers', listText(policy.identityProviders.map(providerText))],
  ];
  const when = `sequence ${sequence}, created ${creationDate}, changed ${changeDate}`;
  return `${paint('strong', titleOf(policy.owner))}\n${paint('quiet', when)}\n${indented(table(rows))}`;
}

/** The title of a policy. */
export function titleOf({ instanceId, organizationId }: OwnerJson): string {
  return organizationId === undefined
    ? `Default policy of instance ${printable(instanceId)}`
    : `Custom policy of organization ${printable(organizationId)}`;
}

/** The name of a policy's owner in a list. */
export function ownerText({ instanceId, organizationId }: OwnerJson): string {
  return organizationId === undefined ? `the default of ${printable(instanceId)}` : printable(organizationId);
}

/** An identity provider in a list. */
export function providerText({ id, ownerType }: IdentityProvider): string {
  return `${printable(id)} (${ownerType})`;
}

/** The value of a setting; "none" for an empty one. */
export function settingText(value: unknown): string {
  if (value === undefined || value === '') return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
