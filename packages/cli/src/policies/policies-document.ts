import { LIFETIME_NAMES, SETTING_NAMES } from '@login-policy/domain/model';
import { stringify } from 'yaml';
import type { PolicyJson } from '../session/answers.js';

/** A whole policy in the form of a policy file. */
export function policyDocument({ identityProviders, multiFactors, secondFactors, settings }: PolicyJson): object {
  const lifetimes: object = Object.fromEntries(LIFETIME_NAMES.map((name) => [name, settings.lifetimes[name]]));
  return {
    settings: {
      ...Object.fromEntries(SETTING_NAMES.map((name) => [name, settings[name]])),
      lifetimes,
    },
    secondFactors: [...secondFactors],
    multiFactors: [...multiFactors],
    identityProviders: identityProviders.map(({ id, ownerType }) => ({ id, ownerType })),
  };
}

/** Formats a value as YAML. Ambiguous text is quoted, and lists of names are written on one line. */
export function yamlOf(value: object): string {
  const text = stringify(value, { lineWidth: 0, collectionStyle: 'any', aliasDuplicateObjects: false });
  // The id of an organization, and not a merge key. An id may also begin with it.
  return text.replaceAll(/^( *)<<:(?=\s|$)/gm, '$1"<<":');
}
