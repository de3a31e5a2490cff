import type { IdentityProvider, LoginPolicyView, OwnerRef } from '@login-policy/domain';
import { LIFETIME_NAMES, detailsToJson, isOrganization, type Owner, SETTING_NAMES } from '@login-policy/domain/model';
import type { Paint } from './paint.js';
import { plain } from './plain.js';
import { indented, table } from './table.js';

/** A policy as a person reads it. */
export function policyText(policy: LoginPolicyView, paint: Paint): string {
  const { sequence, creationDate, changeDate } = detailsToJson(policy.details);
  const { settings } = policy;
  const rows = [
    ...SETTING_NAMES.map((name) => [name, settingText(settings[name])]),
    ...LIFETIME_NAMES.map((name) => [`lifetimes.${name}`, settings.lifetimes[name].toISO() ?? '']),
    ['second factors', listText(policy.secondFactors)],
    ['multi-factors', listText(policy.multiFactors)],
    ['identity providers', listText(policy.identityProviders.map(providerText))],
  ];
  const when = `sequence ${sequence}, created ${creationDate}, changed ${changeDate}`;
  return `${paint('strong', titleOf(policy.owner))}\n${paint('quiet', when)}\n${indented(table(rows))}`;
}

/** Names a policy at the beginning of a paragraph. */
export function titleOf(owner: Owner | OwnerRef): string {
  return isOrganizationRef(owner)
    ? `Custom policy of organization ${plain(owner.organizationId)}`
    : `Default policy of instance ${plain(owner.instanceId)}`;
}

/** Names an owner in a list. */
export function ownerText(owner: Owner): string {
  return isOrganization(owner) ? plain(owner.organizationId) : `the default of ${plain(owner.instanceId)}`;
}

function isOrganizationRef(owner: Owner | OwnerRef): owner is OwnerRef & { readonly organizationId: string } {
  return 'organizationId' in owner;
}

/** An identity provider in a list. */
export function providerText({ id, ownerType }: IdentityProvider): string {
  return `${plain(id)} (${ownerType})`;
}

/** The value of a setting; "none" for an empty one. */
export function settingText(value: boolean | string | undefined): string {
  if (value === undefined || value === '') return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return plain(value);
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
