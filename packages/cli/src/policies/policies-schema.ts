import { defaultSettings, MULTI_FACTORS, SECOND_FACTORS } from '@login-policy/domain';
import {
  IDENTITY_PROVIDER_OWNERS,
  LIFETIME_NAMES,
  MOST_IDENTITY_PROVIDERS,
  PASSWORDLESS_TYPES,
  SETTING_NAMES,
} from '@login-policy/domain/model';
import type { JsonObject } from '@login-policy/event-sourcing';

const LIFETIME: JsonObject = {
  type: 'string',
  pattern: '^P(?!$)(\\d+W)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+([.,]\\d+)?S)?)?$',
  description: 'An ISO 8601 duration of 0 to 36,500 days, such as PT12H or P10D.',
};

/** The JSON Schema of a policy file, for editors. */
export function policiesSchema(): JsonObject {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Login policies',
    description: 'The policy file of login-policy plan and apply.',
    ...strictly({
      instance: { type: ['string', 'integer'], description: 'The id of the instance.' },
      default: { $ref: '#/definitions/policy', description: 'The default policy. Absent: it stays unchanged.' },
      organizations: {
        type: ['object', 'null'],
        description: 'Custom policies by the id of their organization.',
        additionalProperties: {
          anyOf: [
            { const: 'default', description: 'The organization has no custom policy: the default applies to it.' },
            { $ref: '#/definitions/policy' },
          ],
        },
      },
      unlisted: {
        enum: ['keep', 'default'],
        description: 'What to do with custom policies that are not in this file: keep them, or remove them (default).',
      },
    }),
    definitions: { policy: policySchema() },
  };
}

function policySchema(): JsonObject {
  const lists = 'Absent: it stays unchanged. An empty list removes all.';
  return {
    description: 'Absent settings stay unchanged; in a new policy they get their defaults.',
    ...strictly({
      settings: strictly({
        ...Object.fromEntries(SETTING_NAMES.map((name) => [name, settingSchema(name)])),
        lifetimes: strictly(Object.fromEntries(LIFETIME_NAMES.map((name) => [name, LIFETIME]))),
      }),
      secondFactors: { ...listOf({ enum: [...SECOND_FACTORS] }), description: lists },
      multiFactors: { ...listOf({ enum: [...MULTI_FACTORS] }), description: lists },
      identityProviders: {
        ...listOf({
          ...strictly({ id: { type: 'string', maxLength: 200 }, ownerType: { enum: [...IDENTITY_PROVIDER_OWNERS] } }),
          required: ['id', 'ownerType'],
        }),
        maxItems: MOST_IDENTITY_PROVIDERS,
        description: lists,
      },
    }),
  };
}

function settingSchema(name: (typeof SETTING_NAMES)[number]): JsonObject {
  if (name === 'passwordlessType') return { enum: [...PASSWORDLESS_TYPES] };
  if (typeof defaultSettings[name] === 'boolean') return { type: 'boolean' };
  return { type: 'string', description: 'An absolute URI, or empty for none.' };
}

function strictly(properties: JsonObject): JsonObject {
  return { type: 'object', additionalProperties: false, properties };
}

function listOf(items: JsonObject): JsonObject {
  return { type: 'array', items };
}
