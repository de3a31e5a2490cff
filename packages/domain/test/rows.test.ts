import { loginPolicyProjection, parseIdentityProviderId, type LoginPolicyRow } from '@login-policy/domain/model';
import { eventId, instant, parseInstant, position, revision } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { policies } from './arbitraries.js';
import { instance, PASSKEY, policyAdded, policyAfter } from './policies.js';

const ID = eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV');

const rows: fc.Arbitrary<LoginPolicyRow> = fc
  .record({
    policy: policies,
    createdAt: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
    changedAt: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
    place: fc.bigInt({ min: 0n, max: 2n ** 60n }),
    customIn: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
  })
  .map(({ policy, createdAt, changedAt, place, customIn }) => ({
    policy,
    changeInfo: {
      eventId: ID,
      revision: revision(place),
      position: position(place),
      createdAt: instant(createdAt),
      changedAt: instant(changedAt),
    },
    customIn,
  }))
  .filter((row): row is LoginPolicyRow => row.policy.stage === 'active');

/**
 * Programs share the rows of one version, so a row that is stored otherwise needs a new `version` of the projection,
 * and the text of that version here.
 */
const STORED: Readonly<Record<number, string>> = {
  1:
    '{"settings":{"allowUsernamePassword":true,"allowRegister":true,"allowExternalIdp":true,"forceMfa":false,' +
    '"forceMfaLocalOnly":false,"passwordlessType":"ALLOWED","hidePasswordReset":false,"ignoreUnknownUsernames":false,' +
    '"allowDomainDiscovery":true,"disableLoginWithEmail":false,"disableLoginWithPhone":false,"defaultRedirectUri":"",' +
    '"lifetimes":{"passwordCheck":"PT240H","externalLoginCheck":"PT240H","mfaInitSkip":"PT720H",' +
    '"secondFactorCheck":"PT18H","multiFactorCheck":"PT12H"}},"secondFactors":["TOTP"],' +
    '"multiFactors":["U2F_WITH_VERIFICATION"],"identityProviders":[{"id":"google","ownerType":"ORG"}],' +
    '"eventId":"01ARZ3NDEKTSV4RRFFQ69G5FAV","revision":"3","position":"9","createdAt":"2026-01-01T00:00:00.000Z",' +
    '"changedAt":"2026-01-02T00:00:00.000Z","customIn":"69629023906488334"}',
};

describe('the row of a policy', () => {
  it('is stored as every program of its version reads it', () => {
    const { rows: codec, version } = loginPolicyProjection;
    const policy = policyAfter(
      ...policyAdded({
        secondFactors: ['TOTP'],
        multiFactors: [PASSKEY],
        identityProviders: [{ id: parseIdentityProviderId('google', 'id'), ownerType: 'ORG' }],
      }),
    );
    if (policy.stage !== 'active') throw new Error('the policy is not active');
    const changeInfo = {
      eventId: ID,
      revision: revision(3n),
      position: position(9n),
      createdAt: parseInstant('2026-01-01T00:00:00.000Z'),
      changedAt: parseInstant('2026-01-02T00:00:00.000Z'),
    };
    const text = JSON.stringify(codec.encode({ policy, changeInfo, customIn: instance.instanceId }));
    expect(text, `rows of version ${version}`).to.equal(STORED[version]);
  });

  it('is stored as the text of its encoding, and decoded from it', () => {
    const { encode, decode, text } = loginPolicyProjection.rows;
    fc.assert(
      fc.property(rows, (row) => {
        const encoded = JSON.stringify(encode(row));
        expect(text?.(row)).to.equal(encoded);
        expect(decode(JSON.parse(encoded))).to.deep.equal(row);
      }),
    );
  });
});
