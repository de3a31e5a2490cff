import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { rollOut, type RolloutProgress } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { GLOBEX, INSTANCE, Place } from './running.js';

const BY = { actor: 'alice' };
const organizations = ['acme', 'initech', 'umbrella'].map((organizationId) => ({ ...INSTANCE, organizationId }));
const REMOVAL = { type: 'removeSecondFactor', factor: 'TOTP' } as const;
let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
  await place.policies(async (policies) => {
    for (const one of organizations) orThrow(await policies.customize(one, BY));
  });
  place.tamper(`UPDATE rows SET row = '?' WHERE key LIKE '%globex'`);
});
afterEach(() => place.remove());

const rollout = (policies: LoginPolicies, id = 'r'): ReturnType<typeof rollOut> =>
  rollOut(policies, INSTANCE, REMOVAL, { id, ...BY });

describe('a rollout beside one row that can’t be read', () => {
  it('plans, reports and lists all the others, and names that one', () =>
    place.policies(async (policies) => {
      const plan = orThrow(await rollout(policies).plan());
      const refused = plan.steps.flatMap((step) => (step.outcome === 'would-be-refused' ? [step.refusal] : []));
      expect(refused.map(({ owner, reason }) => ({ owner, reason }))).to.deep.equal([
        { owner: GLOBEX, reason: 'store-damaged' },
      ]);
      expect(plan.counts).to.deep.equal({ 'would-change': 4, 'nothing-to-do': 0, 'would-be-refused': 1 });
      const report = orThrow(await rollout(policies).report());
      expect(report).to.include({ changed: 0, pending: 4 });
      expect(report.refused).to.deep.equal(refused);
      const listed = orThrow(await policies.customPolicies(INSTANCE));
      expect(listed.policies.map(({ owner }) => owner)).to.deep.equal(organizations);
      expect(listed.unreadable.map(({ owner, reason }) => ({ owner, reason }))).to.deep.equal([
        { owner: GLOBEX, reason: 'store-damaged' },
      ]);
    }));

  it('is carried out on all the others, reported and reverted, and chosen organizations are looked at one by one', () =>
    place.policies(async (policies) => {
      let last: RolloutProgress | undefined;
      const refusals = [];
      for await (last of rollout(policies).carryOut()) refusals.push(...last.refusals);
      expect(last).to.include({ done: 5, changed: 4, refused: 1 });
      expect(refusals.map(({ owner, reason }) => ({ owner, reason }))).to.deep.equal([
        { owner: GLOBEX, reason: 'store-damaged' },
      ]);
      expect(orThrow(await rollout(policies).report())).to.include({ changed: 4, pending: 0 });
      const chosen = { id: 'chosen', ...BY, organizationIds: ['acme', 'globex'] };
      const plan = orThrow(await rollOut(policies, INSTANCE, { ...REMOVAL, factor: 'U2F' }, chosen).plan());
      expect(plan.counts).to.deep.equal({ 'would-change': 1, 'nothing-to-do': 0, 'would-be-refused': 1 });
      for await (last of rollout(policies).revert(BY));
      expect(last).to.include({ changed: 4 });
    }));

  it('is carried out on custom policies where the row of the default can’t be read', async () => {
    place.tamper(`UPDATE rows SET row = '?' WHERE key LIKE 'instance%'`);
    await place.policies(async (policies) => {
      expect(orThrow(await rollout(policies).plan()).counts).to.include({ 'would-change': 3, 'would-be-refused': 2 });
      let last: RolloutProgress | undefined;
      for await (last of rollout(policies).carryOut());
      expect(last).to.include({ changed: 3, refused: 2 });
    });
  });

  it('is mended by a rebuild', async () => {
    await place.run('rebuild');
    await place.policies(async (policies) => {
      expect(orThrow(await rollout(policies).plan()).counts).to.include({ 'would-change': 5, 'would-be-refused': 0 });
    });
  });
});
