import type { CommandInput } from '@login-policy/domain';
import { type RolloutCommand, type RolloutRefusal, rollOut } from '@login-policy/domain/rollout';
import type { Store } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY } from './policies.js';
import { failureOf, initech, last, nameOf, removal, seed } from './rolling-out.js';

const OWNERS = [instance, acme, globex, initech] as const;
const ROLLED_OUT: readonly RolloutCommand[] = [
  removal,
  { type: 'change', settings: { forceMfa: true, allowRegister: false } },
  { type: 'addSecondFactor', factor: 'U2F' },
];
const MEANWHILE: readonly CommandInput[] = [
  ...ROLLED_OUT,
  { type: 'add', policy: { multiFactors: [PASSKEY] } },
  { type: 'addMultiFactor', factor: PASSKEY },
  { type: 'change', settings: { forceMfa: false } },
  { type: 'remove' },
];

/** A rollout, carried out up to so many policies, or a command on one policy. */
const aStep = fc.oneof(
  fc.record({
    command: fc.constantFrom(...ROLLED_OUT),
    id: fc.constantFrom('r-1', 'r-2'),
    stopAt: fc.constantFrom(1, 2, Infinity, Infinity),
    reach: fc.constantFrom({}, { organizationIds: ['acme', 'hooli'] }, { withDefault: false }),
  }),
  fc.record({ owner: fc.constantFrom(...OWNERS), single: fc.constantFrom(...MEANWHILE) }),
);

/** The policies that a rollout changed: the stream of each, and how often one was added there. */
async function changedBy(id: string, { eventStore }: Store): Promise<readonly string[]> {
  const changes: string[] = [];
  const added = new Map<string, number>();
  for await (const page of eventStore.readAll())
    for (const { type, metadata, streamId } of page) {
      if (type === 'LoginPolicyAdded') added.set(streamId, (added.get(streamId) ?? 0) + 1);
      if (metadata.correlationId === id) changes.push(`${streamId} ${added.get(streamId)}`);
    }
  return changes;
}

function textOf({ owner, reason }: RolloutRefusal): string {
  return `${nameOf(owner)}: ${reason}`;
}

describe('in any order of rollouts and commands', () => {
  it('a plan is what its run does, and no policy gets a command twice, unless it was added anew', () =>
    fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 5, maxLength: 25, size: 'max' }), async (steps) => {
        const { loginPolicies, store } = await openDesk();
        await seed(loginPolicies);
        for (const step of steps) {
          if ('single' in step) {
            await loginPolicies.execute(step.owner, step.single, by);
            continue;
          }
          const rollout = rollOut(loginPolicies, instance, step.command, { ...by, ...step.reach, id: step.id });
          const plan = await rollout.plan();
          if (plan.outcome === 'rejected') {
            expect(await failureOf(last(rollout.carryOut()))).to.equal(plan.rejection.reason);
            continue;
          }
          const before = await changedBy(step.id, store);
          const stop = new AbortController();
          const refused: string[] = [];
          for await (const { done, refusals } of rollout.carryOut({ signal: stop.signal, concurrency: 1 })) {
            refused.push(...refusals.map(textOf));
            if (done >= step.stopAt) stop.abort();
          }
          const after = await changedBy(step.id, store);
          expect(new Set(after).size).to.equal(after.length);
          if (stop.signal.aborted) continue;
          expect(after.length - before.length).to.equal(plan.counts['would-change']);
          const planned = plan.steps.flatMap((one) => (one.outcome === 'would-be-refused' ? [one.refusal] : []));
          expect(refused).to.deep.equal(planned.map(textOf));
        }
        await loginPolicies.close();
      }),
      { numRuns: 60 },
    ));
});
