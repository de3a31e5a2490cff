import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { rollOut } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';
import { advisory, factorsOf, failureOf, initech, last, removal, seed } from './rolling-out.js';

const hooli = { ...instance, organizationId: 'hooli' };

async function seenInPlan(loginPolicies: LoginPolicies): Promise<readonly string[]> {
  const { steps } = orThrow(await rollOut(loginPolicies, instance, removal, advisory).plan());
  return steps.flatMap(({ seen }) => seen ?? []);
}

describe('a rollout that is bound to the steps of its plan', () => {
  it('changes each policy as its step saw it, and lists the others', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const ifSeen = await seenInPlan(loginPolicies);
    expect(ifSeen).to.have.length(4);
    orThrow(await loginPolicies.change(acme, { forceMfa: true }, by));
    orThrow(await loginPolicies.addMultiFactor(initech, PASSKEY, by));
    orThrow(await loginPolicies.add(hooli, { multiFactors: [PASSKEY] }, by));
    const bound = rollOut(loginPolicies, instance, removal, { ...advisory, ifSeen });
    const run = await last(bound.carryOut());
    expect(run).to.include({ changed: 2, refused: 3 });
    expect(run.all).to.have.members(['acme: changed-since', 'hooli: changed-since', 'initech: changed-since']);
    for (const owner of [acme, hooli, initech]) expect(await factorsOf(loginPolicies, owner)).to.deep.equal([PASSKEY]);
    for (const owner of [instance, globex]) expect(await factorsOf(loginPolicies, owner)).to.deep.equal([]);
    expect(await last(bound.carryOut()), 'its own events count as seen').to.include({ changed: 0, refused: 3 });
    const shownAgain = { ...advisory, ifSeen: await seenInPlan(loginPolicies) };
    expect(await last(rollOut(loginPolicies, instance, removal, shownAgain).carryOut())).to.include({ changed: 3 });
  });

  it('is refused as a whole if the default is not as its step saw it, or has no step', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const ifSeen = await seenInPlan(loginPolicies);
    const without = rollOut(loginPolicies, instance, removal, { ...advisory, ifSeen: ifSeen.slice(1) });
    expect(await failureOf(last(without.carryOut()))).to.equal('changed-since');
    orThrow(await loginPolicies.change(instance, { forceMfa: true }, by));
    const bound = rollOut(loginPolicies, instance, removal, { ...advisory, ifSeen });
    expect(await failureOf(last(bound.carryOut()))).to.equal('changed-since');
    expect(await factorsOf(loginPolicies, acme)).to.deep.equal([PASSKEY]);
  });

  it('sees of a policy that it may not change nothing, and takes no seen of another instance', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const some = { ...advisory, mayChange: (owner: object) => !('organizationId' in owner) };
    const { steps, seen } = orThrow(await rollOut(loginPolicies, instance, removal, some).plan());
    expect(steps.map((step) => step.seen)).to.deep.equal([seen, undefined, undefined, undefined]);
    for (const ifSeen of [[seen, `${seen}x`], [seen, 'x'], ['']]) {
      const foreign = rollOut(loginPolicies, instance, removal, { ...advisory, ifSeen });
      const field = `options.ifSeen[${ifSeen.length - 1}]`;
      expect(rejectionOf(await foreign.plan())).to.deep.include({ reason: 'invalid-argument', field });
    }
  });
});
