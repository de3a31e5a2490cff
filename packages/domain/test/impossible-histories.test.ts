import { freshInstance, orThrow } from '@login-policy/domain';
import {
  evolve,
  evolveState,
  loginPolicyEvents,
  loginPolicyProjection,
  NO_POLICY,
  parseIdentityProviderId,
  type LoginPolicyEvent,
  type LoginPolicyRow,
  type PolicyState,
} from '@login-policy/domain/model';
import { isFault, parseStreamId, revision } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { anEvent } from './arbitraries.js';
import {
  acme,
  ACME_STREAM,
  by,
  globex,
  instance,
  INSTANCE_STREAM,
  openDesk,
  PASSKEY,
  policyAdded,
  policyAfter,
  recordAsItStands,
  recorded,
} from './policies.js';

const id = parseIdentityProviderId('idp-1', 'id');
const linked: LoginPolicyEvent = {
  type: 'IdentityProviderAdded',
  data: { identityProvider: { id, ownerType: 'ORG' } },
};

/** What no decision ever wrote behind a policy with TOTP, a passkey and an identity provider. */
const IMPOSSIBLE: Readonly<Record<string, LoginPolicyEvent>> = {
  'a second factor twice': { type: 'SecondFactorAdded', data: { factor: 'TOTP' } },
  'a second factor removed that was not there': { type: 'SecondFactorRemoved', data: { factor: 'U2F' } },
  'a multi-factor twice': { type: 'MultiFactorAdded', data: { factor: PASSKEY } },
  'an identity provider twice': linked,
  'an identity provider removed that was not there': {
    type: 'IdentityProviderRemoved',
    data: { id: parseIdentityProviderId('idp-2', 'id') },
  },
};

const before = policyAdded({ secondFactors: ['TOTP'], multiFactors: [PASSKEY] }).concat(linked);

describe('a history that no decision could have produced', () => {
  for (const [what, event] of Object.entries(IMPOSSIBLE)) {
    it(`makes only its own policy unreadable: ${what}`, async () => {
      const { store, loginPolicies } = await openDesk();
      orThrow(await loginPolicies.add(instance, freshInstance, by));
      const encoded = before.concat(event).map((one) => loginPolicyEvents.encode(one));
      for (const append of [encoded.slice(0, 4), encoded.slice(4)]) await recordAsItStands(store, append);
      const asks = [
        () => loginPolicies.policy(acme),
        () => loginPolicies.effectivePolicy(acme),
        () => loginPolicies.policy(acme, { asOf: { sequence: 5n } }),
        () => loginPolicies.change(acme, { forceMfa: true }, by),
        () => loginPolicies.history(acme),
      ];
      for (const ask of asks) {
        const fault = await ask().then(String, (caught: unknown) => caught);
        if (!isFault(fault, 'unreadable-event')) throw fault;
        expect(fault.facts).to.include({ streamId: ACME_STREAM, revision: revision(4), type: event.type });
      }
      expect(orThrow(await loginPolicies.policy(acme, { asOf: { sequence: 4n } })).policy.details.sequence).to.equal(
        4n,
      );
      expect(orThrow(await loginPolicies.effectivePolicy(globex)).policy.isDefault).to.equal(true);
    });
  }

  it('includes the removal of an instance policy', () => {
    const removed: LoginPolicyEvent = { type: 'LoginPolicyRemoved', data: {} };
    const policy = policyAfter(...before);
    expect(evolve(policy, removed, 'organization')).to.deep.equal({ stage: 'absent' });
    expect(() => evolve(policy, removed, 'instance')).to.throw(/instance/);
  });

  it('does not include streams of other kinds: folding one is a defect', () => {
    const [added] = policyAdded();
    if (added === undefined) throw new Error('unreachable');
    const foreign = { ...recorded(loginPolicyEvents.encode(added)), streamId: parseStreamId('invoice-1') };
    expect(() => evolveState(NO_POLICY, loginPolicyEvents.decode(foreign))).to.throw(TypeError, 'invoice-1');
  });

  it('is reported by state and row alike', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(ACME_STREAM, INSTANCE_STREAM),
        fc.array(anEvent, { maxLength: 12 }),
        (streamId, life) => {
          let now: Now = { state: NO_POLICY, row: undefined };
          for (const [index, event] of policyAdded().concat(life).entries()) {
            const stored = { ...recorded(loginPolicyEvents.encode(event)), streamId, revision: revision(index) };
            const decoded = loginPolicyEvents.decode(stored);
            const { state, row } = now;
            const after = resultOf(() => evolveState(state, decoded));
            const rowAfter = resultOf(() => loginPolicyProjection.reduce(row, decoded));
            if ('fault' in after || 'fault' in rowAfter) {
              expect(String(Reflect.get(rowAfter, 'fault'))).to.equal(String(Reflect.get(after, 'fault')));
              continue;
            }
            now = { state: after.value, row: rowAfter.value };
            expect(now.row?.policy ?? { stage: 'absent' }).to.deep.equal(now.state.policy);
            if (now.row !== undefined) expect(now.row.changeInfo).to.deep.equal(now.state.changeInfo);
          }
        },
      ),
    );
  });
});

interface Now {
  readonly state: PolicyState;
  readonly row: LoginPolicyRow | undefined;
}

function resultOf<Value>(make: () => Value): { readonly value: Value } | { readonly fault: unknown } {
  try {
    return { value: make() };
  } catch (fault) {
    return { fault };
  }
}
