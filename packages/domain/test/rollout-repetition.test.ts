import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { rollOut } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, countEvents, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';
import { advisory, factorsOf, failureOf, last, removal, seed } from './rolling-out.js';

describe('a rollout that is repeated', () => {
  it('is planned as it would be carried out: nothing is done twice, and another command under its id is refused', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    await last(rollout.carryOut());
    orThrow(await loginPolicies.addMultiFactor(globex, PASSKEY, by));
    orThrow(await loginPolicies.add({ ...instance, organizationId: 'hooli' }, { multiFactors: [PASSKEY] }, by));
    const { counts } = orThrow(await rollout.plan());
    expect(counts).to.deep.equal({ 'would-change': 1, 'nothing-to-do': 4, 'would-be-refused': 0 });
    const another = { type: 'removeSecondFactor', factor: 'TOTP' } as const;
    const other = rollOut(loginPolicies, instance, another, advisory);
    orThrow(await loginPolicies.addSecondFactor(globex, 'TOTP', by));
    expect(rejectionOf(await other.plan()).reason).to.equal('idempotency-key-reused');
    const forbidden = { ...advisory, mayChange: () => false };
    const hidden = orThrow(await rollOut(loginPolicies, instance, another, forbidden).plan());
    expect(hidden.counts).to.include({ 'would-be-refused': 5 });
    orThrow(await loginPolicies.remove(acme, by));
    const onAcme = rollOut(loginPolicies, instance, removal, { ...advisory, organizationIds: ['acme'] });
    expect(orThrow(await onAcme.plan()).counts).to.include({ 'nothing-to-do': 1 });
    expect(await last(onAcme.carryOut())).to.include({ changed: 0, refused: 0 });
    expect(await last(rollout.carryOut())).to.include({ changed: 1, refused: 0 });
    await loginPolicies.close();
  });

  it('is not pending on a policy that it left unchanged and that was changed since', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    orThrow(await loginPolicies.change(acme, { forceMfa: true }, by));
    const forced = rollOut(loginPolicies, instance, { type: 'change', settings: { forceMfa: true } }, advisory);
    expect(await last(forced.carryOut())).to.include({ done: 4, changed: 3 });
    orThrow(await loginPolicies.change(acme, { forceMfa: false }, by));
    expect(await last(forced.carryOut())).to.include({ done: 4, changed: 0 });
    expect(orThrow(await forced.report())).to.include({ changed: 3, unchanged: 1, pending: 0 });
    expect(await last(forced.revert(by))).to.include({ done: 4, changed: 3 });
    await loginPolicies.close();
  });

  it('is of one command, also where its caller changes the object meanwhile', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const command = { type: 'change', settings: { forceMfa: true } } as const;
    for await (const { done } of rollOut(loginPolicies, instance, command, advisory).carryOut())
      if (done === 1) Object.assign(command.settings, { forceMfa: false, allowRegister: false });
    for (const owner of [instance, acme, globex]) {
      const { settings } = orThrow(await loginPolicies.policy(owner)).policy;
      expect([settings.forceMfa, settings.allowRegister]).to.deep.equal([true, true]);
    }
    await loginPolicies.close();
  });

  it('is refused by name after it was reverted, also as a plan and in another process (T15)', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    await last(rollout.carryOut());
    expect(await last(rollout.revert(by))).to.include({ changed: 3 });
    const other = await openLoginPolicies({ store });
    const written = await countEvents(store);
    for (const policies of [loginPolicies, other]) {
      const again = rollOut(policies, instance, removal, advisory);
      expect(await failureOf(last(again.carryOut()))).to.equal('idempotency-key-reused');
      const plan = await again.plan();
      expect(plan).to.have.property('message').that.includes('The rollout advisory-1 was reverted');
      expect(await last(again.revert(by)), 'a revert is taken up again').to.include({ changed: 0, refused: 0 });
    }
    expect(await countEvents(store)).to.equal(written);
    const anew = rollOut(loginPolicies, instance, removal, { ...advisory, id: 'advisory-2' });
    expect(await last(anew.carryOut())).to.include({ changed: 3, refused: 0 });
    expect(await last(anew.revert(by))).to.include({ changed: 3 });
  });

  it('reaches a policy that was removed and added anew since (T16)', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    await last(rollout.carryOut());
    for (const expected of [1, 1, 0]) {
      if (expected === 1) {
        orThrow(await loginPolicies.remove(acme, by));
        orThrow(await loginPolicies.add(acme, { multiFactors: [PASSKEY] }, by));
        expect(orThrow(await rollout.plan()).counts).to.include({ 'would-change': 1 });
        expect(orThrow(await rollout.report())).to.include({ pending: 1, stillAllowing: 1 });
      }
      expect(await last(rollout.carryOut())).to.include({ changed: expected, refused: 0 });
      expect(orThrow(await rollout.report())).to.include({ changed: 3, pending: 0, stillAllowing: 0 });
    }
    expect(await last(rollout.revert(by))).to.include({ changed: 3, refused: 0 });
    expect(await factorsOf(loginPolicies, acme)).to.deep.equal([PASSKEY]);
  });

  it('is what its caller gave first, whatever becomes of the options (T40)', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const options = { ...advisory, organizationIds: ['acme'] };
    const rollout = rollOut(loginPolicies, instance, removal, options);
    options.organizationIds.push('globex');
    Object.assign(options, { id: 'advisory-2' });
    expect(await last(rollout.carryOut())).to.include({ done: 1, changed: 1 });
    expect(
      orThrow(await rollOut(loginPolicies, instance, removal, { ...advisory, organizationIds: ['acme'] }).report()),
    ).to.include({ changed: 1 });
  });

  it('has keys that no command can take (T42)', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    for (const key of ['rollout advisory-1', 'revert of rollout advisory-1', 'reverted rollout advisory-1']) {
      const refused = await loginPolicies.change(acme, {}, { ...by, idempotencyKey: key });
      expect(rejectionOf(refused)).to.deep.include({ reason: 'invalid-argument', field: 'options.idempotencyKey' });
    }
    expect(await last(rollOut(loginPolicies, instance, removal, advisory).carryOut())).to.include({
      changed: 3,
      refused: 0,
    });
  });

  it('is refused as a whole if the default is not as its plan saw it', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const { seen } = orThrow(await rollOut(loginPolicies, instance, removal, advisory).plan());
    expect(orThrow(await loginPolicies.policy(instance)).seen).to.equal(seen);
    const bound = rollOut(loginPolicies, instance, removal, { ...advisory, ifSeen: seen });
    expect(await last(bound.carryOut())).to.include({ changed: 3 });
    expect(await last(bound.carryOut()), 'its own events count as seen').to.include({ changed: 0, refused: 0 });
    orThrow(await loginPolicies.change(instance, { forceMfa: true }, by));
    const written = await countEvents(store);
    for (const reach of [{}, { withDefault: false }]) {
      const late = rollOut(loginPolicies, instance, removal, { ...advisory, ...reach, id: 'late', ifSeen: seen });
      expect(await failureOf(last(late.carryOut()))).to.equal('changed-since');
    }
    expect(await countEvents(store)).to.equal(written);
    const foreign = rollOut(loginPolicies, instance, removal, { ...advisory, ifSeen: `${seen}x` });
    expect(rejectionOf(await foreign.plan())).to.have.property('field', 'options.ifSeen');
  });
});
