import { openLoginPolicies, orThrow, type LoginPolicies, type OrganizationRef } from '@login-policy/domain';
import { type RolloutCommand, findRollout, rollOut } from '@login-policy/domain/rollout';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { followed } from './bent-stores.js';
import { acme, by, countEvents, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';
import { advisory, factorsOf, failureOf, initech, last, nameOf, removal, seed } from './rolling-out.js';

const addition = { type: 'addSecondFactor', factor: 'OTP_SMS' } as const;

/** Custom policies without a default: there, nothing binds an id to one command. */
async function seedWithoutDefault(policies: LoginPolicies): Promise<void> {
  for (const owner of [acme, globex]) orThrow(await policies.add(owner, { multiFactors: [PASSKEY] }, by));
  orThrow(await policies.add(initech, { secondFactors: ['TOTP'] }, by));
}

/** Carries out a command on one policy. */
async function rollOutOn(policies: LoginPolicies, owner: OrganizationRef, command: RolloutCommand): Promise<void> {
  const options = { ...advisory, organizationIds: [owner.organizationId] };
  expect(await last(rollOut(policies, instance, command, options).carryOut())).to.include({ changed: 1 });
}

describe('the scope of a rollout', () => {
  it('includes each policy recorded before the run began, also where followed rows lag behind', async () => {
    const { loginPolicies, store } = await openDesk({ store: openMemoryStore() });
    orThrow(await loginPolicies.add(instance, {}, by));
    const behind = followed(store);
    const lagging = await openLoginPolicies({ store: behind.store });
    await lagging.readModel.ready();
    behind.pause();
    orThrow(await loginPolicies.add(acme, { multiFactors: [PASSKEY] }, by));
    const running = last(rollOut(lagging, instance, removal, advisory).carryOut());
    await new Promise(setImmediate);
    behind.goOn();
    expect(await running).to.include({ done: 2, of: 2, changed: 1 });
    await Promise.all([lagging.close(), loginPolicies.close()]);
  });

  it('is the chosen organizations, and the default if requested; without a choice it is all', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const chosen = ['initech', 'globex', 'globex', 'nobody'];
    const some = rollOut(loginPolicies, instance, removal, { ...advisory, organizationIds: chosen });
    const first = orThrow(await some.plan({ limit: 2 }));
    expect([first.total, first.next, first.counts]).to.deep.equal([
      ...[3, 'initech'],
      { 'would-change': 1, 'nothing-to-do': 1, 'would-be-refused': 0 },
    ]);
    const rest = orThrow(await some.plan({ after: first.next ?? '' }));
    expect(rest.steps.map(({ owner, outcome }) => [nameOf(owner), outcome])).to.deep.equal([
      ['nobody', 'would-be-refused'],
    ]);
    expect(await last(some.carryOut())).to.deep.include({
      done: 3,
      of: 3,
      changed: 1,
      all: ['nobody: policy-not-found'],
    });
    expect(orThrow(await some.report())).to.deep.include({ changed: 1, unchanged: 1, pending: 0, stillAllowing: 1 });
    const withDefault = { ...advisory, organizationIds: ['globex'], withDefault: true };
    expect(await last(rollOut(loginPolicies, instance, removal, withDefault).carryOut())).to.include({
      of: 2,
      changed: 1,
    });
    const onlyDefault = rollOut(loginPolicies, instance, removal, { ...withDefault, organizationIds: [] });
    expect(orThrow(await onlyDefault.report())).to.include({ changed: 1, unchanged: 0, pending: 0 });
    const written = await countEvents(store);
    expect(await last(rollOut(loginPolicies, instance, removal, advisory).carryOut())).to.include({
      of: 4,
      changed: 1,
    });
    expect(await countEvents(store)).to.equal(written + 1);
    expect(await last(some.revert(by))).to.include({ of: 3, changed: 1 });
    expect(await factorsOf(loginPolicies, instance)).to.deep.equal([]);
    expect(await factorsOf(loginPolicies, globex)).to.deep.equal([PASSKEY]);
    await loginPolicies.close();
  });

  it('excludes changes by another command under its id: they are reported, but not reverted', async () => {
    const { loginPolicies } = await openDesk();
    await seedWithoutDefault(loginPolicies);
    await rollOutOn(loginPolicies, acme, removal);
    await rollOutOn(loginPolicies, globex, addition);
    const whole = rollOut(loginPolicies, instance, removal, { ...advisory, withDefault: false });
    const report = orThrow(await whole.report());
    expect(report).to.deep.include({ changed: 1, unchanged: 1, pending: 0 });
    expect(report.refused.map(({ owner, reason }) => [nameOf(owner), reason])).to.deep.equal([
      ['globex', 'idempotency-key-reused'],
    ]);
    expect(await last(whole.revert(by))).to.deep.include({ changed: 1, all: ['globex: idempotency-key-reused'] });
    expect(await factorsOf(loginPolicies, acme)).to.deep.equal([PASSKEY]);
    expect(orThrow(await loginPolicies.policy(globex)).policy.secondFactors).to.deep.equal(['OTP_SMS']);
    await loginPolicies.close();
  });

  it('counts the first of two changes under one id, and reverts only its settings', async () => {
    const { loginPolicies } = await openDesk();
    await seedWithoutDefault(loginPolicies);
    await rollOutOn(loginPolicies, acme, { type: 'change', settings: { allowRegister: false } });
    await rollOutOn(loginPolicies, globex, { type: 'change', settings: { hidePasswordReset: true } });
    const { rollout } = orThrow(await findRollout(loginPolicies, instance, advisory.id));
    expect(rollout?.command).to.deep.equal({ type: 'change', settings: { allowRegister: false } });
    if (rollout === undefined) throw new Error('no rollout was found');
    const found = rollOut(loginPolicies, instance, rollout.command, { ...advisory, withDefault: false });
    expect(await last(found.revert(by))).to.deep.include({ changed: 1, all: ['globex: idempotency-key-reused'] });
    expect(orThrow(await loginPolicies.policy(globex)).policy.settings.hidePasswordReset).to.equal(true);
    await loginPolicies.close();
  });

  it('belongs to one command: another one under its id is refused, also on other organizations', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const options = { ...advisory, organizationIds: ['globex'] };
    expect(await last(rollOut(loginPolicies, instance, removal, options).carryOut())).to.include({ changed: 1 });
    const others = await openLoginPolicies({ store });
    const written = await countEvents(store);
    for (const organizationIds of [['acme'], ['initech', 'acme']]) {
      const other = rollOut(others, instance, addition, { ...advisory, organizationIds });
      expect(await failureOf(last(other.carryOut()))).to.equal('idempotency-key-reused');
    }
    expect(await countEvents(store)).to.equal(written);
    const resumed = rollOut(others, instance, removal, { ...advisory, actor: 'bob', organizationIds: ['acme'] });
    expect(await last(resumed.carryOut())).to.include({ changed: 1 });
    await Promise.all([loginPolicies.close(), others.close()]);
  });

  it('belongs to one command also where its first run changed nothing', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const idle = rollOut(loginPolicies, instance, removal, { ...advisory, organizationIds: ['initech'] });
    expect(await last(idle.carryOut())).to.include({ changed: 0, refused: 0 });
    const other = rollOut(loginPolicies, instance, addition, advisory);
    expect(await failureOf(last(other.carryOut()))).to.equal('idempotency-key-reused');
    await loginPolicies.close();
  });

  it('belongs to no command of a caller who may change no policy, who also learns nothing about it', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const denied = { ...advisory, mayChange: () => false };
    const removing = rollOut(loginPolicies, instance, removal, denied);
    expect(await last(removing.carryOut())).to.include({ changed: 0, refused: 4 });
    const adding = rollOut(loginPolicies, instance, addition, advisory);
    expect(await last(adding.carryOut())).to.include({ changed: 4, refused: 0 });
    expect(await last(removing.carryOut())).to.include({ changed: 0, refused: 4 });
    await loginPolicies.close();
  });

  it('belongs to the first of two commands that two processes carry out under its id at once', async () => {
    const store = openMemoryStore();
    const [one, other] = [await openLoginPolicies({ store }), await openLoginPolicies({ store })];
    await seed(one);
    const runs = [
      rollOut(one, instance, removal, { ...advisory, organizationIds: ['acme'] }),
      rollOut(other, instance, addition, { ...advisory, organizationIds: ['globex'] }),
    ];
    const written = await countEvents(store);
    const ends = await Promise.all(runs.map((run) => failureOf(last(run.carryOut()))));
    expect(ends.sort()).to.deep.equal(['idempotency-key-reused', 'nothing']);
    expect(await countEvents(store)).to.equal(written + 1);
    await Promise.all([one.close(), other.close()]);
  });

  it('ends when its signal fires while its id is bound, and changes nothing', async () => {
    const memory = openMemoryStore();
    const stop = new AbortController();
    const eventStore = delegating(memory.eventStore, {
      receipt: () => {
        stop.abort();
        return new Promise(() => undefined);
      },
    });
    const { loginPolicies } = await openDesk({ store: { ...memory, eventStore } });
    await seed(loginPolicies);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    expect(await last(rollout.carryOut({ signal: stop.signal }))).to.deep.include({ done: 0, changed: 0, all: [] });
    await loginPolicies.close();
  });

  it('may be all custom policies without the default', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const custom = rollOut(loginPolicies, instance, removal, { ...advisory, withDefault: false });
    const { steps, total } = orThrow(await custom.plan());
    expect([total, steps.map(({ owner }) => nameOf(owner))]).to.deep.equal([3, ['acme', 'globex', 'initech']]);
    expect(await last(custom.carryOut())).to.include({ done: 3, of: 3, changed: 2 });
    expect(await factorsOf(loginPolicies, instance)).to.deep.equal([PASSKEY]);
    await loginPolicies.close();
  });

  it('is refused if it is malformed, because it must never mean all', async () => {
    const { loginPolicies } = await openDesk();
    const tooMany = Array.from({ length: 10_001 }, (_, index) => `o-${index}`);
    for (const organizationIds of [undefined, null, 'acme', [], [undefined], [''], [7], tooMany]) {
      const options: object = { ...advisory, organizationIds };
      const rejection = rejectionOf(await rollOut(loginPolicies, instance, removal, Object(options)).plan());
      expect([rejection.reason, 'field' in rejection ? rejection.field : ''], String(organizationIds)).to.deep.equal([
        'invalid-argument',
        ...[
          Array.isArray(organizationIds) && organizationIds.length === 1
            ? 'options.organizationIds[0]'
            : 'options.organizationIds',
        ],
      ]);
    }
    await loginPolicies.close();
  });
});
