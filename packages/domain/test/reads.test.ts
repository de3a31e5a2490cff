import { defaultSettings, freshInstance, openLoginPolicies, orThrow, RejectedError } from '@login-policy/domain';
import type { ReadOptions } from '@login-policy/domain/model';
import { isFault, openMemoryStore, position } from '@login-policy/event-sourcing';
import { steppingClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

describe('the effective policy of an organization', () => {
  it('is its whole custom policy: nothing of the default is merged', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.add(acme, { settings: { ...defaultSettings, forceMfa: true } }, by);
    const { policy } = orThrow(await loginPolicies.effectivePolicy(acme));
    expect(policy).to.deep.include({ isDefault: false, secondFactors: [], multiFactors: [] });
    expect(policy.settings.forceMfa).to.equal(true);
  });

  it('changes with the default only while there is no custom policy', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.add(globex, freshInstance, by);
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by);
    expect(await loginPolicies.multiFactors(acme)).to.deep.include({ isDefault: true, items: [] });
    expect(await loginPolicies.multiFactors(globex)).to.deep.include({ isDefault: false, items: [PASSKEY] });
  });

  it('is the default again after a reset', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.add(acme, { settings: defaultSettings }, by);
    await loginPolicies.remove(acme, by);
    expect(orThrow(await loginPolicies.effectivePolicy(acme)).policy.isDefault).to.equal(true);
    expect(rejectionOf(await loginPolicies.policy(acme))).to.deep.equal({ reason: 'policy-not-found' });
  });

  it('is not found if the instance has no default either', async () => {
    const { loginPolicies } = await openDesk();
    const answer = await loginPolicies.effectivePolicy(acme);
    expect(rejectionOf(answer)).to.deep.equal({ reason: 'policy-not-found' });
    expect(answer).to.have.property('message', 'Instance 69629023906488334 has no default login policy yet.');
    expect(() => orThrow(answer)).to.throw(RejectedError);
    const list = await loginPolicies.secondFactors(acme);
    expect(list).to.have.property('message', 'Instance 69629023906488334 has no default login policy yet.');
    const then = await loginPolicies.multiFactors(acme, { asOf: { instant: '2020-01-01T00:00:00Z' } });
    expect(then).to.have.property('message', 'Instance 69629023906488334 had no default login policy then.');
  });
});

describe('the organizations with a custom policy', () => {
  it('are listed page by page, each once, and leave the list when they are reset', async () => {
    const { loginPolicies } = await openDesk();
    const names = ['a', 'b/c', 'd', 'e', 'f'];
    for (const organizationId of names) await loginPolicies.add({ ...instance, organizationId }, freshInstance, by);
    await loginPolicies.add({ instanceId: 'other', organizationId: 'g' }, freshInstance, by);
    await loginPolicies.remove({ ...instance, organizationId: 'd' }, by);
    const found: string[] = [];
    let next: string | undefined;
    do {
      const page = orThrow(
        await loginPolicies.organizationsWithCustomPolicy(instance, {
          limit: 2,
          ...(next !== undefined && { after: next }),
        }),
      );
      expect(page.organizations.length).to.be.at.most(2);
      found.push(...page.organizations.map(({ organizationId }) => organizationId));
      ({ next } = page);
    } while (next !== undefined);
    expect(found).to.deep.equal(['a', 'b/c', 'e', 'f']);
  });
});

describe('a read that requires a position', () => {
  it('includes written events, although the read model is updated in the background', async () => {
    const store = openMemoryStore({ clock: steppingClock('2026-01-01T00:00:00Z', 1) });
    const loginPolicies = await openLoginPolicies({ store });
    let { position: atLeast } = orThrow(await loginPolicies.add(instance, freshInstance, by));
    for (let round = 0; round < 50; round++) {
      const command = round % 2 === 0 ? 'removeMultiFactor' : 'addMultiFactor';
      const written = orThrow(await loginPolicies[command](instance, PASSKEY, by));
      atLeast = written.position;
      const { policy } = orThrow(await loginPolicies.policy(instance, { atLeast }));
      expect(policy.details.sequence).to.equal(written.details.sequence);
    }
    await loginPolicies.close();
    await store.close();
  });

  it('waits for the position until its time limit or its signal', async () => {
    const memory = openMemoryStore();
    const loginPolicies = await openLoginPolicies({ store: { ...memory, readModelUpdates: 'followed' } });
    const written = orThrow(await loginPolicies.add(instance, freshInstance, by));
    const atLeast = position(written.position + 2n ** 40n);
    const faultOf = (options: ReadOptions): Promise<unknown> =>
      loginPolicies.policy(instance, { atLeast, ...options }).catch((caught: unknown) => caught);
    const late = await faultOf({ waitMs: 1 });
    expect(isFault(late, 'projection-behind')).to.equal(true);
    expect(late).to.have.property('facts').that.includes({ required: atLeast, waitedMs: 1 });
    expect(isFault(await faultOf({ signal: AbortSignal.abort() }), 'deadline-exceeded')).to.equal(true);
    await loginPolicies.close();
    expect(isFault(await faultOf({}), 'store-closed'), 'it is closed').to.equal(true);
  });

  it('refuses a position without an event, and reports the head', async () => {
    const { loginPolicies } = await openDesk();
    const written = orThrow(await loginPolicies.add(instance, freshInstance, by));
    const atLeast = position(written.position + 1n);
    const caught = await loginPolicies.policy(instance, { atLeast, waitMs: 600_000 }).then(
      () => undefined,
      (fault: unknown) => fault,
    );
    expect(isFault(caught, 'position-unknown')).to.equal(true);
    expect(caught).to.have.property('facts').that.includes({ head: written.position, position: atLeast });
  });
});
