import { orThrow, type CommandInput, type LoginSettingsInput } from '@login-policy/domain';
import { parseOwner, policyStream } from '@login-policy/domain/model';
import { START } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { DateTime, Duration } from 'luxon';
import { describe, it } from 'mocha';
import { COMMAND_NAMES } from './arbitraries.js';
import { acme, by, instance, openDesk, PASSKEY } from './policies.js';

const provider = { id: 'idp-1', ownerType: 'ORG' } as const;
const lifetimes = {
  passwordCheck: 'PT240H',
  externalLoginCheck: 'PT240H',
  mfaInitSkip: 'PT720H',
  secondFactorCheck: 'PT18H',
  multiFactorCheck: 'PT12H',
};
/** The settings of the first release, spelt out: a command that names one more has another fingerprint. */
const SETTINGS: LoginSettingsInput = {
  allowUsernamePassword: true,
  allowRegister: true,
  allowExternalIdp: true,
  forceMfa: false,
  forceMfaLocalOnly: false,
  passwordlessType: 'ALLOWED',
  hidePasswordReset: false,
  ignoreUnknownUsernames: false,
  allowDomainDiscovery: true,
  disableLoginWithEmail: false,
  disableLoginWithPhone: false,
  defaultRedirectUri: '',
  lifetimes,
};
const EARLIER = '2025-12-31T23:00:00.000Z';

/** What is stored of each command under a key: never to change, or commands repeated over a deployment are refused. */
const GOLDEN: readonly (readonly [fingerprint: string, ...commands: readonly [CommandInput, ...CommandInput[]]])[] = [
  [
    '8109ea2191ecf1c1e5379bdc0d635ded36617ce408403e00411c6402604d90f6',
    { type: 'add', policy: { settings: SETTINGS } },
    { type: 'add', policy: { settings: { ...SETTINGS }, secondFactors: [], identityProviders: [] } },
  ],
  [
    'bdc860b3e0cd1e97077438be0ccc8088dc49fdf46bb77d7dfe3e1f2ac7286a9c',
    {
      type: 'add',
      policy: {
        settings: SETTINGS,
        secondFactors: ['TOTP', 'U2F'],
        multiFactors: [PASSKEY],
        identityProviders: [provider],
      },
    },
    {
      type: 'add',
      policy: {
        identityProviders: [provider, provider],
        multiFactors: [PASSKEY, PASSKEY],
        secondFactors: ['TOTP', 'U2F', 'TOTP'],
        settings: { ...SETTINGS, lifetimes: { ...lifetimes, passwordCheck: Duration.fromObject({ days: 10 }) } },
      },
    },
  ],
  [
    'c0fdf0cd899eabc750ec484e2ca5ece3898b00acb590e9edb88594885db5be5a',
    { type: 'change', settings: { forceMfa: true, lifetimes: { mfaInitSkip: Duration.fromObject({ hours: 36 }) } } },
    { type: 'change', settings: { lifetimes: { mfaInitSkip: Duration.fromMillis(129_600_000) }, forceMfa: true } },
    { type: 'change', settings: { forceMfa: true, lifetimes: { mfaInitSkip: 'P1DT12H' } } },
  ],
  [
    'e44a17638810b639af32e66bba781a8c5475aacf45b55090b7d946c9bb38e6df',
    { type: 'change', settings: {} },
    { type: 'change', settings: { lifetimes: {} } },
  ],
  [
    '0c3b4c832a699c4e4c6a2322cd4161b7a485b4a8e4a86b7d6cefe85e25915207',
    { type: 'set', policy: { settings: { forceMfa: true }, multiFactors: [] } },
  ],
  ['679455519e1f73f4a050a866e32f7ea7082a30e76a709e0ed00ddb9a93532ae1', { type: 'customize' }],
  ['a259b2f5e10a9b1f2e708f47686f9548ff7f2646ceae94df6cb9385efe9cbd1b', { type: 'remove' }],
  ['e66c984df11af4e6e6a7efda0dcac59b126ad45508ea014abec47c474f8769d5', { type: 'addSecondFactor', factor: 'OTP_SMS' }],
  ['b7dc224c120803064cd2ad4a71e7a7e90f5c0e1d7224d8a9c9b9278a56a487f4', { type: 'removeSecondFactor', factor: 'TOTP' }],
  ['0ec2715d2bb3fc37702e330a0d795e90d343d71e082e1324a7b759613da9f69d', { type: 'addMultiFactor', factor: PASSKEY }],
  ['50e5d4040f954c816400698e322f9ca5eb814b8f75d58ccc1a4e63e301e7d2ca', { type: 'removeMultiFactor', factor: PASSKEY }],
  [
    '7453989129fd9de6b5043bd8636f0e1ab516b88686e46020732d946237fbf40a',
    { type: 'addIdentityProvider', identityProvider: provider },
  ],
  ['2ccd760811e9b6dbaae30ce5a9f2e1ae962ff25dae47e3480ab2cba628ec8c1e', { type: 'removeIdentityProvider', id: 'idp-1' }],
  ['4912a2157f7a93191c775b3c33461766894009adab0e4895692b54da75c5fdab', { type: 'revert', to: { sequence: 1n } }],
  ['f464dfa7092e1c7fa70f83ca16624a68b8b6ba67955700793133ce96b9b0bf49', { type: 'revert', to: { position: START } }],
  [
    'c03cfe9d09f85752eedf9ee56fa54b687d4a5b0abceb0bfed10f9e429ffe5e8c',
    { type: 'revert', to: { instant: EARLIER } },
    { type: 'revert', to: { instant: new Date(EARLIER) } },
    { type: 'revert', to: { instant: DateTime.fromISO('2026-01-01T01:00:00+02:00') } },
  ],
];

/** The fingerprint that is stored of a command under a key, on a policy on which it is allowed. */
async function storedOf(command: CommandInput): Promise<string | undefined> {
  const { store, loginPolicies } = await openDesk();
  const first = command.type === 'customize' ? instance : acme;
  if (command.type !== 'add') orThrow(await loginPolicies.add(first, { settings: SETTINGS }, by));
  if (command.type === 'removeSecondFactor') await loginPolicies.addSecondFactor(acme, command.factor, by);
  if (command.type === 'removeMultiFactor') await loginPolicies.addMultiFactor(acme, command.factor, by);
  if (command.type === 'removeIdentityProvider') await loginPolicies.addIdentityProvider(acme, provider, by);
  orThrow(await loginPolicies.execute(acme, command, { ...by, idempotencyKey: 'k' }));
  return (await store.eventStore.receipt(policyStream(parseOwner(acme, 'owner')), 'k'))?.fingerprint;
}

describe('the fingerprint that is stored of a command', () => {
  for (const [fingerprint, ...commands] of GOLDEN) {
    const [{ type }] = commands;
    it(`does not depend on how the command is written: ${type} ${fingerprint.slice(0, 8)}`, async () => {
      for (const command of commands) expect(await storedOf(command)).to.equal(fingerprint);
    });
  }

  it('is pinned for every command', () => {
    expect(new Set(GOLDEN.map(([, { type }]) => type))).to.deep.equal(new Set(COMMAND_NAMES));
  });

  it('differs for every other command', () => {
    expect(new Set(GOLDEN.map(([fingerprint]) => fingerprint)).size).to.equal(GOLDEN.length);
  });
});
