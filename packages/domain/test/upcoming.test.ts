import { evaluateSignIn, freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import type { UpcomingPolicy } from '@login-policy/domain/model';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const at = '2027-02-01T12:00:00.000Z';
const MARCH = '2027-03-01T00:00:00.000Z';
type SignIn = Parameters<typeof evaluateSignIn>[1];
const texting: SignIn['user'] = { hasPassword: true, factors: ['OTP_SMS'], identityProviders: [] };
const signIn: SignIn = {
  user: texting,
  session: { password: at, secondFactors: [{ factor: 'OTP_SMS', at }] },
  at,
};

async function policyWith(settings: object, secondFactors: readonly ('OTP_SMS' | 'TOTP')[]) {
  const policies = await openLoginPolicies({ store: openMemoryStore() });
  const owner = { instanceId: 'iam' };
  orThrow(await policies.add(owner, { ...freshInstance, settings, secondFactors }, { actor: 'setup' }));
  return orThrow(await policies.policy(owner)).policy;
}

describe('what changes for a user later', () => {
  it('is said with the judgement: from when, what no longer counts, and what to set up in time', async () => {
    const now = await policyWith({ forceMfa: true }, ['TOTP', 'OTP_SMS']);
    const { settings, identityProviders, multiFactors } = now;
    const policy = { settings, identityProviders, multiFactors, secondFactors: ['TOTP'] as const };
    const answer = evaluateSignIn(now, signIn, [{ at: MARCH, policy, id: 'no-sms' }]);
    expect(answer.outcome).to.equal('proceed');
    expect(answer.outcome !== 'rejected' && answer.upcoming).to.deep.equal([
      {
        at: new Date(MARCH),
        change: 'hasToSetUp',
        noLonger: [{ method: 'second-factor', factor: 'OTP_SMS' }],
        setUp: [{ method: 'passkey' }, { method: 'second-factor', factor: 'TOTP' }],
        id: 'no-sms',
      },
    ]);
  });

  it('is compared with the policy right before it, and left out when it changes nothing for the user', async () => {
    const now = await policyWith({ forceMfa: true }, ['TOTP', 'OTP_SMS']);
    const { settings, identityProviders, multiFactors } = now;
    const without = { settings, identityProviders, multiFactors, secondFactors: ['TOTP'] as const };
    const upcoming: readonly UpcomingPolicy[] = [
      { at: '2027-04-01T00:00:00Z', policy: now },
      { at: MARCH, policy: without },
      { at: '2027-03-15T00:00:00Z', policy: { ...without, secondFactors: ['TOTP', 'U2F'] } },
      { at: '2027-01-01T00:00:00Z', policy: without },
    ];
    const answer = evaluateSignIn(now, signIn, upcoming);
    const changes = answer.outcome !== 'rejected' && answer.upcoming !== 'unknown' ? answer.upcoming : undefined;
    expect(changes?.map(({ at: when, change }) => [when.toISOString(), change])).to.deep.equal([
      [MARCH, 'hasToSetUp'],
      ['2027-04-01T00:00:00.000Z', 'stronger'],
    ]);
  });

  it('refuses a malformed list by the name of its member', async () => {
    const now = await policyWith({}, ['TOTP']);
    for (const [given, field] of [
      [[{ policy: now }], 'upcoming[0].at'],
      [[{ at: MARCH, policy: 'none' }], 'upcoming[0].policy'],
      [[{ at: MARCH, policy: now, when: 1 }], 'upcoming[0].when'],
      [{}, 'upcoming'],
    ] as const) {
      const answer: ReturnType<typeof evaluateSignIn> = Reflect.apply(evaluateSignIn, undefined, [now, signIn, given]);
      expect(answer.outcome === 'rejected' && answer.rejection).to.include({ reason: 'invalid-argument', field });
    }
  });
});

describe('the upcoming policies of an organization', () => {
  const organization = { instanceId: 'iam', organizationId: 'acme' };

  it('are asked of the program, and told with the effective policy and the judgement', async () => {
    const asked: unknown[] = [];
    const upcoming = {
      of: (named: object) => {
        asked.push(named);
        return [{ at: MARCH, policy: { stage: 'absent' } as const }];
      },
    };
    const policies = await openLoginPolicies({ store: openMemoryStore(), upcoming });
    orThrow(await policies.add({ instanceId: 'iam' }, freshInstance, { actor: 'setup' }));
    const found = orThrow(await policies.effectivePolicy(organization));
    expect(found.upcoming).to.deep.equal([{ at: MARCH, policy: { stage: 'absent' } }]);
    const judged = await policies.evaluateSignIn(organization, { user: texting, session: {} });
    expect(judged.outcome !== 'rejected' && judged.upcoming).to.have.length(1);
    const { position } = found.policy;
    const past = orThrow(await policies.effectivePolicy(organization, { asOf: { position } }));
    expect([past.upcoming, asked]).to.deep.equal([undefined, [organization, organization]]);
  });

  it('are unknown when the program fails or answers nonsense: nobody is kept out for that', async () => {
    for (const of of [
      () => Promise.reject(new Error('down')),
      () => JSON.parse('[{"at":"soon"}]'),
      () => JSON.parse('"soon"'),
    ]) {
      const policies = await openLoginPolicies({ store: openMemoryStore(), upcoming: { of } });
      orThrow(await policies.add({ instanceId: 'iam' }, freshInstance, { actor: 'setup' }));
      expect(orThrow(await policies.effectivePolicy(organization)).upcoming).to.equal('unknown');
      const judged = await policies.evaluateSignIn(organization, { user: texting, session: { password: new Date(0) } });
      expect([judged.outcome, judged.outcome !== 'rejected' && judged.upcoming]).to.deep.equal([
        'authenticate',
        'unknown',
      ]);
    }
  });
});
