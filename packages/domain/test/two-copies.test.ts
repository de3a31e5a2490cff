import { freshInstance, openLoginPolicies, orThrow, RejectedError } from '@login-policy/domain';
import type * as domain from '@login-policy/domain';
import type * as eventSourcing from '@login-policy/event-sourcing';
import { monotonicIds } from '@login-policy/event-sourcing';
import { anotherCopy } from '@login-policy/testkit/contracts';
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { acme, ACME_STREAM, by, instance, rejectionOf } from './policies.js';

const copy = anotherCopy(['@login-policy/event-sourcing', '@login-policy/domain'], import.meta.url);
const { openMemoryStore }: typeof eventSourcing = await import(copy.url('@login-policy/event-sourcing'));
const otherDomain: typeof domain = await import(copy.url('@login-policy/domain'));

after(() => copy.remove());

describe('login policies on a store with another installed copy of the kernel', () => {
  it('decide again on a conflict, replay, read, read the past and rebuild', async () => {
    const store = openMemoryStore();
    const loginPolicies = await openLoginPolicies({ store });
    const other = await openLoginPolicies({ store });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    orThrow(await loginPolicies.add(acme, freshInstance, by));
    const changes = ['forceMfa', 'allowRegister', 'hidePasswordReset', 'ignoreUnknownUsernames'].map((setting, index) =>
      (index % 2 === 0 ? loginPolicies : other).change(acme, { [setting]: setting !== 'allowRegister' }, by),
    );
    for (const answer of await Promise.all(changes)) expect(answer.outcome).to.equal('accepted');
    const repeated = { ...by, idempotencyKey: 'once' };
    orThrow(await other.removeSecondFactor(acme, 'TOTP', repeated));
    const again = await loginPolicies.removeSecondFactor(acme, 'TOTP', repeated);
    expect(again).to.include({ outcome: 'accepted', isRepeated: true });
    expect(rejectionOf(await loginPolicies.policy(acme, { asOf: { sequence: 99n } }))).to.include({
      reason: 'invalid-argument',
    });
    await loginPolicies.readModel.rebuild();
    const { policy } = orThrow(await other.effectivePolicy(acme));
    expect(policy.secondFactors).not.to.include('TOTP');
    expect(orThrow(await loginPolicies.history(acme)).entries.length).to.equal(Number(policy.details.sequence));
    await loginPolicies.close();
    await other.close();
    await store.close();
  });

  it('limit the effect of an event of a newer program to its own policy, also with two copies of the domain', async () => {
    const store = openMemoryStore();
    const other = await otherDomain.openLoginPolicies({ store });
    const loginPolicies = await openLoginPolicies({ store });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    orThrow(await loginPolicies.add(acme, freshInstance, by));
    const newer = { id: monotonicIds()(), type: 'LoginPolicyFrozen', schemaVersion: 1, data: {} };
    const events = [{ ...newer, metadata: { actor: 'a', correlationId: 'c' } }];
    await store.eventStore.append({ streamId: ACME_STREAM, expected: 'any', events });
    for (const policies of [other, loginPolicies]) {
      const read = await policies.policy(acme).catch((caught: unknown) => caught);
      expect(read).to.have.property('code', 'written-by-newer-program');
      orThrow(await policies.policy(instance));
      const removed = await policies.removeSecondFactor(instance, 'OTP_SMS', by);
      expect(() => otherDomain.orThrow(removed)).to.throw(RejectedError);
    }
    await loginPolicies.close();
    await other.close();
    await store.close();
  });
});
