import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies, type SecondFactor } from '@login-policy/domain';
import { isFault, openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { nextRelease } from './next-release.js';
import { acme, by, countEvents, globex, instance, PASSKEY, rejectionOf } from './policies.js';
import { last, nameOf } from './rolling-out.js';

describe('the next release, with a new second factor and a new setting', () => {
  let next: Awaited<ReturnType<typeof nextRelease>>;
  let store: Store;
  let old: LoginPolicies;
  let careful: LoginPolicies;
  let newer: LoginPolicies;

  before(async () => {
    next = await nextRelease();
    store = openMemoryStore();
    old = await openLoginPolicies({ store });
    careful = await next.openLoginPolicies({ store, newShapes: 'not-yet' });
    newer = await next.openLoginPolicies({ store });
  });

  after(async () => {
    for (const policies of [old, careful, newer]) await policies.close();
    await store.close();
  });

  const opened = (): readonly LoginPolicies[] => [old, careful, newer];

  function push(): SecondFactor {
    const factor = next.SECOND_FACTORS.find((name) => String(name) === 'PUSH');
    if (factor === undefined) throw new Error('the next release has no second factor more');
    return factor;
  }

  /** Asks for all that only the next release knows, and says what refused it. */
  async function refusals(): Promise<readonly unknown[]> {
    const consent = { forceMfa: true, askForConsent: true };
    const answers = [
      await careful.addSecondFactor(acme, push(), by),
      await careful.change(acme, consent, by),
      await careful.preview(acme, { type: 'addSecondFactor', factor: push() }),
      await careful.add({ ...instance, organizationId: 'initech' }, { settings: consent }, by),
    ];
    return answers.map((answer) => rejectionOf(answer));
  }

  const refused = ['SecondFactorAdded', 'LoginPolicyChanged', 'SecondFactorAdded', 'LoginPolicyAdded'].map((type) => ({
    reason: 'shape-not-yet-allowed',
    type,
    schemaVersion: 2,
  }));

  it('writes nothing that the old release cannot read while that is forbidden', async () => {
    for (const owner of [instance, acme]) orThrow(await careful.add(owner, freshInstance, by));
    orThrow(await old.add(globex, freshInstance, by));
    const events = await countEvents(store);
    expect(await refusals()).to.deep.equal(refused);
    expect(await countEvents(store)).to.equal(events);
    orThrow(await careful.change(acme, { forceMfa: true }, by));
    orThrow(await careful.addSecondFactor(acme, 'OTP_SMS', by));
    for (const policies of opened()) {
      const { policy } = orThrow(await policies.policy(acme));
      expect(policy.settings.forceMfa).to.equal(true);
      expect(policy.secondFactors).to.include('OTP_SMS');
    }
    orThrow(await old.removeMultiFactor(acme, PASSKEY, by));
  });

  it('is planned and reported as it would be carried out: refused, while that is forbidden', async () => {
    const command = { type: 'addSecondFactor', factor: push() } as const;
    const rollout = careful.rollOut(instance, command, { ...by, id: 'push' });
    const { counts } = orThrow(await rollout.plan());
    expect(counts).to.deep.equal({ 'would-change': 0, 'nothing-to-do': 0, 'would-be-refused': 3 });
    const done = await last(rollout.carryOut());
    const report = orThrow(await rollout.report());
    expect(report.refused.map(({ owner, reason }) => `${nameOf(owner)}: ${reason}`)).to.deep.equal(done.all);
    expect([done.refused, report.pending]).to.deep.equal([3, 0]);
  });

  it('writes new shapes once allowed; if forbidden again, it still reads and changes them', async () => {
    orThrow(await newer.addSecondFactor(acme, push(), by));
    orThrow(await careful.change(acme, { allowRegister: false }, by));
    const { policy } = orThrow(await careful.policy(acme));
    expect(policy.secondFactors).to.include('PUSH');
    expect(await refusals()).to.deep.equal([
      { reason: 'factor-already-exists', factor: 'PUSH' },
      refused[1],
      { reason: 'factor-already-exists', factor: 'PUSH' },
      refused[3],
    ]);
  });

  it('replays an earlier command with its first answer', async () => {
    const keyed = { ...by, idempotencyKey: 'push-1' };
    const first = orThrow(await newer.addSecondFactor(instance, push(), keyed));
    orThrow(await newer.removeSecondFactor(instance, push(), by));
    const again = orThrow(await careful.addSecondFactor(instance, push(), keyed));
    expect([again.isRepeated, again.details.sequence]).to.deep.equal([true, first.details.sequence]);
    expect(rejectionOf(await careful.addSecondFactor(instance, push(), by))).to.deep.equal(refused[0]);
  });

  it('leaves policies without new shapes readable for the old release', async () => {
    const back = await openLoginPolicies({ store });
    orThrow(await back.change(globex, { forceMfa: true }, by));
    expect(orThrow(await newer.policy(globex)).policy.settings.forceMfa).to.equal(true);
    const caught: unknown = await back.policy(acme).catch((fault: unknown) => fault);
    expect(isFault(caught, 'written-by-newer-program')).to.equal(true);
    await back.close();
  });
});

describe('the switch for new shapes', () => {
  it('refuses nothing if no shape is new', async () => {
    const store = openMemoryStore();
    const policies = await openLoginPolicies({ store, newShapes: 'not-yet' });
    for (const owner of [instance, acme]) orThrow(await policies.add(owner, freshInstance, by));
    orThrow(await policies.addSecondFactor(acme, 'OTP_SMS', by));
    await policies.close();
    await store.close();
  });
});
