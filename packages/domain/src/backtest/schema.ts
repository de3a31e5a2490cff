import { MULTI_FACTORS, SECOND_FACTORS } from '../index.js';
import { SIGN_IN_LEVELS } from '../model.js';
import { OUTCOMES } from './effects.js';
import { RECORD_VERSION } from './record.js';

/** A JSON Schema. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const TEXT = { type: 'string', minLength: 1 } as const;
const INSTANT = { type: 'string', format: 'date-time' } as const;
const FACTORS = [...SECOND_FACTORS, ...MULTI_FACTORS];
const ANSWER = { outcome: { enum: OUTCOMES }, level: { enum: SIGN_IN_LEVELS } } as const;

/** The members of the input of `evaluateSignIn`, as JSON. */
export const SIGN_IN_MEMBERS: Readonly<Record<'at' | 'request' | 'session' | 'user', JsonSchema>> = {
  user: closed(['hasPassword', 'factors', 'identityProviders'], {
    hasPassword: { type: 'boolean' },
    factors: { type: 'array', items: { type: 'string', enum: FACTORS } },
    identityProviders: { type: 'array', items: { type: 'string' } },
    mfaInitSkippedAt: INSTANT,
  }),
  session: closed([], {
    password: INSTANT,
    externalLogin: closed(['identityProvider', 'at'], { identityProvider: { type: 'string' }, at: INSTANT }),
    secondFactors: {
      type: 'array',
      maxItems: 100,
      items: closed(['factor', 'at'], { factor: { type: 'string', enum: SECOND_FACTORS }, at: INSTANT }),
    },
    passkey: closed(['at', 'isUserVerified'], { at: INSTANT, isUserVerified: { type: 'boolean' } }),
    expiresAt: INSTANT,
  }),
  request: closed([], {
    startedAt: INSTANT,
    maxAge: { type: 'string', description: 'ISO 8601, such as PT5M.' },
    level: { type: 'string', enum: SIGN_IN_LEVELS },
  }),
  at: INSTANT,
};

/** The JSON Schema of a record of a sign-in, which is a line of a file. */
export const SIGN_IN_RECORD_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A record of a sign-in',
  ...closed(['v', 'owner', 'user', 'isAdministrator', 'signIn', 'outcome', 'eventId'], {
    v: { const: RECORD_VERSION },
    owner: closed(['instanceId'], { instanceId: TEXT, organizationId: TEXT }),
    user: { ...TEXT, description: 'A pseudonym.' },
    isAdministrator: { type: 'boolean' },
    signIn: closed(['user', 'session', 'at'], SIGN_IN_MEMBERS),
    ...ANSWER,
    eventId: { ...TEXT, description: 'The last event of the policy that answered.' },
    reportOnly: closed(['outcome'], ANSWER),
  }),
};

function closed(required: readonly string[], properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', required, properties, additionalProperties: false };
}
