import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies, type SecondFactor } from '@login-policy/domain';
import { isFault, openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { nextRelease } from './next-release.js';
import { acme, by, globex, instance, PASSKEY } from './policies.js';

describe('the next release, with a new second factor and a new setting', () => {
  let next: Awaited<ReturnType<typeof nextRelease>>;
  let store: Store;
  let old: LoginPolicies;
  let newer: LoginPolicies;

  before(async () => {
    next = await nextRelease();
    store = openMemoryStore();
    old = await openLoginPolicies({ store });
    newer = await next.openLoginPolicies({ store });
  });

  after(async () => {
    for (const policies of [old, newer]) await policies.close();
    await store.close();
  });

  function push(): SecondFactor {
    const factor = next.SECOND_FACTORS.find((name) => String(name) === 'PUSH');
    if (factor === undefined) throw new Error('the next release has no second factor more');
    return factor;
  }

  it('writes events in the oldest version that holds them, which the old release reads', async () => {
    for (const owner of [instance, acme]) orThrow(await newer.add(owner, freshInstance, by));
    orThrow(await old.add(globex, freshInstance, by));
    orThrow(await newer.change(acme, { forceMfa: true }, by));
    orThrow(await newer.addSecondFactor(acme, 'OTP_SMS', by));
    for (const policies of [old, newer]) {
      const { policy } = orThrow(await policies.policy(acme));
      expect(policy.settings.forceMfa).to.equal(true);
      expect(policy.secondFactors).to.include('OTP_SMS');
    }
    orThrow(await old.removeMultiFactor(acme, PASSKEY, by));
  });

  it('replays an earlier command with its first answer', async () => {
    const keyed = { ...by, idempotencyKey: 'push-1' };
    const first = orThrow(await newer.addSecondFactor(acme, push(), keyed));
    orThrow(await newer.change(acme, { allowRegister: false }, by));
    const again = orThrow(await newer.addSecondFactor(acme, push(), keyed));
    expect([again.isRepeated, again.details.sequence]).to.deep.equal([true, first.details.sequence]);
  });

  it('makes only the policies with something new unreadable for the old release', async () => {
    const back = await openLoginPolicies({ store });
    orThrow(await back.change(globex, { forceMfa: true }, by));
    expect(orThrow(await newer.policy(globex)).policy.settings.forceMfa).to.equal(true);
    const caught: unknown = await back.policy(acme).catch((fault: unknown) => fault);
    expect(isFault(caught, 'written-by-newer-program')).to.equal(true);
    await back.close();
  });
});
