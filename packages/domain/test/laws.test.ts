import {
  freshInstance,
  MULTI_FACTORS,
  openLoginPolicies,
  orThrow,
  SECOND_FACTORS,
  type CommandAnswer,
  type LoginPolicies,
  type NewLoginPolicy,
  type OwnerRef,
  type ReadAnswer,
} from '@login-policy/domain';
import { type PolicyFound, isOrganization, parseOwner, policyStream } from '@login-policy/domain/model';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { replay, writeHistory } from '@login-policy/testkit';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { anIdentityProvider, aSettingsChange, covered, someSettings } from './arbitraries.js';
import { acme, by, globex, instance } from './policies.js';

type Step = (policies: LoginPolicies, owner: OwnerRef) => Promise<CommandAnswer>;

const aNewPolicy: fc.Arbitrary<NewLoginPolicy> = fc.record({
  settings: someSettings,
  secondFactors: fc.array(fc.constantFrom(...SECOND_FACTORS), { maxLength: 6 }),
  multiFactors: fc.array(fc.constantFrom(...MULTI_FACTORS), { maxLength: 2 }),
  identityProviders: fc.array(anIdentityProvider, { maxLength: 3 }),
});

const aStep: fc.Arbitrary<Step> = fc.oneof(
  aNewPolicy.map(
    (policy): Step =>
      (policies, owner) =>
        policies.add(owner, policy, by),
  ),
  aSettingsChange.map(
    (change): Step =>
      (policies, owner) =>
        policies.change(owner, change, by),
  ),
  fc.constant<Step>((policies, owner) =>
    isOrganization(owner) ? policies.remove(owner, by) : policies.change(owner, {}, by),
  ),
  fc.constantFrom(...SECOND_FACTORS).map(
    (factor): Step =>
      (p, owner) =>
        p.addSecondFactor(owner, factor, by),
  ),
  fc.constantFrom(...SECOND_FACTORS).map(
    (factor): Step =>
      (p, owner) =>
        p.removeSecondFactor(owner, factor, by),
  ),
  fc.constantFrom(...MULTI_FACTORS).map(
    (factor): Step =>
      (p, owner) =>
        p.addMultiFactor(owner, factor, by),
  ),
  fc.constantFrom(...MULTI_FACTORS).map(
    (factor): Step =>
      (p, owner) =>
        p.removeMultiFactor(owner, factor, by),
  ),
  anIdentityProvider.map(
    (idp): Step =>
      (policies, owner) =>
        policies.addIdentityProvider(owner, idp, by),
  ),
  anIdentityProvider.map(
    ({ id }): Step =>
      (policies, owner) =>
        policies.removeIdentityProvider(owner, id, by),
  ),
);

const OWNERS: readonly OwnerRef[] = [instance, acme, globex];

/** A life of three policies: who was told what, in which order. */
const aLife = fc.array(fc.tuple(aStep, fc.constantFrom(...OWNERS)), { minLength: 1, maxLength: 40 });

async function openAll(): Promise<{ store: Store; policies: LoginPolicies }> {
  const store = openMemoryStore();
  const policies = await openLoginPolicies({ store });
  for (const owner of OWNERS) await policies.add(owner, freshInstance, by);
  return { store, policies };
}

async function lived(life: readonly (readonly [Step, OwnerRef])[]): Promise<{ store: Store; policies: LoginPolicies }> {
  const all = await openAll();
  for (const [step, owner] of life) await step(all.policies, owner);
  return all;
}

/** All that can be read of the policies now, as text. */
async function everything(policies: LoginPolicies): Promise<string> {
  const read = [];
  for (const owner of OWNERS) read.push(await policies.policy(owner), await policies.identityProviders(owner));
  read.push(await policies.organizationsWithCustomPolicy(instance));
  return JSON.stringify(read, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

describe('for any random sequence of commands', () => {
  it('the generators cover every setting', () => expect(covered).to.deep.equal({ settings: true, lifetimes: true }));

  it('the details of a manipulation are those of the next read', () =>
    fc.assert(
      fc.asyncProperty(aLife, async (life) => {
        const { policies } = await openAll();
        for (const [step, owner] of life) {
          const answer = await step(policies, owner);
          const read = await policies.policy(owner);
          if (answer.outcome === 'rejected' || read.outcome === 'rejected') continue;
          expect(read.policy.details).to.deep.equal(answer.details);
        }
      }),
    ));

  it('a rebuilt read model equals the inline one', () =>
    fc.assert(
      fc.asyncProperty(aLife, async (life) => {
        const { policies } = await lived(life);
        const inline = await everything(policies);
        await policies.readModel.rebuild();
        expect(await everything(policies)).to.equal(inline);
      }),
    ));

  it('a replay of the recorded history gives the live state', () =>
    fc.assert(
      fc.asyncProperty(aLife, async (life) => {
        const { store, policies } = await lived(life);
        const replayed = await replay(writeHistory(store.eventStore));
        expect(await everything(await openLoginPolicies({ store: replayed }))).to.equal(await everything(policies));
      }),
    ));

  it('a cached state decides as one that is folded again', () =>
    fc.assert(
      fc.asyncProperty(aLife, async (life) => {
        const { policies } = await openAll();
        const store = openMemoryStore();
        const folding = await openLoginPolicies({ store, keptStates: 0 });
        for (const owner of OWNERS) await folding.add(owner, freshInstance, by);
        for (const [step, owner] of life) {
          const [kept, folded] = [await step(policies, owner), await step(folding, owner)];
          expect(kept.outcome).to.equal(folded.outcome);
          if (kept.outcome === 'rejected') expect(kept).to.deep.equal(folded);
        }
      }),
    ));

  it('the policy as of the last sequence is the policy now, and a history keeps its order', () =>
    fc.assert(
      fc.asyncProperty(aLife, async (life) => {
        const { store, policies } = await lived(life);
        for (const owner of OWNERS) {
          const { lastSequence, entries } = orThrow(await policies.history(owner, { limit: 10_000 }));
          expect(entries.map(({ sequence }) => sequence)).to.deep.equal(entries.map((_, index) => BigInt(index + 1)));
          const then = await policies.policy(owner, { asOf: { sequence: lastSequence } });
          expect(withoutPosition(then)).to.deep.equal(withoutPosition(await policies.policy(owner)));
        }
        let last = 0n;
        for await (const page of store.eventStore.readStream(policyStream(parseOwner(instance, 'owner')))) {
          for (const event of page) expect(event.revision).to.equal(last++);
        }
      }),
    ));
});

/** Where in the store an answer holds is another place as of a sequence than now: others were changed since. */
function withoutPosition(answer: ReadAnswer<PolicyFound>): unknown {
  if (answer.outcome === 'rejected') return answer.rejection;
  const { position: _, ...policy } = answer.policy;
  return policy;
}
