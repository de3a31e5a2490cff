import { MULTI_FACTORS, SECOND_FACTORS } from '@login-policy/domain';
import { LIFETIME_NAMES, SETTING_NAMES } from '@login-policy/domain/model';
import fc from 'fast-check';
import type { Place, Ran } from './running.js';

/** A file of policies: the default, one custom policy, and an organization without one. */
export const FILE = `instance: iam
default:
  settings:
    forceMfa: true
organizations:
  acme:
    secondFactors: [TOTP]
  globex: default
`;

/** Plans a file, and writes the plan to plan.json. */
export async function plannedIn(place: Place, text: string, more = ''): Promise<Ran> {
  await place.write('policies.yaml', text);
  return place.run(`plan policies.yaml --out plan.json${more}`);
}

const lifetime = fc.integer({ min: 0, max: 1000 }).map((hours) => `PT${hours}H`);
const aPolicy = fc.record(
  {
    settings: fc.record(
      {
        ...Object.fromEntries(
          SETTING_NAMES.filter((name) => name !== 'passwordlessType' && name !== 'defaultRedirectUri').map((name) => [
            name,
            fc.boolean(),
          ]),
        ),
        passwordlessType: fc.constantFrom('ALLOWED', 'NOT_ALLOWED'),
        lifetimes: fc.record(Object.fromEntries(LIFETIME_NAMES.map((name) => [name, lifetime])), { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
    secondFactors: fc.array(fc.constantFrom(...SECOND_FACTORS)),
    multiFactors: fc.array(fc.constantFrom(...MULTI_FACTORS)),
    identityProviders: fc.uniqueArray(
      fc.record({ id: fc.constantFrom('google', '42', 'yes', 'a b'), ownerType: fc.constant('SYSTEM') }),
      {
        selector: ({ id }) => id,
      },
    ),
  },
  { requiredKeys: [] },
);
/** Any file about four organizations and the default, without its instance. */
export const aFile = fc.record(
  {
    default: aPolicy,
    organizations: fc.dictionary(
      fc.constantFrom('acme', 'globex', '0815', 'null'),
      fc.oneof(aPolicy, fc.constant('default')),
    ),
    unlisted: fc.constantFrom('keep', 'default'),
  },
  { requiredKeys: [] },
);
