import { orThrow } from '@login-policy/domain';
import type { Owner } from '@login-policy/domain/model';
import { rollOut } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, countEvents, globex, instance, openDesk } from './policies.js';
import { advisory, initech, last, nameOf, removal, seed } from './rolling-out.js';

describe('the revert of a rollout', () => {
  it('lists the organizations that were reset since, and touches none of them', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    orThrow(await loginPolicies.remove(initech, by));
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    await last(rollout.carryOut());
    for (const organization of [acme, globex]) orThrow(await loginPolicies.remove(organization, by));
    orThrow(await loginPolicies.add(globex, {}, by));
    const written = await countEvents(store);
    const reverted = await last(rollout.revert(by));
    // Globex has another policy now, which the rollout was never carried out on.
    expect(reverted.all).to.deep.equal(['acme: sequence-not-current']);
    expect(reverted).to.include({ done: 3, of: 3, changed: 1, refused: 1 });
    expect(await countEvents(store)).to.equal(written + 1);
    const denied = { ...advisory, mayChange: (owner: Owner) => nameOf(owner) !== 'acme' };
    const some = await last(rollOut(loginPolicies, instance, removal, denied).revert(by));
    expect(some.all).to.deep.equal([]);
    await loginPolicies.close();
  });

  it('is refused by its id, too, where there is no default policy to note that', async () => {
    const { loginPolicies } = await openDesk();
    for (const organization of [acme, globex])
      orThrow(await loginPolicies.add(organization, { multiFactors: ['U2F_WITH_VERIFICATION'] }, by));
    const chosen = { ...advisory, organizationIds: ['acme', 'globex'] };
    const rollout = rollOut(loginPolicies, instance, removal, chosen);
    expect(await last(rollout.carryOut())).to.include({ changed: 2 });
    expect(await last(rollout.revert(by))).to.include({ changed: 2 });
    const again = await last(rollout.carryOut());
    expect(again.all).to.deep.equal(['acme: idempotency-key-reused', 'globex: idempotency-key-reused']);
    const { steps } = orThrow(await rollout.plan());
    expect(steps.map(({ outcome }) => outcome)).to.deep.equal(['would-be-refused', 'would-be-refused']);
    await loginPolicies.close();
  });

  it('ends a run of the rollout that goes on meanwhile', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const ids = Array.from({ length: 60 }, (_, index) => `o${index}`);
    for (const organizationId of ids) orThrow(await loginPolicies.customize({ ...instance, organizationId }, by));
    let asked = 0;
    const mayChange = async (): Promise<boolean> => {
      if (++asked === 3) await last(rollOut(loginPolicies, instance, removal, advisory).revert(by));
      if (asked > 3) await new Promise((resolve) => setTimeout(resolve, 50));
      return true;
    };
    const running = rollOut(loginPolicies, instance, removal, { ...advisory, mayChange }).carryOut({ concurrency: 1 });
    const ended = await last(running).catch((caught: unknown) => caught);
    expect(String(ended)).to.include('was reverted');
    expect(asked).to.be.below(ids.length);
    await loginPolicies.close();
  });
});
