import type { PageOptions } from '@login-policy/domain/model';
import type { Rollout, RolloutStep } from '@login-policy/domain/rollout';
import type { StepJson } from './answers.js';
import { accepted } from './accepted.js';
import type { RolloutRun } from './policies.js';

/** A rollout that this process carries out. */
export function rolloutInStore(rollOut: (bound: { readonly ifSeen?: string }) => Rollout): RolloutRun {
  const rollout = rollOut({});
  return {
    async *plan() {
      let next: PageOptions | undefined = { limit: 1000 };
      while (next !== undefined) {
        const page: Planned = accepted(await rollout.plan(next));
        yield { steps: page.steps.map(stepJson), seen: page.seen };
        next = page.next === undefined ? undefined : { limit: 1000, after: page.next };
      }
    },
    carryOut: (ifSeen, signal) => rollOut({ ifSeen }).carryOut({ signal }),
    async report() {
      const { changed, pending, refused, stillAllowing, unchanged } = accepted(await rollout.report());
      return { changed, unchanged, pending, refused, ...(stillAllowing !== undefined && { stillAllowing }) };
    },
  };
}

interface Planned {
  readonly steps: readonly RolloutStep[];
  readonly next: string | undefined;
  readonly seen: string;
}

function stepJson(step: RolloutStep): StepJson {
  return step.outcome === 'would-be-refused' ? { ...step.refusal, outcome: step.outcome } : step;
}
