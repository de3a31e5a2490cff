import { defaultSettings, freshInstance, orThrow, type IdentityProvider } from '@login-policy/domain';
import {
  type LoginPolicyCommand,
  ABSENT,
  decide,
  diffPolicies,
  evolveAll,
  loginPolicyDecider,
  parseIdentityProviderId,
  type LoginPolicy,
  type LoginPolicyEvent,
  type PolicyFacts,
} from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import { deciderSpecification } from '@login-policy/testkit';
import { expect } from 'chai';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, it } from 'mocha';
import { commandInputs, policies } from './arbitraries.js';
import {
  acme,
  ACME_STREAM,
  by,
  countEvents,
  instance,
  openDesk,
  PASSKEY,
  policyAdded,
  policyAfter,
  rejectionOf,
} from './policies.js';

const given = deciderSpecification(loginPolicyDecider, { streamId: ACME_STREAM });
const provider: IdentityProvider = { id: parseIdentityProviderId('idp-1', 'id'), ownerType: 'ORG' };
const utc = (iso: string): DateTime => DateTime.fromISO(iso, { zone: 'utc' });

/** Back to a policy, of whose identity providers those named are no more. */
function revertTo(
  then: LoginPolicy,
  ...unknown: readonly IdentityProvider[]
): [LoginPolicyCommand & { readonly type: 'revert' }, PolicyFacts] {
  const unknownIdentityProviders = new Set(unknown.map(({ id }) => id));
  return [
    { type: 'revert', to: { sequence: 1n } },
    { model: then, unknownIdentityProviders },
  ];
}

const revertToAfter = (...events: readonly LoginPolicyEvent[]) => revertTo(policyAfter(...events));

describe('reverting a login policy', () => {
  it('records differences as ordinary events: settings, then removals, then additions', () =>
    given(...policyAdded({ secondFactors: ['OTP_SMS', 'U2F'], settings: { forceMfa: true } }))
      .when(...revertToAfter(...policyAdded({ secondFactors: ['TOTP', 'U2F'], multiFactors: [PASSKEY] })))
      .thenEvents(
        { type: 'LoginPolicyChanged', data: { settings: { forceMfa: false } } },
        { type: 'SecondFactorRemoved', data: { factor: 'OTP_SMS' } },
        { type: 'SecondFactorAdded', data: { factor: 'TOTP' } },
        { type: 'MultiFactorAdded', data: { factor: PASSKEY } },
      ));

  it('records nothing when nothing differs', () =>
    given(...policyAdded({ secondFactors: ['TOTP'] }))
      .when(...revertToAfter(...policyAdded({ secondFactors: ['TOTP'] })))
      .thenEvents());

  it('restores a removed policy', () =>
    given(...policyAdded(), { type: 'LoginPolicyRemoved', data: {} })
      .when(...revertToAfter(...policyAdded({ secondFactors: ['TOTP'] })))
      .thenEvents(...policyAdded({ secondFactors: ['TOTP'] })));

  it('removes a custom policy that did not exist then, and is refused if there is none now', () => {
    given(...policyAdded())
      .when(...revertTo(ABSENT))
      .thenEvents({ type: 'LoginPolicyRemoved', data: {} });
    given()
      .when(...revertTo(ABSENT))
      .thenRejected({ reason: 'policy-not-found' });
  });

  it('is refused as a whole if an identity provider to link again is unknown', () => {
    const then = policyAfter(...policyAdded({ identityProviders: [provider], secondFactors: ['TOTP'] }));
    given(...policyAdded())
      .when(...revertTo(then, provider))
      .thenRejected({ reason: 'identity-provider-not-found', id: provider.id });
  });

  it('is refused in the same way if the whole policy was removed', () => {
    const then = policyAfter(...policyAdded({ identityProviders: [provider] }));
    given(...policyAdded(), { type: 'LoginPolicyRemoved', data: {} })
      .when(...revertTo(then, provider))
      .thenRejected({ reason: 'identity-provider-not-found', id: provider.id });
  });

  it('links an identity provider again that now has another owner', () =>
    given(...policyAdded({ identityProviders: [{ ...provider, ownerType: 'SYSTEM' }] }))
      .when(...revertToAfter(...policyAdded({ identityProviders: [provider] })))
      .thenEvents(
        { type: 'IdentityProviderRemoved', data: { id: provider.id } },
        { type: 'IdentityProviderAdded', data: { identityProvider: provider } },
      ));

  it('does not ask for an identity provider that stayed linked', () => {
    const then = policyAfter(...policyAdded({ identityProviders: [provider], secondFactors: ['TOTP'] }));
    given(...policyAdded({ identityProviders: [provider] }))
      .when(...revertTo(then, provider))
      .thenEvents({ type: 'SecondFactorAdded', data: { factor: 'TOTP' } });
  });

  it('leads from any policy to any other', () => {
    fc.assert(
      fc.property(policies, policies, (now, then) => {
        const [command, facts] = revertTo(then);
        const decision = decide(command, now, { owner: 'organization', facts });
        if (decision.outcome === 'rejected') return now.stage === 'absent' && then.stage === 'absent';
        const after = evolveAll(now, decision.events, 'organization');
        return diffPolicies(after, then).length === 0;
      }),
    );
  });
});

describe('reverting to a moment', () => {
  it('restores the policy as of a sequence or an instant, and keeps the history', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by); // 00:00:00, sequences 1 to 4
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by); // 00:00:01, sequence 5
    await loginPolicies.change(instance, { forceMfa: true }, by); // 00:00:02, sequence 6
    const back = orThrow(await loginPolicies.revert(instance, { sequence: 4n }, { ...by, reason: 'taken over' }));
    expect(back.events.map(({ type }) => type)).to.deep.equal(['LoginPolicyChanged', 'MultiFactorAdded']);
    expect(back.details.sequence).to.equal(8n);
    const { policy } = orThrow(await loginPolicies.policy(instance));
    expect([policy.settings.forceMfa, policy.multiFactors]).to.deep.equal([false, [PASSKEY]]);
    const then = orThrow(await loginPolicies.policy(instance, { asOf: { sequence: 6n } }));
    expect([then.policy.settings.forceMfa, then.policy.multiFactors]).to.deep.equal([true, []]);
    await loginPolicies.revert(instance, { instant: utc('2026-01-01T00:00:02Z') }, by);
    expect(orThrow(await loginPolicies.policy(instance)).policy.settings.forceMfa).to.equal(true);
    const [entry] = orThrow(await loginPolicies.history(instance, { fromSequence: 7n })).entries;
    expect(entry).to.include({ reason: 'taken over', actor: 'alice' });
  });

  it('removes a custom policy or restores it, as it was at the moment', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by); // :00
    await loginPolicies.add(acme, { settings: defaultSettings, secondFactors: ['OTP_SMS'] }, by); // :01
    await loginPolicies.revert(acme, { instant: utc('2026-01-01T00:00:00Z') }, by);
    expect(orThrow(await loginPolicies.effectivePolicy(acme)).policy.isDefault).to.equal(true);
    await loginPolicies.revert(acme, { sequence: 2n }, by);
    expect(orThrow(await loginPolicies.policy(acme)).policy.secondFactors).to.deep.equal(['OTP_SMS']);
  });

  it('names the problem of a moment: an unknown sequence, a malformed instant, or a moment before the policy', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const before = await countEvents(store);
    const refusals = [
      [{ sequence: 9n }, 'to.sequence'],
      [{ instant: DateTime.invalid('test') }, 'to.instant'],
      [{ instant: utc('2025-01-01T00:00:00Z') }, 'to.instant'],
    ] as const;
    for (const [to, field] of refusals) {
      const answer = await loginPolicies.revert(instance, to, by);
      expect(rejectionOf(answer), field).to.include({ reason: 'invalid-argument', field });
    }
    expect(await countEvents(store)).to.equal(before);
  });

  it('is refused if the policy is no longer at the sequence that was seen', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by);
    const answer = await loginPolicies.revert(instance, { sequence: 4n }, { ...by, ifSequence: 4n });
    expect(rejectionOf(answer)).to.deep.equal({ reason: 'sequence-not-current', expected: 4n, actual: 5n });
  });

  it('under a repeated key writes nothing more', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by);
    const options = { ...by, idempotencyKey: 'back' };
    const first = orThrow(await loginPolicies.revert(instance, { sequence: 4n }, options));
    const count = await countEvents(store);
    const again = orThrow(await loginPolicies.revert(instance, { sequence: 4n }, options));
    expect([again.isRepeated, again.details]).to.deep.equal([true, first.details]);
    expect(await countEvents(store)).to.equal(count);
  });
});

describe('a command as data', () => {
  it('does the same as the method of its name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commandInputs, { maxLength: 12 }), async (commands) => {
        const { loginPolicies } = await openDesk();
        for (const command of commands) {
          const preview = await previewCommand(loginPolicies, acme, command);
          const answer = await loginPolicies.execute(acme, command, by);
          if (preview.outcome === 'rejected') {
            expect(answer).to.deep.equal(preview);
          } else {
            const events = orThrow(answer).events.map(({ type, data }) => ({ type, data }));
            expect(events).to.deep.equal(preview.events.map(({ type, data }) => ({ type, data })));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
